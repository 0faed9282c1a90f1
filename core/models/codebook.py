"""The codebook of VideoGPT's VQ-VAE: learnt as a moving average of what is assigned to each code.

arXiv 2104.10157, section 2.1; the authors' code where it is more exact. No gradient reaches it.
"""

from __future__ import annotations

from math import ceil

import torch
from torch import Tensor, nn

DECAY = 0.99
TINY = 1e-7
LEAST_COUNT = 1.0
"""A code whose moving count is below this is put on a random feature, at every training step."""
SCATTER = 0.01
"""Width of the noise on features that are repeated because there are fewer of them than codes."""


class Codebook(nn.Module):
    """`codebooks` tables of K codes; each codes its own share of the D channels.

    A place of the feature grid becomes one token per table. They stand side by side: features of
    (t, h, w) places give a token grid (t, h, w · codebooks).

    Attributes:
        codes: float (codebooks · K, D / codebooks), the tables one after the other.
        counts, sums: moving averages per code: how many features chose it, and their sum.
    """

    codes: Tensor
    counts: Tensor
    sums: Tensor

    def __init__(self, codebook_size: int, embedding_dim: int, codebooks: int = 1) -> None:
        super().__init__()
        self.size, self.tables = codebook_size, codebooks
        codes = torch.randn(codebooks * codebook_size, embedding_dim // codebooks)
        self.register_buffer("codes", codes)
        self.register_buffer("counts", torch.zeros(len(codes)))
        self.register_buffer("sums", codes.clone())

    @property
    def initialised(self) -> bool:
        """Whether codes were ever placed on features. It holds for a codebook that was loaded, so
        that training it further does not begin by wiping it."""
        return bool(self.counts.sum() > 0)

    def forward(self, features: Tensor) -> Tensor:
        """Float (b, D, t, h, w) → token grid int64 (b, t, h, w · codebooks); first of equals."""
        b, _, t, h, w = features.shape
        return self.assign(self.rows(features)).view(b, t, h, w * self.tables)

    def lookup(self, tokens: Tensor) -> Tensor:
        """Token grid (b, t, h, w · codebooks) of ids 0 … K-1 → codes (b, D, t, h, w)."""
        codes = self.codes[self._numbered(tokens)]
        places = codes.unflatten(3, (-1, self.tables)).flatten(4)
        return places.movedim(-1, 1)

    def rows(self, features: Tensor) -> Tensor:
        """Features (b, D, t, h, w) → (n, D / codebooks), in the order of their tokens."""
        return features.movedim(1, -1).reshape(-1, self.codes.shape[1])

    def assign(self, rows: Tensor) -> Tensor:
        """The nearest code of each row in its table: ids 0 … K-1, int64 (n,)."""
        shares = rows.to(self.codes.dtype).unflatten(0, (-1, self.tables)).transpose(0, 1)
        tables = self.codes.unflatten(0, (self.tables, -1))
        squared = shares.pow(2).sum(2, keepdim=True) + tables.pow(2).sum(2).unsqueeze(1)
        distances = torch.baddbmm(squared, shares, tables.transpose(1, 2), alpha=-2)
        return distances.argmin(2).transpose(0, 1).reshape(-1)

    def _numbered(self, tokens: Tensor) -> Tensor:
        """Ids 0 … K-1 of tokens in grid order → rows of `codes`."""
        table = torch.arange(tokens.shape[-1], device=tokens.device) % self.tables
        return tokens + table * self.size

    # ── learning ───────────────────────────────────────────────────────────────────────────────

    @torch.no_grad()
    def spares(self, rows: Tensor) -> Tensor:
        """For each code a random feature out of `rows` (n, D / codebooks), shaped as `codes`."""
        rows = rows.to(self.codes.dtype)
        return torch.cat([_some(share, self.size) for share in self._shares(rows)])

    @torch.no_grad()
    def tally(self, rows: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """How many features chose each code, and their sum, shaped as `counts` and `sums`.

        Args:
            rows: (n, D / codebooks); tokens: their codes, int64 (n,).
        """
        numbers = self._numbered(tokens.view(-1, self.tables)).flatten()
        counts = torch.bincount(numbers, minlength=len(self.codes)).to(self.counts)
        rows = rows.to(self.codes.dtype)
        return counts, torch.zeros_like(self.sums).index_add_(0, numbers, rows)

    @torch.no_grad()
    def initialise(self, spares: Tensor) -> None:
        """Puts all codes on random features; the first thing that a new codebook learns."""
        self.codes.copy_(spares)
        self.sums.copy_(spares)
        self.counts.fill_(1)

    @torch.no_grad()
    def follow(self, counts: Tensor, sums: Tensor, spares: Tensor) -> None:
        """Moves each code towards the mean of the features that chose it, by the moving averages,
        then puts the codes that are hardly ever chosen on random features. The averages of those
        stay as they are, so that they are moved again until they are chosen.

        Args:
            counts, sums: as of `tally`; spares: as of `spares`.
        """
        self.counts.mul_(DECAY).add_(counts, alpha=1 - DECAY)
        self.sums.mul_(DECAY).add_(sums, alpha=1 - DECAY)
        for table in range(self.tables):
            own = self._own(table)
            kept = self.counts[own]
            total = kept.sum()
            smoothed = (kept + TINY) / (total + self.size * TINY) * total
            moved = self.sums[own] / smoothed.unsqueeze(1)
            unused = (kept < LEAST_COUNT).unsqueeze(1)
            self.codes[own] = torch.where(unused, spares[own], moved)

    def _shares(self, rows: Tensor) -> list[Tensor]:
        """The rows of each table."""
        return [rows[table :: self.tables] for table in range(self.tables)]

    def _own(self, table: int) -> slice:
        return slice(table * self.size, (table + 1) * self.size)


def perplexity(tokens: Tensor, codebook_size: int) -> Tensor:
    """exp of the entropy of a batch's tokens: how many codes it uses, as it were."""
    counts = torch.bincount(tokens.flatten(), minlength=codebook_size).float()
    chance = counts / counts.sum()
    return torch.exp(-(chance * torch.log(chance + 1e-10)).sum())


def _some(rows: Tensor, count: int) -> Tensor:
    """`count` random rows, all different; repeated with a little noise when there are too few."""
    if len(rows) < count:
        repeated = rows.repeat(ceil(count / len(rows)), 1)
        rows = repeated + torch.randn_like(repeated) * SCATTER / rows.shape[1] ** 0.5
    return rows[torch.randperm(len(rows), device=rows.device)[:count]]
