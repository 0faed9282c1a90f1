"""Decoding in an order that is fixed in advance and spreads evenly: the Halton sequence.

Halton scheduler, arXiv 2503.17076: each step decides the next places of a low-discrepancy sequence,
whatever the model is sure of, so that places decided together are far apart and know little of
each other. Here in three dimensions, or in two dimensions on each latent frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import prod

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.decoders import DECODERS
from core.decoders.passes import MaskedDecoder, Rule
from core.options import option
from core.sampling import Noise, uniform
from core.tokens import Condition

BASES = (5, 2, 3)
"""Of the axes t, h, w: the smallest primes where the grid is finest."""
OFFSETS_DRAW = 1 << 32
"""Number of the draw that moves a sample's order; no step ever draws so often."""
Grid = tuple[int, int, int]


@DECODERS.register("halton")
@dataclass(frozen=True)
class Halton(MaskedDecoder):
    """Given tokens start as hints, like COMMIT's, and are drawn again in their turn. Each variation
    begins elsewhere in the order."""

    label = "Halton order"

    order: str = option(
        "2d",
        label="Order",
        choices=("2d", "3d"),
        help="2d spreads over the picture, each latent frame shifted; 3d over space and time.",
    )

    def _rule(self, condition: Condition, rng: Noise) -> Rule:
        ranks = self._ranks(condition, rng)
        return Rule(self._left(condition, ranks), lambda _done: -ranks.float())

    def _left(self, condition: Condition, ranks: Tensor) -> Tensor:
        """How many are masked after each step, int64 (steps, b): the last of the order are,
        without those that never were."""
        counts = self._counts(torch.ones_like(condition.given))[..., None]
        late = ranks.flatten(1) >= ranks[0].numel() - counts
        return (late & self._masked_at_start(condition).flatten(1)).sum(-1)

    def _ranks(self, condition: Condition, rng: Noise) -> Tensor:
        """When each place's turn comes: int64 (b, t, h, w)."""
        b, t, h, w = condition.shape
        ranks = halton_ranks_2d if self.order == "2d" else halton_ranks_3d
        one = torch.from_numpy(ranks((t, h, w))).to(condition.tokens.device)
        return rolled(one, uniform(rng.gumbel_of(OFFSETS_DRAW, (b, 3))))


def rolled(ranks: Tensor, shares: Tensor) -> Tensor:
    """(t, h, w) → (b, t, h, w): each sample's moved around the edges by `shares` (b, 3) of the
    axes."""
    moved = ranks.expand(len(shares), *ranks.shape)
    for axis, size in enumerate(ranks.shape, start=1):
        offset = (shares[:, axis - 1] * size).long().clamp(max=size - 1)
        index = (torch.arange(size, device=ranks.device) + offset.unsqueeze(1)) % size
        shape = [len(shares), 1, 1, 1]
        shape[axis] = size
        moved = moved.gather(axis, index.view(shape).expand(moved.shape))
    return moved


@lru_cache(maxsize=8)
def halton_ranks_3d(grid: Grid) -> NDArray[np.int64]:
    """The rank of every place of a grid (t, h, w) in the 3D sequence: each number once."""
    return _ranks(grid, BASES)


@lru_cache(maxsize=8)
def halton_ranks_2d(grid: Grid) -> NDArray[np.int64]:
    """The rank of every place: the frames take turns, each in the 2D order moved by another share
    of the picture, so that a place is not decided in all frames at once."""
    t, h, w = grid
    plane = _ranks((h, w), BASES[1:])
    frames = [np.roll(plane, (inverse_in(h, k, 2), inverse_in(w, k, 3)), (0, 1)) for k in range(t)]
    return np.stack(frames) * t + np.arange(t)[:, None, None]


def _ranks(sizes: tuple[int, ...], bases: tuple[int, ...]) -> NDArray[np.int64]:
    """Order of first visits of the cells by the Halton sequence of these bases."""
    total = prod(sizes)
    ranks = np.full(sizes, -1, np.int64)
    found = number = 0
    while found < total:
        cell = tuple(
            inverse_in(size, number, base) for size, base in zip(sizes, bases, strict=True)
        )
        if ranks[cell] < 0:
            ranks[cell] = found
            found += 1
        number += 1
    return ranks


def inverse_in(size: int, number: int, base: int) -> int:
    """Where a number falls among `size` cells: its digits in the base, mirrored behind the point,
    are a share in [0, 1) of them. In whole numbers, so that no rounding moves a cell."""
    share, whole = 0, 1
    while number:
        number, digit = divmod(number, base)
        share, whole = share * base + digit, whole * base
    return size * share // whole
