"""Finite scalar quantiser (arXiv 2309.15505): every channel is rounded to a few levels.

The code is the tuple of its levels, so there is no codebook to learn, none that stays unused and
no loss of its own. An alternative to MAGVIT's quantiser, not part of it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

_EDGE = 1e-3
"""Share of the outermost half step that no feature reaches, so that rounding never leaves."""


class ScalarQuantizer(nn.Module):
    """Channels of `levels`[d] values each, evenly from -1 to 1; codes are numbered with the first
    channel changing fastest."""

    def __init__(self, levels: Sequence[int]) -> None:
        super().__init__()
        self.levels = tuple(levels)

    def bounded(self, features: Tensor) -> Tensor:
        """(…, D) → the same, squashed by tanh, in steps: a channel of L levels rounds to the
        integers from -(L // 2) to (L - 1) // 2."""
        levels = features.new_tensor(self.levels)
        half = (levels - 1) * (1 + _EDGE) / 2
        offset = (1 - levels % 2) / 2  # an even number of levels has its middle between two
        return (features + (offset / half).atanh()).tanh() * half - offset

    def rounded(self, features: Tensor) -> Tensor:
        """(…, D) → the nearest code (…, D) in [-1, 1]; its gradient is that of `bounded`."""
        steps = self.bounded(features)
        return (steps + (steps.round() - steps).detach()) / self._half_width(steps)

    def forward(self, features: Tensor) -> Tensor:
        """(b, D, t, h, w) → token grid int64 (b, t, h, w)."""
        steps = self.bounded(features.movedim(1, -1).float()).round()
        digits = (steps + self._half_width(steps)).long()
        return (digits * self._basis(digits)).sum(-1)

    def lookup(self, tokens: Tensor) -> Tensor:
        """Token grid (b, t, h, w) of ids 0 … K-1 → codes (b, D, t, h, w) in [-1, 1]."""
        levels = torch.tensor(self.levels, device=tokens.device)
        digits = tokens.unsqueeze(-1) // self._basis(tokens) % levels
        width = self._half_width(digits.float())
        return ((digits - width) / width).movedim(-1, 1)

    @property
    def codebook(self) -> Tensor:
        """All codes (K, D), on the CPU."""
        every = torch.arange(math.prod(self.levels)).view(1, -1, 1, 1)
        return self.lookup(every)[0, :, :, 0, 0].t().contiguous()

    def _half_width(self, like: Tensor) -> Tensor:
        return (like.new_tensor(self.levels) // 2).to(like.dtype)

    def _basis(self, like: Tensor) -> Tensor:
        smaller = [math.prod(self.levels[:channel]) for channel in range(len(self.levels))]
        return torch.tensor(smaller, device=like.device)
