"""The working window: the part of a clip that the model works on, and its mapping both ways."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from core.masks import Box, Mask, MaskTrack

MARGIN = 1.6
"""How much wider than the painted region a fitted window is, so that the model sees around it."""


@dataclass(frozen=True)
class Window:
    """A crop and time range of a clip, and the model's size that it is resampled to.

    Attributes:
        left, top, width, height: the crop in pixels of the clip, inside it.
        first: clip frame that the model sees as its first.
        stride: clip frames per model frame.
        frames, model_height, model_width: the model's clip size (T, H, W).
    """

    left: int
    top: int
    width: int
    height: int
    first: int
    frames: int
    model_height: int
    model_width: int
    stride: int = 1

    def __post_init__(self) -> None:
        if min(self.width, self.height, self.frames, self.stride) < 1 or self.first < 0:
            raise ValueError(f"a working window has a size and a range: {self}")

    @property
    def grid(self) -> tuple[int, int, int]:
        """The model's clip size (T, H, W)."""
        return self.frames, self.model_height, self.model_width

    @property
    def squeeze(self) -> float:
        """How many times as wide as it is the model sees the picture; 1 = as it is."""
        return self.model_width * self.height / (self.model_height * self.width)

    @property
    def range(self) -> range:
        """The clip frames that the window covers; a short clip may end inside it."""
        return range(self.first, self.first + self.frames * self.stride)

    @property
    def rows(self) -> slice:
        return slice(self.top, self.top + self.height)

    @property
    def columns(self) -> slice:
        return slice(self.left, self.left + self.width)

    def moved(self, right: int, down: int) -> Window:
        """The same window so many pixels further to the right and further down."""
        return replace(self, left=self.left + right, top=self.top + down)

    def fits(self, size: tuple[int, int]) -> bool:
        """Whether it lies inside pictures of `size` (width, height)."""
        right, bottom = self.left + self.width, self.top + self.height
        return min(self.left, self.top) >= 0 and right <= size[0] and bottom <= size[1]

    def sampled(self, clip_frames: int) -> list[int]:
        """The clip frame of each model frame; past its end a clip stands still."""
        return [min(frame, clip_frames - 1) for frame in self.range[:: self.stride]]

    def model_frame(self, frame: int) -> int | None:
        """The model frame that stands for a clip frame, or None outside the range."""
        return (frame - self.first) // self.stride if frame in self.range else None

    def to_model(self, frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """A clip frame (H, W, 3) → the model's (model_height, model_width, 3)."""
        return self._to_model_size(frame[self.rows, self.columns])

    def mask_to_model(self, mask: Mask) -> Mask:
        """A clip mask → the model's: a model pixel is masked when it holds any masked pixel."""
        crop = mask[self.rows, self.columns].astype(np.float32)
        return self._to_model_size(crop) > 0

    def from_model(self, frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """A generated frame → the size of the crop (height, width, 3)."""
        return _resized(frame, self.width, self.height, cv2.INTER_CUBIC)

    def _to_model_size(self, picture: NDArray) -> NDArray:
        return _resized(picture, self.model_width, self.model_height, cv2.INTER_LINEAR)


def whole(size: tuple[int, int], grid: tuple[int, int, int], *, first: int = 0) -> Window:
    """The largest centred window of the model's aspect in a clip of `size` (width, height)."""
    return _around(size, grid, (size[0] / 2, size[1] / 2), float("inf"), first)


def fitted(
    size: tuple[int, int], grid: tuple[int, int, int], painted: MaskTrack, frames: range
) -> Window:
    """A window around what is painted, with room to see around it; without painting the whole
    picture.

    It has the model's aspect, unless what is painted is then too wide or too high for it: the
    model sees all of it nevertheless, squeezed.

    Args:
        frames: of the clip, that the result covers. The window is as large as the masks of these
            need; without any among them, as all masks need.
    """
    box = painted.box(frames) or bounds(painted)
    if box is None:
        return whole(size, grid, first=frames.start)
    left, top, right, bottom = box
    height = max(bottom - top, (right - left) * grid[1] / grid[2]) * MARGIN
    centre = (left + right) / 2, (top + bottom) / 2
    return _containing(box, size, _around(size, grid, centre, height, frames.start))


def beginning(wanted: int, frame: int, length: int, clip_frames: int) -> int:
    """The clip's frame that a result of so many frames begins with: the wanted one, as long as
    `frame`, the one that is looked at, lies inside."""
    first = min(wanted, frame)
    return min(max(first, frame - length + 1), max(0, clip_frames - length))


def bounds(painted: MaskTrack) -> tuple[int, int, int, int] | None:
    """(left, top, right, bottom) around all masks, right and bottom exclusive, or None."""
    return painted.box({*painted.keyframes, *painted.tracked})


def _around(
    size: tuple[int, int],
    grid: tuple[int, int, int],
    centre: tuple[float, float],
    height: float,
    first: int,
) -> Window:
    """The window of the model's aspect and about that height, pushed inside the picture.

    It is never smaller than the model's own size where the picture allows: smaller would only
    magnify.
    """
    frames, model_height, model_width = grid
    aspect = model_width / model_height
    height = min(max(height, model_height), size[1], size[0] / aspect)
    tall = max(1, round(height))
    wide = max(1, min(size[0], round(height * aspect)))
    left = _place(centre[0] - wide / 2, size[0] - wide)
    top = _place(centre[1] - tall / 2, size[1] - tall)
    return Window(left, top, wide, tall, first, frames, model_height, model_width)


def _containing(box: Box, size: tuple[int, int], window: Window) -> Window:
    """The window with the box inside: where its aspect does not allow for that, it is freed."""
    left, top, right, bottom = box
    if right - left > window.width:
        wide = min(size[0], round((right - left) * MARGIN))
        window = replace(window, left=_place((left + right - wide) / 2, size[0] - wide), width=wide)
    if bottom - top > window.height:
        tall = min(size[1], round((bottom - top) * MARGIN))
        window = replace(window, top=_place((top + bottom - tall) / 2, size[1] - tall), height=tall)
    return window


def _place(wanted: float, most: int) -> int:
    """The nearest possible place of an edge."""
    return round(min(max(wanted, 0), most))


def _resized(picture: NDArray, width: int, height: int, magnify: int) -> NDArray:
    """A picture (H, W, …) of another size: averaged where it shrinks, interpolated by `magnify`
    where it grows.

    One axis at a time when only one shrinks, because OpenCV averages none of them then.
    """
    wider, taller = width > picture.shape[1], height > picture.shape[0]
    if wider != taller:
        kernel = magnify if wider else cv2.INTER_AREA
        picture = cv2.resize(picture, (width, picture.shape[0]), interpolation=kernel)
    kernel = magnify if taller else cv2.INTER_AREA
    return cv2.resize(np.ascontiguousarray(picture), (width, height), interpolation=kernel)
