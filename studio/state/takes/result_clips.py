"""The frames of a result as far as there are any, and one of them put back into the clip."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.compositing import composite, feather_of, layer, unknown_pixels
from core.masks import Mask
from core.requests import GenerationRequest
from core.tasks import TASKS
from core.window import Window

Picture = NDArray[np.uint8]
Tokens = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class ResultClips:
    """Frames are numbered from the first of the result.

    Attributes:
        live: uint8 (count, T, H, W, 3) at the model's size: the window that is being decoded, or
            the last frames of a result that is finished.
        first: number of the first of them.
        settled: uint8 (n, count, H, W, 3): the first n frames, which change no more; they lie on
            the disk. None = there are none.
        masked: bool (count, t, h, w): tokens of `live` that are not decided; None = all are.
        stride: frames per token.
    """

    live: NDArray[np.uint8]
    first: int = 0
    settled: NDArray[np.uint8] | None = None
    masked: Tokens | None = None
    stride: int = 1

    @property
    def count(self) -> int:
        """Number of variations."""
        return len(self.live)

    def same_as(self, other: ResultClips | None) -> bool:
        """Whether both are made of the same arrays (not of equal ones)."""
        return (
            other is not None
            and self.live is other.live
            and self.settled is other.settled
            and self.masked is other.masked
        )

    @property
    def decided(self) -> int:
        """How many frames from the first on are wholly decided, in every variation."""
        if self.masked is None:
            return self.first + self.live.shape[1]
        open_ones = np.flatnonzero(self.masked.any(axis=(0, 2, 3)))
        tokens = int(open_ones[0]) if len(open_ones) else self.masked.shape[1]
        return max(self._settled, self.first + tokens * self.stride)

    def frame(self, number: int, variation: int) -> Picture | None:
        """A frame at the model's size, uint8 (H, W, 3), or None when it is not there yet."""
        if self.settled is not None and number < self._settled:
            return np.asarray(self.settled[number, variation])
        place = number - self.first
        return self.live[variation, place] if 0 <= place < self.live.shape[1] else None

    def undecided(self, number: int, variation: int) -> Tokens | None:
        """The tokens of a frame that are not decided, bool (h, w); None when all are."""
        if self.masked is None or number < self._settled:
            return None
        token = (number - self.first) // self.stride
        if token >= self.masked.shape[1]:
            return np.ones(self.masked.shape[2:], bool)
        tokens = self.masked[variation, token]
        return tokens if tokens.any() else None

    @property
    def _settled(self) -> int:
        return 0 if self.settled is None else len(self.settled)


def composited(
    original: Picture, frame: int, request: GenerationRequest, clips: ResultClips, variation: int
) -> Picture:
    """A frame of the clip, uint8 (H, W, 3), with what is decided of it; else `original` itself.

    Args:
        original: the clip's frame `frame`; past its end the clip stands still.
    """
    generated = _generated(frame, request, clips, variation)
    if generated is None:
        return original
    return composite(original, *generated, feather_of(request))


def composited_window(
    original: Picture, frame: int, request: GenerationRequest, clips: ResultClips, variation: int
) -> Picture:
    """The working window of a frame with what is decided of it, uint8 (h, w, 3): a small picture
    without a seam, as high as the model's at most."""
    window = request.covered
    height = min(window.height, window.model_height)
    size = max(1, round(height * window.width / window.height)), height
    apart = max(1, window.height // (2 * height))  # two pixels for one are enough to look good
    crop = original[window.rows, window.columns][::apart, ::apart]
    known = cv2.resize(crop, size, interpolation=cv2.INTER_AREA)
    generated = _generated(frame, request, clips, variation)
    if generated is None:
        return known
    picture, _window, unknown = generated
    fresh = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    wanted = cv2.resize(unknown.view(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    return np.where(wanted[..., None], fresh, known)


def generated_layer(
    size: tuple[int, int],
    frame: int,
    request: GenerationRequest,
    clips: ResultClips,
    variation: int,
) -> Picture:
    """What is decided of a frame alone, uint8 (H, W, 4), RGBA of the clip's size; all of it
    transparent where there is nothing."""
    generated = _generated(frame, request, clips, variation)
    if generated is None:
        return np.zeros((size[1], size[0], 4), np.uint8)
    picture, window, unknown = generated
    return layer(picture, window, unknown, size, feather_of(request))


def _generated(
    frame: int, request: GenerationRequest, clips: ResultClips, variation: int
) -> tuple[Picture, Window, Mask] | None:
    """A frame's generated picture, its window, and which pixels of that are wanted and decided."""
    window = request.covered
    number = window.model_frame(frame)
    generated = None if number is None else clips.frame(number, variation)
    if number is None or generated is None:
        return None
    unknown = unknown_pixels(TASKS[request.task], window, request.painted, frame, request.kept)
    undecided = clips.undecided(number, variation)
    if undecided is not None:
        unknown = unknown & ~enlarged(undecided, window.height, window.width)
    return generated, window, unknown


def enlarged(tokens: Tokens, height: int, width: int) -> Tokens:
    """Tokens (h, w) as the pixels (height, width) that they stand for."""
    rows = np.arange(height) * tokens.shape[0] // height
    columns = np.arange(width) * tokens.shape[1] // width
    return tokens[rows[:, None], columns]
