"""A result longer than the model's clips: windows, each going on from the end of the one before.

A causal model is given the last tokens of the window before, which are the first of its own: they
are the same, and so are their pixels. A masked model is given the last frames of the window before
as if the user had filmed them; as it decides its whole clip at once, it shows them a little
different, and so one window fades into the next.
"""

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
        faded: whether the frames of an overlap are of both windows; else of the earlier alone.
    """

    frames: int
    overlap: int
    length: int
    faded: bool = False

    def __len__(self) -> int:
        return 1 + max(0, math.ceil((self.length - self.frames) / (self.frames - self.overlap)))

    def first(self, number: int) -> int:
        """The frame of the result that a window begins with."""
        return number * (self.frames - self.overlap)

    def seeds(self, given: Sequence[int], number: int) -> tuple[int, ...]:
        """Of the noise of a window, from the request's.

        Windows that fade have all the same noise: what they show then differs less. One that goes
        on from given tokens has its own, or it would say the same again.
        """
        return tuple(given) if self.faded else window_seeds(given, number)

    def fresh(self, number: int) -> slice:
        """Those frames of a window that change no more once it is decoded, and that no earlier
        window has brought; counted in the window."""
        end = min(self.frames, self.length - self.first(number))
        if not self.faded:
            return slice(self.overlap if number else 0, end)
        return slice(0, end if number + 1 == len(self) else self.frames - self.overlap)


@dataclass(frozen=True)
class Overlaps:
    """By how many frames windows of a model may overlap.

    Attributes:
        usual: if nothing else is said.
        stride: all are multiples of it: whole token frames.
    """

    least: int
    usual: int
    most: int
    stride: int

    @property
    def possible(self) -> bool:
        """Whether the model can go on from its own end at all."""
        return self.least <= self.most

    def nearest(self, wanted: int) -> int:
        """The overlap that comes nearest to a wish; 0 wishes for the usual one."""
        whole = wanted // self.stride * self.stride or self.usual
        return min(max(whole, self.least), self.most)


def overlaps(frames: int, stride: int, context_frames: int, *, causal: bool) -> Overlaps:
    """Of a model with so many frames a clip and a token, that looks at so many first frames.

    Of a masked model's windows no three meet, so at most half of them overlaps.
    """
    half = frames // 2 // stride * stride
    if causal:
        least, most = least_overlap(stride, context_frames), frames - stride
        return Overlaps(least, min(max(half, least), most), most, stride)
    return Overlaps(stride, half, half, stride)


def least_overlap(stride: int, context_frames: int) -> int:
    """Whole token frames, at least one, that hold the frames a transformer looks at."""
    return max(math.ceil(context_frames / stride), 1) * stride


def cross_faded(windows: Sequence[NDArray], overlap: int) -> NDArray:
    """Windows (T, …) that overlap by so many frames as one video, without seams (MAGVIT's code).

    Pixels fade, and so do the features before a decoder's last convolution.

    Raises:
        ValueError: they overlap by more than half a window, so that three would meet.
    """
    if not 0 <= overlap <= len(windows[0]) // 2:
        raise ValueError(f"windows of {len(windows[0])} frames cannot overlap by {overlap}")
    parts = [windows[0]]
    for window in windows[1:]:
        end = len(parts[-1]) - overlap
        shared, parts[-1] = parts[-1][end:], parts[-1][:end]
        parts.append(faded_in(shared, window))
    return np.concatenate(parts)


def faded_in(before: NDArray, window: NDArray) -> NDArray:
    """A window (T, …) whose first frames fade from those before it, (n, …), into its own.

    In frame k of these n the window's own weight is k / n. Of integers a rounded one.
    """
    count = len(before)
    weight = np.arange(count).reshape(-1, *[1] * (window.ndim - 1)) / max(count, 1)
    shared = before * (1 - weight) + window[:count] * weight
    if np.issubdtype(window.dtype, np.integer):
        shared = np.round(shared).astype(window.dtype)
    return np.concatenate([shared, window[count:]])


def window_seeds(seeds: Sequence[int], number: int) -> tuple[int, ...]:
    """The given seeds for the first window, others for each further one."""
    if number == 0:
        return tuple(seeds)
    return tuple(
        int(np.random.SeedSequence([seed, number]).generate_state(1, np.uint64)[0])
        for seed in seeds
    )
