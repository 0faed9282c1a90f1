"""Learnt positions of VideoGPT's transformer and of its frame features: one table per axis."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

START_STD = 0.01


class Positions(nn.Module):
    """Tables of t, h and w, each for its share of the channels: concatenated, not summed.

    The authors' widths divide by three. Where one does not, the first tables are one wider.
    """

    def __init__(self, grid: tuple[int, int, int], width: int) -> None:
        super().__init__()
        shares = [len(share) for share in np.array_split(np.arange(width), 3)]
        self.t, self.h, self.w = (
            nn.Parameter(torch.empty(length, share).normal_(std=START_STD))
            for length, share in zip(grid, shares, strict=True)
        )

    def forward(self) -> Tensor:
        """(t, h, w, width)."""
        t, h, w = len(self.t), len(self.h), len(self.w)
        tables = (
            self.t[:, None, None].expand(-1, h, w, -1),
            self.h[None, :, None].expand(t, -1, w, -1),
            self.w[None, None].expand(t, h, -1, -1),
        )
        return torch.cat(tables, dim=-1)
