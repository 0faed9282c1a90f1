"""Random painted regions for training: what people paint, roughly.

A region is bool (T, H, W), True = to be generated: a box, brush strokes, or a shape that moves.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Region = NDArray[np.bool_]
Shape = tuple[int, int, int]


def random_region(rng: np.random.Generator, shape: Shape) -> Region:
    """A region over (T, H, W) that holds a painted pixel and an unpainted one.

    One in four regions covers only a part of the frames.
    """
    kind: Callable[[np.random.Generator, Shape], Region] = rng.choice(
        np.array([still_box, brush_strokes, moving_shape], dtype=object)
    )
    region = kind(rng, shape)
    if shape[0] > 1 and rng.random() < 0.25:
        first, last = np.sort(rng.choice(shape[0] + 1, 2, replace=False))
        region[:first], region[last:] = False, False
    if not region.any():
        region[tuple(rng.integers(0, shape))] = True
    if region.all():
        region[:, :, 0] = False
    return region


def still_box(rng: np.random.Generator, shape: Shape) -> Region:
    """The same box on every frame, a fifth to four fifths of the picture wide and high."""
    _, height, width = shape
    sides = [max(1, round(size * rng.uniform(0.2, 0.8))) for size in (height, width)]
    top = int(rng.integers(0, height - sides[0] + 1))
    left = int(rng.integers(0, width - sides[1] + 1))
    region = np.zeros(shape, bool)
    region[:, top : top + sides[0], left : left + sides[1]] = True
    return region


def brush_strokes(rng: np.random.Generator, shape: Shape) -> Region:
    """One to three thick curved lines, the same on every frame."""
    frames, height, width = shape
    picture = np.zeros((height, width), np.uint8)
    for _ in range(rng.integers(1, 4)):
        thickness = max(1, round(min(height, width) * rng.uniform(0.08, 0.3)))
        points = _walk(rng, count=6, step=0.25) * (width - 1, height - 1)
        line = points.round().astype(np.int32)[:, None]
        cv2.polylines(picture, [line], isClosed=False, color=1, thickness=thickness)
    return np.repeat(picture[None] > 0, frames, axis=0)


def moving_shape(rng: np.random.Generator, shape: Shape) -> Region:
    """An ellipse or a box that moves on a line and changes its size a little."""
    frames, height, width = shape
    start, end = rng.uniform(0.1, 0.9, (2, 2))
    radius = rng.uniform(0.1, 0.35, 2)
    growth = rng.uniform(0.7, 1.4)
    exponent = rng.choice([2, 40])  # of the norm whose ball the shape is: an ellipse, a box
    rows, columns = np.mgrid[0:height, 0:width] / np.array([height, width])[:, None, None]
    region = np.zeros(shape, bool)
    for frame, share in enumerate(np.linspace(0, 1, frames)):
        (y, x), (ry, rx) = start + share * (end - start), radius * growth**share
        distance = (np.abs(rows - y) / ry) ** exponent + (np.abs(columns - x) / rx) ** exponent
        region[frame] = distance <= 1
    return region


def _walk(rng: np.random.Generator, count: int, step: float) -> NDArray[np.float64]:
    """Points (count, 2) in [0, 1]² that wander with a direction that turns slowly."""
    angle = rng.uniform(0, 2 * np.pi) + np.cumsum(rng.normal(0, 0.6, count))
    steps = step * rng.uniform(0.4, 1, count)[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
    return np.clip(rng.uniform(0, 1, 2) + np.cumsum(steps, axis=0), 0, 1)
