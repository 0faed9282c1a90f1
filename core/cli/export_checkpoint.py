"""Write a VideoGPT model as a checkpoint that the authors' own code loads."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.cli.generate import find_bundle


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("bundle", metavar="BUNDLE", help="name or folder of a model")
    parser.add_argument(
        "out",
        type=Path,
        metavar="OUT.ckpt",
        help="file to write; the VQ-VAE of a prior is written beside it as OUT-vqvae.ckpt",
    )


def run(arguments: argparse.Namespace) -> None:
    """Prints the names of the files that were written.

    Raises:
        UserError: the authors' code has no such model, or a file cannot be written.
    """
    from core.jobs import export_checkpoint  # loads torch

    folder, _ = find_bundle(arguments.bundle)
    for path in export_checkpoint.run(folder, arguments.out):
        print(path)
