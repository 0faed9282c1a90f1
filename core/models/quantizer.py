"""Vector quantiser of the MAGVIT tokenizer: nearest codebook entry by Euclidean distance."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class VectorQuantizer(nn.Module):
    """A trainable codebook (K, D); no moving average, no restarts, no normalisation.

    Training losses live in `core.training.losses`; this module only looks codes up.
    """

    def __init__(self, codebook_size: int, embedding_dim: int) -> None:
        super().__init__()
        bound = math.sqrt(3 / codebook_size)  # variance scaling with fan-in K
        self.codebook = nn.Parameter(
            torch.empty(codebook_size, embedding_dim).uniform_(-bound, bound)
        )

    def distances(self, features: Tensor) -> Tensor:
        """Squared distances (n, K) of features (n, D) to every code, in float32."""
        features, codebook = features.float(), self.codebook.float()
        squared = features.pow(2).sum(1, keepdim=True) + codebook.pow(2).sum(1)
        return torch.addmm(squared, features, codebook.t(), alpha=-2)

    def forward(self, features: Tensor) -> Tensor:
        """(b, D, t, h, w) → token grid int64 (b, t, h, w); the first of equal codes wins."""
        b, d, t, h, w = features.shape
        rows = features.movedim(1, -1).reshape(-1, d)
        return self.distances(rows).argmin(1).view(b, t, h, w)

    def lookup(self, tokens: Tensor) -> Tensor:
        """Token grid (b, t, h, w) of ids 0 … K-1 → codebook rows (b, D, t, h, w)."""
        return self.codebook[tokens].movedim(-1, 1)
