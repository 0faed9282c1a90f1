"""Look for copies: the training clips that are nearest to generated ones."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.cli.generate import find_bundle
from core.cli.progress import Progress

PICTURED = 8


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Generate clips and find the training clip that is nearest to each, beside how near "
        "held-out real clips come."
    )
    parser.add_argument("bundle", metavar="BUNDLE", help="name or folder of the model")
    parser.add_argument("training", type=Path, metavar="TRAINING", help="what it was trained on")
    parser.add_argument("held_out", type=Path, metavar="HELD_OUT", help="footage it never saw")
    parser.add_argument("--task", default="CG", help="default: CG, a class from nothing")
    parser.add_argument("--clips", type=int, default=64, help="default: 64")
    parser.add_argument("--seed", type=int, default=0, help="default: 0")
    parser.add_argument("--strides", type=int, default=2, help="of the clips; default: 2")
    parser.add_argument("--sheet", type=Path, metavar="FILE", help="a picture of the nearest pairs")
    parser.add_argument("--json-lines", action="store_true", help="progress as JSON on stdout")


def run(arguments: argparse.Namespace) -> None:
    """Prints the distances.

    Raises:
        UserError: something cannot be used.
    """
    from core.evaluation import neighbours  # loads torch
    from core.evaluation.request import EvaluateRequest
    from core.evaluation.sheet import pairs_sheet, write_png

    bundle, _ = find_bundle(arguments.bundle)
    request = EvaluateRequest(
        bundle,
        arguments.held_out,
        clips=arguments.clips,
        seed=arguments.seed,
        strides=arguments.strides,
        windows=0,
        batch=8,
    )
    progress = Progress(arguments.json_lines)
    for update in neighbours.run(request, arguments.training, arguments.task):
        if isinstance(update, int):
            progress.event("looked", f"{update} training videos", done=update)
            continue
        progress.close()
        figures = update.figures
        progress.event("finished", "", seen=update.seen, **figures)
        if not arguments.json_lines:
            print(_told(figures, update.seen))
        if arguments.sheet:
            order = sorted(range(len(update.made)), key=lambda n: update.made[n].distance)
            chosen = order[:PICTURED]
            sheet = pairs_sheet(
                "generated", update.clips[chosen], "nearest", update.nearest[chosen]
            )
            write_png(sheet, str(arguments.sheet))


def _told(figures: dict[str, float], seen: int) -> str:
    rows = (
        f"{words:<15}median {figures[f'{name}_median']:.1f}, least {figures[f'{name}_least']:.1f}"
        for name, words in (("made", "generated"), ("real", "held-out real"))
    )
    return "\n".join(
        (
            f"Distance to the nearest of {seen:,} training clips, in grey levels:",
            *rows,
            f"{figures['near']:.0%} of generated clips are nearer than all but 5 % of real ones.",
        )
    )
