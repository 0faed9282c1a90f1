"""A result longer than the model's clips: windows, each going on from the end of the one before."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


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


def cross_faded(windows: Sequence[NDArray], overlap: int) -> NDArray:
    """Windows (T, …) that overlap by so many frames as one video, without seams (MAGVIT's code).

    In the frames that two windows share the later one's weight rises from 0 by 1 / overlap a
    frame. Pixels fade, and so do the features before a decoder's last convolution.

    Raises:
        ValueError: they overlap by more than half a window, so that three would meet.
    """
    if not 0 <= overlap <= len(windows[0]) // 2:
        raise ValueError(f"windows of {len(windows[0])} frames cannot overlap by {overlap}")
    weight = np.arange(overlap).reshape(-1, *[1] * (windows[0].ndim - 1)) / max(overlap, 1)
    parts = [windows[0]]
    for window in windows[1:]:
        shared = parts[-1][len(parts[-1]) - overlap :]
        parts[-1] = parts[-1][: len(parts[-1]) - overlap]
        parts += [shared * (1 - weight) + window[:overlap] * weight, window[overlap:]]
    return np.concatenate(parts)


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
