"""Small lossless clips for tests of the studio."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np

from core.media.writing import write_clip

RATE = Fraction(25)


def numbered(frames: int, width: int = 64, height: int = 48) -> np.ndarray:
    """Frames (T, H, W, 3) of one grey each: frame k has the level 5 · k."""
    levels = (5 * np.arange(frames)).astype(np.uint8)
    return np.broadcast_to(levels[:, None, None, None], (frames, height, width, 3)).copy()


def write_numbered(path: Path, frames: int = 20, width: int = 64, height: int = 48) -> Path:
    """A lossless file of `numbered` frames."""
    for _count in write_clip(numbered(frames, width, height), path, writer="ffv1", rate=RATE):
        pass
    return path
