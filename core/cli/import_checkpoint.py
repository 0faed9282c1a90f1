"""Make a model of a checkpoint of VideoGPT's authors; nothing in the file is ever run."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.assets import model_folders
from core.requests import ImportRequest


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", type=Path, metavar="CHECKPOINT", help="a Lightning .ckpt")
    parser.add_argument("--name", help="of the model; default: the file's")
    parser.add_argument("--heads", type=_count, help="attention heads, where the file says none")
    parser.add_argument(
        "--classes",
        type=_names,
        default=(),
        metavar="A,B,C",
        help="names of the classes, in the order of their labels; default: numbers",
    )
    parser.add_argument(
        "--tokenizer",
        type=Path,
        metavar="VQVAE.ckpt",
        help="checkpoint of a prior's VQ-VAE, for what the prior's own does not hold of it",
    )
    parser.add_argument(
        "--models",
        type=Path,
        default=model_folders()[1],
        help="the model is written into a folder of its name in here; default: %(default)s",
    )


def run(arguments: argparse.Namespace) -> None:
    """Prints what was found, what had to be assumed, and the folder of the model.

    Raises:
        UserError: the file is no checkpoint of VideoGPT, or the model cannot be written.
    """
    from core.jobs import import_checkpoint  # loads torch

    request = ImportRequest(
        checkpoint=str(arguments.checkpoint),
        models=str(arguments.models),
        name=arguments.name,
        heads=arguments.heads,
        classes=arguments.classes,
        tokenizer=arguments.tokenizer and str(arguments.tokenizer),
    )
    for imported in import_checkpoint.run(request):
        print("Found")
        print("".join(f"  {line}\n" for line in imported.found), end="")
        print("Assumed")
        print("".join(f"  {line}\n" for line in imported.assumed), end="")
        print(imported.bundle)


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number of heads")
    return count


def _names(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    if not all(names):
        raise argparse.ArgumentTypeError(f"“{text}” names a class with nothing")
    return names
