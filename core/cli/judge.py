"""Train a judge: a small network by which generated clips are compared with real ones."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.cli.progress import Progress


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Train a small 3D-convolutional network to tell the classes of footage. It plays the part "
        "of I3D in `maskreel evaluate --judge FILE`."
    )
    parser.add_argument("data", type=Path, metavar="DATA", help="folders of videos, named by class")
    parser.add_argument("out", type=Path, metavar="FILE", help="what is written, .safetensors")
    parser.add_argument("--steps", type=int, default=1500, help="default: 1500")
    parser.add_argument("--batch", type=int, default=32, help="clips of a step; default: 32")
    parser.add_argument("--strides", type=int, default=2, help="of the cuts; default: 2")
    parser.add_argument("--zoom", type=float, default=1.0, help="of the cuts; default: 1")
    parser.add_argument("--held-out", type=int, default=512, help="clips measured; default: 512")
    parser.add_argument("--seed", type=int, default=0, help="default: 0")
    parser.add_argument("--words", default="", help="what the footage is, for reports")
    parser.add_argument("--json-lines", action="store_true", help="progress as JSON on stdout")


def run(arguments: argparse.Namespace) -> None:
    """Prints how often the judge is right about held-out clips.

    Raises:
        UserError: the footage cannot be read, or has fewer than two classes.
    """
    from core.training import judge  # loads torch

    request = judge.JudgeRequest(
        data=arguments.data,
        out=arguments.out,
        steps=arguments.steps,
        batch=arguments.batch,
        strides=arguments.strides,
        zoom=arguments.zoom,
        held_out=arguments.held_out,
        seed=arguments.seed,
        words=arguments.words,
    )
    progress = Progress(arguments.json_lines)
    for update in judge.run(request):
        figures = f"loss {update.loss:.3f} · right {update.accuracy:.1%}"
        progress.event(
            "judged",
            f"{update.step} of {update.total} · {figures}",
            step=update.step,
            total=update.total,
            loss=update.loss,
            accuracy=update.accuracy,
        )
        card = update.card
    progress.close()
    assert card is not None
    progress.event("finished", "", file=str(arguments.out), accuracy=card.accuracy)
    if not arguments.json_lines:
        told = zip(card.actions, card.explained, strict=True)
        print(f"{arguments.out}: right about {card.accuracy:.1%} of held-out clips")
        print("".join(f"{name}: {share:.0%} of the variance\n" for name, share in told), end="")
