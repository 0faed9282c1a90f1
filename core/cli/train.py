"""Train a tokenizer and a masked transformer as a recipe says; a stopped run can go on."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.assets import model_folders
from core.cli.progress import Progress
from core.errors import UserError

RUNS = Path("runs")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("recipe", type=Path, metavar="RECIPE.toml")
    parser.add_argument("--resume", action="store_true", help="go on with the run that is there")
    parser.add_argument(
        "--run",
        type=Path,
        dest="folder",
        help="checkpoints and metrics.jsonl; default: runs/ and the recipe's name",
    )
    parser.add_argument(
        "--models",
        type=Path,
        default=model_folders()[1],
        help="the model is written into a folder of its name in here; default: %(default)s",
    )
    parser.add_argument("--json-lines", action="store_true", help="progress as JSON on stdout")


def run(arguments: argparse.Namespace) -> None:
    """Prints the folder of the trained model.

    Raises:
        UserError: the recipe cannot be used, or a run is there and --resume was not given.
    """
    from core.jobs import train  # loads torch

    folder = arguments.folder or RUNS / arguments.recipe.stem
    if folder.is_dir() and any(folder.iterdir()) and not arguments.resume:
        raise UserError(
            f"There is a run in {folder} already. Go on with it by --resume, or choose another "
            "folder with --run."
        )
    progress = Progress(arguments.json_lines)
    bundle = None
    for update in train.run(train.TrainRequest(arguments.recipe, folder, arguments.models)):
        bundle = update.bundle
        figures = "  ".join(f"{name} {value:.4g}" for name, value in update.figures.items())
        progress.event(
            "trained",
            f"{update.phase} {update.step} of {update.total}  {figures}",
            phase=update.phase,
            step=update.step,
            total=update.total,
            figures=update.figures,
            samples_per_second=update.samples_per_second,
        )
    progress.close()
    progress.event("finished", "", bundle=str(bundle))
    if not arguments.json_lines:
        print(bundle)
