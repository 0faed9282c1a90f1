"""Pixels of decode steps: of the last exactly, of those before as well as time allows."""

from __future__ import annotations

import math
import time

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.device import fast_dtype
from core.jobs.clock import Clock
from core.jobs.preview_pace import EVERY_S, share
from core.models.tokenizers import Tokenizer
from core.pixels import to_frames
from core.tokens import DecodeStep


class Previews:
    """Clips of decode steps, throttled.

    Args:
        causal: are frames decided from the first on? Only those that were begun are then shown;
            the last of them stands where there are none yet.
        watched: without it, there are pixels of last steps only.
    """

    def __init__(
        self, tokenizer: Tokenizer, clock: Clock, *, causal: bool, watched: bool = True
    ) -> None:
        self._tokenizer, self._clock, self._causal = tokenizer, clock, causal
        self._pause = 1 / share(causal=causal) - 1
        # time.perf_counter() of the earliest next preview
        self._next = 0.0 if watched else math.inf

    def of(self, step: DecodeStep) -> NDArray[np.uint8] | None:
        """Uint8 (b, T, H, W, 3); None when the last preview is too recent, or, in a causal decode,
        while the first frame is not whole. The last step's is exact."""
        if step.last:
            return self.exact(step.tokens)
        if time.perf_counter() < self._next or (self._causal and step.masked[:, 0].any()):
            return None
        begin = time.perf_counter()
        clips = self._rough(step)
        end = time.perf_counter()
        self._next = max(begin + EVERY_S, end + (end - begin) * self._pause)
        return clips

    def exact(self, tokens: Tensor) -> NDArray[np.uint8]:
        """Int64 (b, t, h, w) → uint8 (b, T, H, W, 3)."""
        with self._clock.part("decode"):
            return self._pixels(tokens)

    def _rough(self, step: DecodeStep) -> NDArray[np.uint8]:
        """In the device's fast format: good enough to look at."""
        tokens = begun(step.tokens, step.masked) if self._causal else step.tokens
        dtype, device = fast_dtype(tokens.device), tokens.device.type
        with (
            self._clock.part("decode"),
            torch.autocast(device, dtype, enabled=dtype != torch.float32),
        ):
            clips = self._pixels(tokens)
        missing = (step.tokens.shape[1] - tokens.shape[1]) * self._tokenizer.stride[0]
        return np.concatenate([clips, np.repeat(clips[:, -1:], missing, axis=1)], axis=1)

    def _pixels(self, tokens: Tensor) -> NDArray[np.uint8]:
        """Clip by clip, so that memory does not grow with the number of variations."""
        videos = (self._tokenizer.decode(grid) for grid in tokens.split(1))
        return np.concatenate([to_frames(video) for video in videos])


def begun(tokens: Tensor, masked: Tensor) -> Tensor:
    """Tokens (b, n, h, w) of the token frames up to the last of which any is decided.

    Where one is undecided stands the newest decided token of its place in an earlier frame.
    """
    decided = ~masked
    count = int(decided.any(dim=(0, 2, 3)).nonzero().max()) + 1
    decided = decided[:, :count]
    frames = torch.arange(count, device=decided.device).view(-1, 1, 1)
    newest = torch.where(decided, frames, 0).cummax(dim=1).values
    return tokens[:, :count].gather(1, newest)
