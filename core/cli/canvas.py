"""--canvas and --margins: the clip on a larger canvas, which is generated around it."""

from __future__ import annotations

import argparse
from fractions import Fraction
from pathlib import Path

from core.cli import UsageError
from core.margins import ASPECTS, NONE, Margins, in_aspect
from core.mask_files import read_masks
from core.masks import MaskTrack
from core.media.reading import ClipReader, open_clip
from core.tasks import TASKS


def add_arguments(where: argparse._ArgumentGroup) -> None:
    shape = where.add_mutually_exclusive_group()
    shape.add_argument(
        "--canvas",
        type=_aspect,
        metavar="W:H",
        help=f"extend the picture to a shape, alike on both sides: {', '.join(ASPECTS)}, …; all "
        "frames are generated, unless --frames or --length says which",
    )
    shape.add_argument(
        "--margins",
        type=_margins,
        metavar="L,T,R,B",
        help="extend the picture by so many pixels at the left, top, right and bottom",
    )


def check(arguments: argparse.Namespace) -> None:
    """
    Raises:
        UsageError: a canvas is asked for that the task does not fill.
    """
    asked = arguments.canvas is not None or arguments.margins is not None
    if asked and not TASKS[arguments.task].painted:
        raise UsageError("--canvas and --margins go with --task paint")
    if asked and arguments.clip is None:
        raise UsageError("--canvas and --margins need --clip")


def opened(arguments: argparse.Namespace, margins: Margins = NONE) -> ClipReader:
    """The clip on the canvas that is asked for, else on one with these margins.

    Raises:
        UserError: it cannot be opened, or the canvas is too large.
    """
    if arguments.canvas is not None:
        with open_clip(arguments.clip) as bare:
            return bare.on_canvas(in_aspect(bare.size, arguments.canvas))
    return open_clip(arguments.clip, arguments.margins or margins)


def painted(mask: Path | None, reader: ClipReader) -> MaskTrack | None:
    """The masks of --mask, which are of the clip's pictures, and the canvas beyond them; None
    without either."""
    size = reader.margins.pictures(reader.size)
    if mask is not None:
        return read_masks(mask, size, len(reader)).on_canvas(reader.margins)
    return MaskTrack(*size).on_canvas(reader.margins) if reader.margins else None


def _aspect(text: str) -> Fraction:
    if text in ASPECTS:
        return ASPECTS[text]
    width, _, height = text.partition(":")
    aspect = Fraction(width) / Fraction(height or 1)
    if aspect <= 0:
        raise argparse.ArgumentTypeError(f"{text} is not a shape such as 16:9")
    return aspect


def _margins(text: str) -> Margins:
    left, top, right, bottom = (int(number) for number in text.split(","))
    return Margins(left, top, right, bottom)
