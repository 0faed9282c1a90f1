"""Shapes and edits of one mask: pure functions on bool (H, W); the given mask is never changed.

Points are (x, y) in pixels, (0, 0) being the corner of the first pixel; sizes are (width, height).
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from core.masks import Box, Mask, Runs

Picture = NDArray[np.uint8]
Point = tuple[float, float]

_SHIFT = 4  # OpenCV takes corners of polygons in 1/16 pixels
_SELECT_SIDE = 200  # longest side in pixels of the picture that GrabCut sees
_SELECT_ROUNDS = 3


# Drawn shapes


def rectangle(size: tuple[int, int], corner: Point, opposite: Point) -> Mask:
    """The pixels whose centres lie between two opposite corners."""
    xs, ys = _centres(size)
    (left, right), (top, bottom) = (sorted(side) for side in zip(corner, opposite, strict=True))
    return (ys >= top)[:, None] & (ys < bottom)[:, None] & (xs >= left) & (xs < right)


def ellipse(size: tuple[int, int], corner: Point, opposite: Point) -> Mask:
    """The pixels whose centres lie in the ellipse between two opposite corners; none where it has
    no width or no height."""
    if corner[0] == opposite[0] or corner[1] == opposite[1]:
        return np.zeros(size[::-1], bool)
    xs, ys = _centres(size)
    middle = [(a + b) / 2 for a, b in zip(corner, opposite, strict=True)]
    radii = [max(abs(a - b) / 2, 1e-6) for a, b in zip(corner, opposite, strict=True)]
    across, down = ((xs - middle[0]) / radii[0]) ** 2, ((ys - middle[1]) / radii[1]) ** 2
    return np.asarray(across + down[:, None] < 1)


def polygon(size: tuple[int, int], points: Sequence[Point]) -> Mask:
    """The pixels inside a closed outline, and those that the outline goes through."""
    mask = np.zeros(size[::-1], np.uint8)
    if len(points) >= 3:
        corners = np.round((np.array(points) - 0.5) * 2**_SHIFT).astype(np.int32)
        cv2.fillPoly(mask, [corners], 1, shift=_SHIFT)
    return mask.view(np.bool_)


# Edits


def grown(mask: Mask, pixels: float) -> Mask:
    """The mask with its border moved outward by so many pixels; inward where they are negative.

    A region that reaches the picture's border is open there: its border does not move.
    """
    box = Runs.of(mask).box(mask.shape[1])
    if box is None:
        return mask.copy()
    part = _enlarged(box, int(max(pixels, 0)) + 1, mask)
    moved = mask.copy()
    if pixels >= 0:
        moved[part] = _distance(~mask[part]) <= pixels
    else:
        moved[part] &= _distance(mask[part]) > -pixels
    return moved


def smoothed(mask: Mask, pixels: float) -> Mask:
    """The mask with a rounder border: what is thinner than about so many pixels goes."""
    box = Runs.of(mask).box(mask.shape[1])
    if box is None:
        return mask.copy()
    part, smooth = _enlarged(box, int(3 * pixels) + 1, mask), np.zeros_like(mask)
    soft = cv2.GaussianBlur(mask[part].astype(np.float32), (0, 0), max(pixels, 0.1))
    smooth[part] = soft >= 0.5
    return smooth


def without_holes(mask: Mask) -> Mask:
    """The mask with everything painted that it encloses."""
    padded = np.pad(mask, 1).astype(np.uint8)
    cv2.floodFill(padded, None, (0, 0), 2)
    return padded[1:-1, 1:-1] != 2


def poured(mask: Mask, point: Point, *, painted: bool = True) -> Mask:
    """The mask with the region around a point painted, as far as its border, or wiped out."""
    x, y = int(point[0]), int(point[1])
    height, width = mask.shape
    if not (0 <= x < width and 0 <= y < height) or mask[y, x] == painted:
        return mask.copy()
    flooded = mask.astype(np.uint8)
    cv2.floodFill(flooded, None, (x, y), int(painted))
    return flooded.view(np.bool_)


# From the picture


def wand(picture: Picture, point: Point, tolerance: int, *, contiguous: bool = True) -> Mask:
    """Where the picture has the colour that it has at a point.

    Args:
        picture: uint8 (H, W, 3).
        tolerance: by how much each of the three channels may differ, 0..255.
        contiguous: only what is connected with the point.
    """
    height, width = picture.shape[:2]
    x = min(max(int(point[0]), 0), width - 1)
    y = min(max(int(point[1]), 0), height - 1)
    colour = picture[y, x].astype(np.int32)
    lowest, highest = np.clip(colour - tolerance, 0, 255), np.clip(colour + tolerance, 0, 255)
    alike = cv2.inRange(picture, lowest.astype(np.float64), highest.astype(np.float64))
    if not contiguous:
        return np.asarray(alike > 0)
    cv2.floodFill(alike, None, (x, y), 1)
    return np.asarray(alike == 1)


def selected(picture: Picture, scribble: Mask) -> Mask:
    """The thing that a scribble lies on, found by its colours (GrabCut).

    Args:
        picture: uint8 (H, W, 3). scribble: bool (H, W), some of the thing's pixels.

    Returns:
        bool (H, W) with all of the scribble, connected with it.
    """
    height, width = scribble.shape
    box = Runs.of(scribble).box(width)
    if box is None:
        return scribble.copy()
    around = max(24, box[2] - box[0], box[3] - box[1]) // 2
    part = _enlarged(box, around, scribble)
    seen, hint = picture[part], scribble[part]
    scale = min(1.0, _SELECT_SIDE / max(hint.shape))
    reduced = (max(8, round(hint.shape[1] * scale)), max(8, round(hint.shape[0] * scale)))
    small = cv2.resize(seen, reduced, interpolation=cv2.INTER_AREA)
    sure = cv2.resize(hint.astype(np.float32), reduced, interpolation=cv2.INTER_AREA) > 0.3
    found = cv2.resize(_cut(small, sure).astype(np.float32), hint.shape[::-1]) >= 0.5
    whole = np.zeros((height, width), np.bool_)
    whole[part] = _touching(found | hint, hint)
    return whole


def _cut(picture: Picture, sure: Mask) -> Mask:
    """GrabCut: `sure` belongs to the thing, the rim of the picture does not."""
    labels = np.full(sure.shape, cv2.GC_PR_BGD, np.uint8)
    near = int(max(sure.shape) * 0.12)
    labels[_distance(~sure) <= near] = cv2.GC_PR_FGD
    rim = np.ones(sure.shape, np.bool_)
    rim[2:-2, 2:-2] = False
    labels[rim] = cv2.GC_BGD
    labels[sure] = cv2.GC_FGD
    if not rim[~sure].any() or not sure.any():
        return sure
    cv2.setRNGSeed(0)  # equal scribbles select equal things
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(picture, labels, None, *models, _SELECT_ROUNDS, cv2.GC_INIT_WITH_MASK)
    return np.asarray((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD))


def _touching(mask: Mask, seeds: Mask) -> Mask:
    """The connected parts of a mask that hold a seed."""
    _, parts = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)
    held = np.unique(parts[seeds & mask])
    return np.isin(parts, held) & mask


def _centres(size: tuple[int, int]) -> tuple[NDArray, NDArray]:
    return np.arange(size[0]) + 0.5, np.arange(size[1]) + 0.5


def _distance(mask: Mask) -> NDArray[np.float32]:
    """How far each pixel is from the nearest one outside of `mask`; 0 there."""
    if mask.all():
        return np.full(mask.shape, np.inf, np.float32)
    found = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(found, np.float32)


def _enlarged(box: Box, by: int, mask: Mask) -> tuple[slice, slice]:
    """The box and so many pixels around it, as an index of the mask."""
    left, top, right, bottom = box
    rows = slice(max(0, top - by), min(mask.shape[0], bottom + by))
    return rows, slice(max(0, left - by), min(mask.shape[1], right + by))
