"""Measure a model on footage that it was not trained on."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.cli.generate import find_bundle
from core.cli.progress import Progress


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", type=Path, metavar="DATA.toml", help="names the footage")
    parser.add_argument("--model", help="name or folder; default: the one that came with Maskreel")
    parser.add_argument("--clips", type=int, default=64, help="default: 64")
    parser.add_argument("--batch", type=int, default=8, help="clips at a time; default: 8")
    parser.add_argument("--seed", type=int, default=0, help="of the choice of clips; default: 0")
    parser.add_argument("--json", action="store_true", help="figures as JSON, not as a table")
    parser.add_argument("--write-card", action="store_true", help="put them in the model's card")


def run(arguments: argparse.Namespace) -> None:
    """Prints the figures.

    Raises:
        UserError: the model or the footage cannot be used.
    """
    from core.jobs import evaluate  # loads torch

    bundle, _ = find_bundle(arguments.model)
    request = evaluate.EvaluateRequest(
        bundle, arguments.data, arguments.clips, arguments.seed, arguments.batch
    )
    progress = Progress(json_lines=False)
    for update in evaluate.run(request):
        progress.event("measured", f"{update.fraction:.0%}")
    progress.close()
    if arguments.write_card:
        evaluate.write_metrics(bundle, update.metrics)
    print((evaluate.as_json if arguments.json else evaluate.as_table)(update.metrics))
