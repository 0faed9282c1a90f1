"""A result longer than the model's clips: windows, each going on from the end of the one before."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Windows:
    """Where each window lies in the result, in frames.

    Attributes:
        frames: of one window.
        overlap: first frames of a further window that are the last of the one before.
        length: of the result. The last window may reach beyond it; what does is left out.
    """

    frames: int
    overlap: int
    length: int

    def __len__(self) -> int:
        return 1 + max(0, math.ceil((self.length - self.frames) / (self.frames - self.overlap)))

    def first(self, number: int) -> int:
        """The frame of the result that a window begins with."""
        return number * (self.frames - self.overlap)

    def fresh(self, number: int) -> slice:
        """Those frames of a window that no earlier one has brought, counted in the window."""
        return slice(
            self.overlap if number else 0, min(self.frames, self.length - self.first(number))
        )


def least_overlap(stride: int, context_frames: int) -> int:
    """Whole token frames, at least one, that hold the frames a transformer looks at."""
    return max(math.ceil(context_frames / stride), 1) * stride


def usual_overlap(frames: int, stride: int, context_frames: int) -> int:
    """Half a window in whole token frames, or the least that does."""
    return max(frames // 2 // stride * stride, least_overlap(stride, context_frames))


def window_seeds(seeds: Sequence[int], number: int) -> tuple[int, ...]:
    """Of the noise of a window: the request's for the first, others for each further one."""
    if number == 0:
        return tuple(seeds)
    return tuple(
        int(np.random.SeedSequence([seed, number]).generate_state(1, np.uint64)[0])
        for seed in seeds
    )
