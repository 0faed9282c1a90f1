"""Tokenize footage once, so that a transformer trains from tokens (recipe key tokens)."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.cli.generate import find_bundle
from core.cli.progress import Progress


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("bundle", metavar="BUNDLE", help="name or folder of the model")
    parser.add_argument(
        "data",
        type=Path,
        metavar="DATA",
        help="a folder of videos, or a TOML file whose [[data]] sections name some",
    )
    parser.add_argument(
        "out",
        type=Path,
        metavar="OUT",
        help="folder of the tokens; what an interrupted call has left there is kept",
    )
    parser.add_argument("--clips", type=int, required=True, help="random clips to tokenize")
    parser.add_argument("--seed", type=int, default=0, help="of the choice of clips; default: 0")
    parser.add_argument("--flip", action="store_true", help="mirror half of the clips")
    parser.add_argument(
        "--strides", type=int, default=2, help="every 1st … Nth frame is taken; default: 2"
    )
    parser.add_argument(
        "--zoom",
        type=float,
        default=0.6,
        help="smallest crop as a share of the picture's short side; default: 0.6",
    )
    parser.add_argument(
        "--drop",
        type=float,
        default=0.1,
        help="share of clips without condition or class, so that guidance works; default: 0.1",
    )
    parser.add_argument("--workers", type=int, default=0, help="processes that decode; default: 0")
    parser.add_argument("--json-lines", action="store_true", help="progress as JSON on stdout")


def run(arguments: argparse.Namespace) -> None:
    """Prints the folder.

    Raises:
        UserError: the model or the footage cannot be used, or the folder holds other tokens.
    """
    from core.jobs import tokenize  # loads torch

    bundle, _ = find_bundle(arguments.bundle)
    request = tokenize.TokenizeRequest(
        bundle=bundle,
        data=arguments.data,
        out=arguments.out,
        clips=arguments.clips,
        seed=arguments.seed,
        flip=arguments.flip,
        strides=arguments.strides,
        zoom=arguments.zoom,
        drop=arguments.drop,
        workers=arguments.workers,
    )
    progress = Progress(arguments.json_lines)
    for update in tokenize.run(request):
        progress.event(
            "tokenized",
            f"{update.done} of {update.total} clips · {update.clips_per_second:.1f} a second",
            done=update.done,
            total=update.total,
            clips_per_second=update.clips_per_second,
            skipped=len(update.skipped),
        )
    progress.close()
    progress.event("finished", "", folder=str(arguments.out), skipped=update.skipped)
    if not arguments.json_lines:
        print(arguments.out)
