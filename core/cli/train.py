"""Train a tokenizer and a transformer as a recipe says; a stopped run can go on.

With several processes: torchrun --nproc-per-node N -m core train RECIPE.toml, or accelerate launch.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from core.assets import model_folders
from core.cli.progress import TrainingProgress
from core.errors import UserError
from core.requests import TrainRequest, TrainUpdate
from core.runs.journal import journal

RUNS = Path("runs")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("recipe", type=Path, metavar="RECIPE.toml")
    parser.add_argument("--resume", action="store_true", help="go on with the run that is there")
    parser.add_argument(
        "--bundle",
        choices=("last", "best"),
        help="train nothing: write the model of the run's checkpoints as they are now",
    )
    add_folders(parser)


def add_folders(parser: argparse.ArgumentParser) -> None:
    """Arguments that every training has."""
    parser.add_argument(
        "--run",
        "--run-folder",  # torchrun takes --run for an option of its own
        type=Path,
        dest="folder",
        help="checkpoints, metrics and samples; default: runs/ and the recipe's name",
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
    request = TrainRequest(arguments.recipe, folder, arguments.models, arguments.resume)
    if arguments.bundle:
        print(train.bundle_now(request, best=arguments.bundle == "best"))
        return
    with journal(folder) as said:
        said.say(words="Loading the footage", device=device_in_words())
        follow(said.followed(train.run(request)), json_lines=arguments.json_lines)


def device_in_words() -> str:
    """Where a training computes, for people."""
    from core.device import best_device, device_name  # loads torch

    return device_name(best_device()).partition(",")[0]  # the format is that of generating


def follow(updates: Iterator[TrainUpdate], *, json_lines: bool) -> None:
    """Shows a training to its end; of several processes the first one alone speaks.

    Raises:
        UserError: the training did.
    """
    from core.training import processes

    bundle = None
    try:
        with TrainingProgress(json_lines) as progress:
            for update in updates:
                bundle = update.bundle
                if processes.rank() == 0:
                    progress.show(update)
        if not json_lines and processes.rank() == 0:
            print(bundle)
    except UserError:
        if processes.rank():
            raise SystemExit(1) from None  # the first process says what it is
        raise
    finally:
        processes.leave()
