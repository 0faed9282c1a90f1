"""Record a training set of our own: episodes of ViZDoom, moving shapes or moving digits."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from core.cli.progress import Progress
from core.recording.requests import SIZES, RecordUpdate, SyntheticRequest, VizdoomRequest
from core.recording.scenarios import SCENARIOS

VIZDOOM = f"""\
Record ViZDoom, played by a scripted agent without a screen, at 16 frames a second:
OUT/train/<scenario>/0000.mp4 and OUT/val/<scenario>/0000.mp4, what the agent did beside each video
(0000.npz), and what is what in OUT/dataset.json. The hours are divided evenly over the scenarios.
Equal seeds give equal sets. What is there already is kept, so the same command goes on where it was
stopped. Needs the package vizdoom (pip install vizdoom). Scenarios: {", ".join(SCENARIOS)}."""

SYNTHETIC = """\
Draw clips of moving {0}, 16 frames a second: OUT/train/<class>/00000.mp4 and OUT/val/…, and what is
what in OUT/dataset.json. A class is {1}. Equal seeds give equal sets; what is there is kept."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    sources = parser.add_subparsers(dest="source", metavar="SOURCE", required=True)
    vizdoom = _add_source(sources, "vizdoom", "hours of ViZDoom, with the actions", VIZDOOM)
    _add_vizdoom(vizdoom)
    shapes = _add_source(
        sources,
        "shapes",
        "clips of moving shapes",
        SYNTHETIC.format("shapes in colours", "a shape, such as “circle”"),
    )
    _add_synthetic(shapes)
    shapes.set_defaults(digits=1, coloured=True)
    digits = _add_source(
        sources,
        "digits",
        "clips of moving digits, as Moving MNIST",
        SYNTHETIC.format("digits", "which digits they are, such as “38”"),
    )
    _add_synthetic(digits)
    digits.add_argument("--digits", type=int, default=2, help="in a clip; default: %(default)s")
    digits.add_argument("--coloured", action="store_true", help="in colours rather than white")


def run(arguments: argparse.Namespace) -> None:
    """Raises UserError when vizdoom is not installed or nothing can be recorded."""
    progress = Progress(arguments.json_lines)
    for update in _updates(arguments):
        progress.event(
            "recorded",
            f"{update.fraction:.0%}  {update.frames} frames  {update.path}",
            fraction=update.fraction,
            frames=update.frames,
            file=str(update.path),
        )
    progress.close()


def _updates(arguments: argparse.Namespace) -> Iterator[RecordUpdate]:
    if arguments.source == "vizdoom":
        from core.recording.vizdoom_set import record_vizdoom

        request = VizdoomRequest(
            folder=arguments.folder,
            hours=arguments.hours,
            val_share=arguments.val_share,
            sizes=SIZES if arguments.size == "both" else (int(arguments.size),),
            scenarios=tuple(dict.fromkeys(arguments.scenarios or SCENARIOS)),
            seed=arguments.seed,
            workers=arguments.workers,
        )
        return record_vizdoom(request)
    from core.recording.synthetic_set import record_synthetic

    return record_synthetic(
        SyntheticRequest(
            folder=arguments.folder,
            source=arguments.source,
            clips=arguments.clips,
            frames=arguments.frames,
            size=arguments.size,
            coloured=arguments.coloured,
            digits=arguments.digits,
            val_share=arguments.val_share,
            seed=arguments.seed,
        )
    )


def _add_source(
    sources: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    help: str,
    description: str,
) -> argparse.ArgumentParser:
    """With the options that every source has."""
    parser = sources.add_parser(name, help=help, description=description)
    parser.add_argument("folder", type=Path, metavar="OUT", help="folder of the set")
    parser.add_argument(
        "--val-share",
        type=float,
        default=0.1,
        metavar="SHARE",
        help="part that goes to val/; default: %(default)s",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="default: %(default)s")
    parser.add_argument("--json-lines", action="store_true", help="progress as JSON on stdout")
    return parser


def _add_vizdoom(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--hours", type=float, required=True, metavar="H", help="of video in all, val/ included"
    )
    parser.add_argument(
        "--size",
        choices=(*map(str, SIZES), "both"),
        default="128",
        help="side of the pictures; both: a set of each, in OUT/64 and OUT/128; "
        "default: %(default)s",
    )
    parser.add_argument(
        "--scenario",
        action="append",
        choices=SCENARIOS,
        dest="scenarios",
        metavar="NAME",
        help="may be given several times; default: all",
    )
    parser.add_argument(
        "--workers",
        type=int,
        default=1,
        metavar="N",
        help="processes that record; default: %(default)s",
    )


def _add_synthetic(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--clips", type=int, required=True, metavar="N", help="in all, val/ included"
    )
    parser.add_argument(
        "--frames", type=int, default=32, metavar="N", help="of a clip; default: %(default)s"
    )
    parser.add_argument(
        "--size", type=int, default=64, metavar="N", help="of the pictures; default: %(default)s"
    )
