"""A small clip that a test makes for itself: a bright square that moves over a still picture."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.media.writing import write_clip


def moving_square(frames: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Uint8 (frames, height, width, 3) of `size` (width, height)."""
    width, height = size
    picture = np.random.default_rng(0).integers(40, 200, (height, width, 3), np.uint8)
    clip = np.repeat(picture[None], frames, 0)
    for number, frame in enumerate(clip):
        left = 2 * number % (width - 8)
        frame[4:12, left : left + 8] = (250, 240, 30)
    return clip


def write_lossless(
    path: Path, frames: int = 6, size: tuple[int, int] = (48, 32), rate: Fraction = Fraction(10)
) -> Path:
    """Writes such a clip to `path` (.mkv) bit for bit and returns the path."""
    for _ in write_clip(moving_square(frames, size), path, writer="ffv1", rate=rate):
        continue
    return path
