"""Record a training set of ViZDoom episodes, played by a scripted agent without a screen."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.cli.progress import Progress
from core.recording.dataset import RecordRequest, record
from core.recording.doom import SCENARIOS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, help="gets train/ and val/; what is there is kept")
    parser.add_argument("--train", type=int, default=12, help="episodes a scenario; default: 12")
    parser.add_argument("--val", type=int, default=3, help="episodes a scenario; default: 3")
    parser.add_argument("--frames", type=int, default=220, help="at most, an episode; default: 220")
    parser.add_argument(
        "--scenario",
        action="append",
        choices=SCENARIOS,
        dest="scenarios",
        help="may be given several times; default: all",
    )
    parser.add_argument("--json-lines", action="store_true", help="progress as JSON on stdout")


def run(arguments: argparse.Namespace) -> None:
    """Raises UserError when vizdoom is not installed or nothing can be recorded."""
    progress = Progress(arguments.json_lines)
    request = RecordRequest(
        folder=arguments.folder,
        train=arguments.train,
        val=arguments.val,
        frames=arguments.frames,
        scenarios=tuple(arguments.scenarios or SCENARIOS),
    )
    for update in record(request):
        text = f"{update.fraction:.0%}  {update.path}"
        progress.event("recorded", text, fraction=update.fraction, file=str(update.path))
    progress.close()
