"""Train a model further on your own clips, for some minutes; a new model comes of it."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.cli import UsageError
from core.cli.generate import find_bundle
from core.cli.train import RUNS, add_folders, follow
from core.requests import FinetuneRequest


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", help="name or folder of the model to begin with")
    parser.add_argument(
        "clips",
        nargs="+",
        type=Path,
        metavar="CLIP",
        help="video files, or folders of them; sub-folders of a folder name classes",
    )
    parser.add_argument(
        "--part",
        choices=("tokenizer", "prior", "both"),
        default="prior",
        help="what learns; default: %(default)s",
    )
    parser.add_argument("--minutes", type=float, default=5.0, help="default: %(default)g")
    parser.add_argument("--steps", type=int, default=0, help="so many, instead of --minutes")
    parser.add_argument(
        "--lora",
        type=int,
        default=0,
        metavar="RANK",
        help="adapters of the prior learn, not its weights",
    )
    parser.add_argument("--class", dest="class_name", default="", help="class of all the clips")
    parser.add_argument(
        "--old",
        type=Path,
        action="append",
        default=[],
        metavar="FOOTAGE",
        help="footage of the old kind, so that less is forgotten; what is, is measured",
    )
    parser.add_argument("--name", help="of the new model; default: the model's and the clip's")
    parser.add_argument("--seed", type=int, default=0, help="default: 0")
    parser.add_argument("--resume", action="store_true", help="go on with the run that is there")
    add_folders(parser)


def run(arguments: argparse.Namespace) -> None:
    """Prints the folder of the new model.

    Raises:
        UsageError: the numbers make no sense.
        UserError: the model or the clips cannot be used.
    """
    if arguments.steps < 0 or arguments.lora < 0 or arguments.minutes <= 0:
        raise UsageError("--steps, --lora and --minutes must not be negative")
    bundle, card = find_bundle(arguments.model)
    name = arguments.name or f"{card.name}-{arguments.clips[0].stem}"
    from core.jobs import finetune  # loads torch

    request = FinetuneRequest(
        bundle=str(bundle),
        clips=tuple(str(clip) for clip in arguments.clips),
        run=arguments.folder or RUNS / name,
        models=arguments.models,
        name=name,
        part=arguments.part,
        steps=arguments.steps,
        minutes=arguments.minutes,
        lora=arguments.lora,
        class_name=arguments.class_name,
        old=tuple(str(path) for path in arguments.old),
        seed=arguments.seed,
        resume=arguments.resume,
    )
    follow(finetune.run(request), json_lines=arguments.json_lines)
