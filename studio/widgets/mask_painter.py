"""Round brush strokes on a mask: numpy and OpenCV only, no widget."""

from __future__ import annotations

from itertools import pairwise
from math import ceil, floor, hypot, sqrt
from typing import NamedTuple

import cv2
import numpy as np

# The smallest brush still marks the pixel under the cursor, wherever in the pixel that is.
_MIN_RADIUS = sqrt(0.5)
# Long segments are stamped in pieces, so that their bounding boxes stay small.
_MIN_PIECE = 32.0

Point = tuple[float, float]


class Dirty(NamedTuple):
    """A rectangle of pixels that may have changed; never empty, inside the mask."""

    x: int
    y: int
    width: int
    height: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """The same rectangle as an index of an (H, W) array."""
        return slice(self.y, self.y + self.height), slice(self.x, self.x + self.width)

    def united(self, other: Dirty | None) -> Dirty:
        """The smallest rectangle that holds both."""
        if other is None:
            return self
        left, top = min(self.x, other.x), min(self.y, other.y)
        right = max(self.x + self.width, other.x + other.width)
        bottom = max(self.y + self.height, other.y + other.height)
        return Dirty(left, top, right - left, bottom - top)


def bounds(mask: np.ndarray | None) -> Dirty | None:
    """The smallest rectangle that holds everything painted, or None."""
    if mask is None or not mask.any():
        return None
    return Dirty(*cv2.boundingRect(mask.view(np.uint8)))


class MaskPainter:
    """Stamps round brush segments on a mask, in place.

    A hard brush marks all that it passes. A soft one lays on the more the nearer a pixel is to its
    middle and the longer its way there, and marks what has got half of its cover: a dab is smaller
    than the brush, and its rim takes several passes.

    Attributes:
        mask: bool (H, W), True = painted.
        hardness: 0..1, the share of the radius in which the brush covers fully.
    """

    def __init__(self, mask: np.ndarray, hardness: float = 1.0) -> None:
        if mask.dtype != np.bool_ or mask.ndim != 2:
            raise ValueError(f"a mask is bool (H, W), not {mask.dtype} {mask.shape}")
        self.mask, self.hardness = mask, hardness
        self._cover = None if hardness >= 1 else np.zeros(mask.shape, np.float32)

    def segment(self, start: Point, end: Point, size: float, *, painted: bool) -> Dirty | None:
        """Moves a round brush from `start` to `end`.

        With a hard brush a pixel is set when its centre lies within `size / 2` of the line.

        Args:
            start, end: (x, y) in pixels; (0, 0) is the corner of the first pixel, not its centre.
                They may lie outside the mask.
            size: the brush's diameter in pixels.
            painted: True paints, False erases.

        Returns:
            what may have changed, or None when the brush missed the mask.
        """
        radius = max(size / 2, _MIN_RADIUS)
        length = hypot(end[0] - start[0], end[1] - start[1])
        pieces = max(1, ceil(length / max(2 * radius, _MIN_PIECE)))
        xs = np.linspace(start[0], end[0], pieces + 1).tolist()
        ys = np.linspace(start[1], end[1], pieces + 1).tolist()
        dirty: Dirty | None = None
        for a, b in pairwise(zip(xs, ys, strict=True)):
            touched = self._capsule(a, b, radius, painted)
            dirty = touched.united(dirty) if touched else dirty
        return dirty

    def _capsule(self, a: Point, b: Point, radius: float, painted: bool) -> Dirty | None:
        height, width = self.mask.shape
        left = max(0, floor(min(a[0], b[0]) - radius))
        top = max(0, floor(min(a[1], b[1]) - radius))
        right = min(width, ceil(max(a[0], b[0]) + radius))
        bottom = min(height, ceil(max(a[1], b[1]) + radius))
        if left >= right or top >= bottom:
            return None
        box = Dirty(left, top, right - left, bottom - top)
        ys, xs = np.ogrid[top:bottom, left:right]
        squared = _squared_distance(xs + 0.5, ys + 0.5, a, b)
        if self._cover is None:
            self.mask[box.slices][squared <= radius * radius] = painted
            return box
        way = hypot(b[0] - a[0], b[1] - a[1])
        rim = max(radius * (1 - self.hardness), _MIN_RADIUS)
        laid = np.clip((radius - np.sqrt(squared)) / rim, 0, 1) * (way / radius if way else 1.0)
        self._cover[box.slices] += laid
        self.mask[box.slices][self._cover[box.slices] >= 0.5] = painted
        return box


def _squared_distance(xs: np.ndarray, ys: np.ndarray, a: Point, b: Point) -> np.ndarray:
    """To the segment a–b, (H, W)."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    squared = dx * dx + dy * dy
    along = ((xs - a[0]) * dx + (ys - a[1]) * dy) / squared if squared > 0 else 0.0
    along = np.clip(along, 0.0, 1.0)
    return np.asarray((xs - a[0] - along * dx) ** 2 + (ys - a[1] - along * dy) ** 2)
