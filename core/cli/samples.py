"""Show in a model's own folder what it makes of a clip: a small file per task."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.assets import asset
from core.cli.generate import find_bundle


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="BUNDLE", help="name or folder of a model")
    parser.add_argument(
        "--clip",
        type=Path,
        default=asset("samples/maze.mp4"),
        help="what it is shown; default: a bundled sample",
    )
    parser.add_argument("--seed", type=int, default=0, help="default: 0")


def run(arguments: argparse.Namespace) -> None:
    """Prints the names of the files that were written.

    Raises:
        UserError: the model generates nothing, or its folder cannot be written.
    """
    from core.jobs import sample_clips  # loads torch

    bundle, _ = find_bundle(arguments.model)
    for path in sample_clips.run(bundle, arguments.clip, arguments.seed):
        print(path)
