"""From one painted shape to another: what lies between two key frames."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Shape = NDArray[np.bool_]


class Morph:
    """The shapes between two masks of one size.

    Both are laid over each other by their centroids and blended by signed distance (positive
    inside), so that a shape changes evenly and travels as a whole, also where the two do not
    overlap.

    Args:
        start, end: bool (H, W), each with a painted pixel.
    """

    def __init__(self, start: Shape, end: Shape) -> None:
        self._size = start.shape
        self._start, self._end = _centroid(start), _centroid(end)
        reach = max(_reach(start, self._start), _reach(end, self._end)) + 1
        self._reach = reach
        self._from = _signed_distance(_around(start, self._start, reach))
        self._to = _signed_distance(_around(end, self._end, reach))

    def at(self, share: float) -> Shape:
        """The shape at `share` of the way, bool (H, W): 0 is the start, 1 the end."""
        x = round(self._start[0] + share * (self._end[0] - self._start[0]))
        y = round(self._start[1] + share * (self._end[1] - self._start[1]))
        shape = (1 - share) * self._from + share * self._to > 0
        whole = np.zeros(self._size, np.bool_)
        _around(whole, (x, y), self._reach, paste=shape)
        return whole


def _centroid(mask: Shape) -> tuple[int, int]:
    rows, columns = np.nonzero(mask)
    return round(float(columns.mean())), round(float(rows.mean()))


def _reach(mask: Shape, centre: tuple[int, int]) -> int:
    """The largest distance of a painted pixel from the centre, along an axis."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    x, y = centre
    return int(max(x - columns[0], columns[-1] - x, y - rows[0], rows[-1] - y))


def _around(mask: Shape, centre: tuple[int, int], reach: int, paste: Shape | None = None) -> Shape:
    """The square around a centre, bool (2·reach + 1)²; nothing is painted outside the picture.

    `paste` is put there instead, in place.
    """
    side = 2 * reach + 1
    left, top = centre[0] - reach, centre[1] - reach
    height, width = mask.shape
    rows, columns = slice(max(0, top), top + side), slice(max(0, left), left + side)
    inside = (
        slice(max(0, -top), min(side, height - top)),
        slice(max(0, -left), min(side, width - left)),
    )
    if paste is not None:
        mask[rows, columns] = paste[inside]
        return mask
    square = np.zeros((side, side), np.bool_)
    square[inside] = mask[rows, columns]
    return square


def _signed_distance(mask: Shape) -> NDArray[np.float32]:
    inside = cv2.distanceTransform(mask.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    outside = cv2.distanceTransform((~mask).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(inside - outside, np.float32)
