"""A clip as the user sees it: frames and a rate."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

Frames = NDArray[np.uint8]
"""uint8 (T, H, W, 3), RGB, 0..255."""


@dataclass(frozen=True, eq=False)
class Clip:
    """Frames held in memory.

    Attributes:
        frames: uint8 (T, H, W, 3), RGB.
        rate: frames per second, above zero.

    Raises:
        ValueError: `frames` has another shape or type, or is empty; `rate` is not above zero.
    """

    frames: Frames
    rate: Fraction

    def __post_init__(self) -> None:
        if self.frames.dtype != np.uint8 or self.frames.ndim != 4 or self.frames.shape[-1] != 3:
            raise ValueError(
                f"a clip holds uint8 (T, H, W, 3), not {self.frames.dtype} {self.frames.shape}"
            )
        if self.frames.size == 0:
            raise ValueError(f"a clip holds at least one pixel, not {self.frames.shape}")
        if self.rate <= 0:
            raise ValueError(f"a clip's rate is above zero, not {self.rate}")

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.frames.shape[2], self.frames.shape[1]

    def __len__(self) -> int:
        return self.frames.shape[0]
