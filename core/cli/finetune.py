"""Train a model further on your own clips, for some minutes; a new model comes of it."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
from pathlib import Path

from core.cli import UsageError
from core.cli.generate import find_bundle
from core.cli.train import RUNS, add_folders, device_in_words, follow
from core.requests import FinetuneRequest
from core.runs.asking import Wish, asked
from core.runs.journal import Journal, journal
from core.runs.starting import KEEPS

NICENESS = 10
EXPENDABILITY = 700
"""Linux ends the process with the highest such number first when memory runs out: a training,
which goes on from its last checkpoint, and not the window or its engine."""
WISHES: dict[str, Wish] = {name: wish for wish, name in KEEPS.items()}


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
    parser.add_argument(
        "--estimate",
        action="store_true",
        help="train nothing: take a few steps, and print as JSON how long they take here",
    )
    parser.add_argument(
        "--keep",
        choices=("last", "best"),
        help="train no further: write the model of the run's checkpoints as they are now",
    )
    parser.add_argument(
        "--in-background",
        action="store_true",
        help="leave the processor to other programs that want it",
    )
    add_folders(parser)


def run(arguments: argparse.Namespace) -> None:
    """Prints the folder of the new model.

    Raises:
        UsageError: the numbers make no sense.
        UserError: the model or the clips cannot be used.
    """
    if arguments.steps < 0 or arguments.lora < 0 or arguments.minutes <= 0:
        raise UsageError("--steps, --lora and --minutes must not be negative")
    request = request_of(arguments)
    if arguments.in_background:
        _make_way()
    if arguments.estimate:
        _print_estimate(request)
        return
    with journal(request.run) as said:
        said.say(words="Loading the libraries")
        _train(request, said, arguments)


def request_of(arguments: argparse.Namespace) -> FinetuneRequest:
    """What the arguments ask for.

    Raises:
        UserError: there is no such model.
    """
    bundle, card = find_bundle(arguments.model)
    name = arguments.name or f"{card.name}-{arguments.clips[0].stem}"
    return FinetuneRequest(
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


def _train(request: FinetuneRequest, said: Journal, arguments: argparse.Namespace) -> None:
    """Trains, and makes a model of a checkpoint when that is asked for in between."""
    from core.jobs import finetune  # loads torch

    said.say(words="Loading the model and the footage", device=device_in_words())
    wish = WISHES.get(arguments.keep)
    if wish is None:
        try:
            follow(said.followed(finetune.run(request)), json_lines=arguments.json_lines)
        except KeyboardInterrupt:
            wish = asked(request.run)
            if not said.speaks or wish not in KEEPS:
                raise
    if wish in KEEPS:
        said.say(state="saving", words="Writing the model")
        said.finish(finetune.keep(request, best=KEEPS[wish] == "best"))


def _print_estimate(request: FinetuneRequest) -> None:
    from core.jobs import finetune  # loads torch

    print(json.dumps(finetune.estimate(request).to_json()))


def _make_way() -> None:
    """Other programs come first, and this one ends first when memory runs out."""
    os.nice(NICENESS)
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
        score.write(str(EXPENDABILITY))
