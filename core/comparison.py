"""Before and after in one picture: side by side, a moving wipe, the difference; a decode in time.

Only numpy and OpenCV. All pictures are uint8 (H, W, 3), RGB, of one size unless said otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from core.options import option

Picture = NDArray[np.uint8]

GAP_PX = 4
MID_GREY = 128
"""Of a signed difference: nothing differs."""
_LINE_PX = 3
_GREY, _WHITE = 24, (255, 255, 255)
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_LABEL_SHARE = 0.042
"""Height of capitals as a share of the picture's height."""
_LEAST_LABEL_PX = 8


@dataclass(frozen=True)
class ResultOptions:
    """Of the clip with its result, and of the clip alone."""


@dataclass(frozen=True)
class SideBySideOptions:
    """Of pictures beside each other."""

    direction: str = option(
        "beside",
        label="Arranged",
        choices=("beside", "below"),
        help="Beside each other, or one below the other.",
    )
    round_trip: bool = option(
        False,
        label="Tokenizer round trip",
        help="A third picture: the clip through the model's tokenizer alone, the best that this "
        "model could do.",
    )
    labels: bool = option(True, label="Labels", help="Writes into each picture what it is.")


@dataclass(frozen=True)
class WipeOptions:
    """Of a line that moves over the picture."""

    seconds: float = option(
        4.0,
        label="Sweep",
        minimum=0.5,
        maximum=60,
        step=0.5,
        help="Seconds that the line takes from left to right and back.",
    )
    labels: bool = option(True, label="Labels", help="Writes on each side what it is.")


@dataclass(frozen=True)
class DifferenceOptions:
    """Of the difference between two pictures."""

    gain: float = option(
        4.0,
        label="Amplified",
        minimum=1,
        maximum=32,
        step=1,
        help="Differences are multiplied by this; black is where nothing differs.",
    )


@dataclass(frozen=True)
class TimeLapseOptions:
    """Of a decode seen step by step."""

    seconds: float = option(
        0.3,
        label="Each step",
        minimum=0.04,
        maximum=10,
        step=0.1,
        help="Seconds for which a step is seen.",
    )
    still: bool = option(
        False,
        label="Stand still",
        help="Shows the frame at the playhead while the steps go on; else the clip plays.",
    )
    labels: bool = option(True, label="Labels", help="Writes the step's number into the picture.")


Need = Literal["nothing", "result", "steps"]


@dataclass(frozen=True)
class Content:
    """What a file can show.

    Attributes:
        name: stored in presets and settings; never changes.
        label, description: for people.
        options: the frozen dataclass of its options.
        needs: what must be there for it.
        has_audio: whether the clip's sound fits to it; alpha: whether it can be transparent.
    """

    name: str
    label: str
    description: str
    options: type
    needs: Need = "nothing"
    has_audio: bool = True
    alpha: bool = False


CONTENTS: dict[str, Content] = {
    content.name: content
    for content in (
        Content(
            "result",
            "The clip with its result",
            "What the canvas shows.",
            ResultOptions,
            alpha=True,
        ),
        Content("original", "The original clip", "Without what was generated.", ResultOptions),
        Content(
            "beside",
            "Side by side",
            "Original and result in one picture.",
            SideBySideOptions,
            "result",
        ),
        Content(
            "wipe",
            "Moving wipe",
            "A line sweeps over the picture: original left of it, result right of it.",
            WipeOptions,
            "result",
        ),
        Content(
            "difference",
            "Difference",
            "Where, and how far, the result differs from the original.",
            DifferenceOptions,
            "result",
        ),
        Content(
            "lapse",
            "Decoding time-lapse",
            "The decode step by step, then the result.",
            TimeLapseOptions,
            "steps",
            has_audio=False,
        ),
    )
}


def side_by_side(
    pictures: Sequence[Picture], labels: Sequence[str] = (), *, below: bool = False
) -> Picture:
    """Pictures in a row, or one below the other, with a gap between them.

    Args:
        labels: one for each picture, or none.
    """
    shown = [labelled(p, t) for p, t in zip(pictures, labels, strict=True)] if labels else pictures
    height, width = pictures[0].shape[:2]
    gap = np.full((GAP_PX, width, 3) if below else (height, GAP_PX, 3), _GREY, np.uint8)
    parts = [part for picture in shown for part in (gap, picture)][1:]
    return np.concatenate(parts, axis=0 if below else 1)


def arranged(size: tuple[int, int], count: int, *, below: bool = False) -> tuple[int, int]:
    """Width and height of so many pictures of a size `side_by_side`."""
    width, height = size
    gaps = (count - 1) * GAP_PX
    return (width, count * height + gaps) if below else (count * width + gaps, height)


def wiped(before: Picture, after: Picture, share: float, labels: Sequence[str] = ()) -> Picture:
    """`before` left of a line, `after` right of it.

    Args:
        share: where the line stands, 0 = at the left edge, 1 = at the right one.
        labels: one for each, or none.
    """
    width = before.shape[1]
    if labels:
        before = labelled(before, labels[0])
        after = labelled(after, labels[1], right=True)
    place = round(share * width)
    result = after.copy()
    result[:, :place] = before[:, :place]
    left = max(0, place - _LINE_PX // 2)
    result[:, left : left + _LINE_PX] = 255
    return result


def sweep(seconds: float, there_and_back: float) -> float:
    """Where a wipe's line stands after `seconds`, 0..1; it slows down at the edges."""
    return 0.5 - 0.5 * math.cos(2 * math.pi * seconds / there_and_back)


def difference(before: Picture, after: Picture, gain: float) -> Picture:
    """How far two pictures are apart in each colour, times `gain`."""
    apart = cv2.absdiff(before, after)
    return np.asarray(cv2.convertScaleAbs(apart, dst=apart, alpha=gain), np.uint8)


def signed_difference(before: Picture, after: Picture, gain: float) -> Picture:
    """By how much `after` is brighter (above mid-grey) or darker (below) in each colour, times
    `gain`."""
    return np.asarray(cv2.addWeighted(after, gain, before, -gain, MID_GREY), np.uint8)


def labelled(picture: Picture, text: str, *, right: bool = False) -> Picture:
    """The picture with a text in its lower left (or right) corner, on a dark ground.

    A picture that has no room for it comes back as it is.
    """
    height, width = picture.shape[:2]
    drawn = _drawn(text, max(_LEAST_LABEL_PX, round(height * _LABEL_SHARE)))
    rows, columns = drawn.shape
    margin = rows // 3
    if rows + margin > height or columns + 2 * margin > width:
        return picture
    top = height - rows - margin
    left = width - columns - margin if right else margin
    result = picture.copy()
    ground = result[top : top + rows, left : left + columns]
    ground[:] = np.maximum(ground // 3, drawn[..., None])
    return result


@lru_cache(maxsize=256)
def _drawn(text: str, capitals: int) -> NDArray[np.uint8]:
    """White letters on black, uint8 (h, w), drawn at four times the size and averaged."""
    scale, thickness = cv2.getFontScaleFromHeight(_FONT, 4 * capitals), max(1, capitals // 2)
    (width, _), _ = cv2.getTextSize(text, _FONT, scale, thickness)
    _, below = cv2.getTextSize("g", _FONT, scale, thickness)  # labels are all of one height
    rim = 2 * capitals
    size = (4 * capitals + below // 2 + 2 * rim, width + 2 * rim)
    large = np.zeros(size, np.uint8)
    place = (rim, rim + 4 * capitals)
    cv2.putText(large, text, place, _FONT, scale, 255, thickness, cv2.LINE_AA)
    small = (math.ceil(size[1] / 4), math.ceil(size[0] / 4))
    return np.asarray(cv2.resize(large, small, interpolation=cv2.INTER_AREA), np.uint8)


def lapse_frames(step: int, step_seconds: float, rate: Fraction) -> range:
    """The frames of a time-lapse in which a step is seen, numbered from its first; at least one."""
    frames = max(step_seconds * rate, 1)
    return range(round(step * frames), round((step + 1) * frames))
