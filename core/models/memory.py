"""Keys and values of the positions that a causal decode has passed, in all its layers.

They are allocated once and only those that exist are read. The slots of a channel lie side by side:
so both products of attention run along them, which is fastest for a single query. With full
attention the slot of a position is its number. With sparse attention the blocks of 32 tokens that
the current one sees are gathered side by side whenever they change, so that no other is read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import prod
from typing import NamedTuple

import torch
from torch import Tensor

from core.models.sparsity import BLOCK, layout


@dataclass(frozen=True)
class Sizes:
    """Of a memory.

    Attributes:
        head_width: channels d of a key or value of one head.
    """

    layers: int
    batch: int
    heads: int
    head_width: int
    grid: tuple[int, int, int]

    @property
    def length(self) -> int:
        return prod(self.grid)

    def zeros(self, slots: int, like: Tensor) -> Tensor:
        """(layers, 2, b, heads, d, slots), keys before values.

        Zeros, since what a mask hides must still be a number.
        """
        shape = (self.layers, 2, self.batch, self.heads, self.head_width, slots)
        return like.new_zeros(shape)


class View(NamedTuple):
    """What a pass over m positions sees of a memory, layer by layer.

    Attributes:
        store: puts new keys and values (2, b, heads, d, m) into their slots.
        keys, values: (b·heads, d, n) and (b·heads, n, d), of the slots that are read.
        hidden: (m, n), -∞ where a position does not see a slot and 0 elsewhere, to be added to
            scores; None when all are seen.
    """

    store: Sequence[Callable[[Tensor], Tensor]]
    keys: Sequence[Tensor]
    values: Sequence[Tensor]
    hidden: Tensor | None


class Memory:
    """For full attention.

    Attributes:
        widest: at most so many positions may be asked for at once.
        slots: how many positions there are slots for.
        bytes: what it takes of the device's memory.
    """

    widest = 256

    def __init__(self, sizes: Sizes, like: Tensor, slots: int | None = None) -> None:
        self.slots = slots or sizes.length
        self._cache = sizes.zeros(self.slots, like)
        self._fixed: tuple[int, Sequence[Tensor], Sequence[Tensor]] = (0, (), ())
        self._held = torch.arange(self.slots, device=like.device)
        """The position in each slot; a later one than any in an empty slot."""

    @property
    def bytes(self) -> int:
        return self._cache.nbytes

    def turn_to(self, first: int, count: int) -> int:
        """Makes ready for the positions first … first + count - 1; the slot of the first."""
        assert count <= self.widest
        return first

    def view(self, slot: int, positions: Tensor) -> View:
        """For consecutive positions (m,) in the slots from `slot` on."""
        m = len(positions)
        end = slot + m
        places = self._cache[..., slot:end].unbind(0)
        hidden = self._hidden(positions, end) if m > 1 else None
        return View([place.copy_ for place in places], *self._read(end), hidden)

    def fixed_view(self, slots: Tensor, positions: Tensor, end: int) -> View:
        """The same for slots (m,) that only the device knows, all of them below `end`.

        The n = end slots that are read are the same whatever the positions are.
        """
        store = [partial(cache.index_copy_, -1, slots) for cache in self._cache.unbind(0)]
        if self._fixed[0] != end:
            self._fixed = (end, *self._read(end))
        return View(store, *self._fixed[1:], self._hidden(positions, end))

    def _read(self, end: int) -> tuple[Sequence[Tensor], Sequence[Tensor]]:
        keys, values = self._cache[..., :end].flatten(2, 3).unbind(1)
        return keys.unbind(0), values.transpose(2, 3).unbind(0)

    def _hidden(self, positions: Tensor, end: int) -> Tensor:
        zero = self._cache.new_zeros(())
        return torch.where(self._seen(positions, end), zero, -torch.inf)

    def _seen(self, positions: Tensor, end: int) -> Tensor:
        """Bool (m, end)."""
        return self._held[:end] <= positions.unsqueeze(1)


class SparseMemory(Memory):
    """For sparse attention: everything is kept in blocks, of which some are at hand in slots."""

    widest = BLOCK

    def __init__(self, sizes: Sizes, like: Tensor) -> None:
        seen = layout(sizes.grid)
        self._blocks_seen = [set(row.nonzero().flatten().tolist()) for row in seen]
        most = max(len(self._union(row, row + 1)) for row in range(len(seen)))
        super().__init__(sizes, like, slots=most * BLOCK)
        self._kept = sizes.zeros(sizes.length, like).unflatten(-1, (-1, BLOCK))
        # One more column for empty slots, which hold a position behind the last.
        self._layout = torch.nn.functional.pad(seen, (0, 1)).to(like.device)
        self._held.fill_(sizes.length)
        self._at_hand: list[int] = []
        self._changed = 0  # blocks from this one on are newer in slots than where they are kept

    @property
    def bytes(self) -> int:
        return self._cache.nbytes + self._kept.nbytes

    def turn_to(self, first: int, count: int) -> int:
        assert count <= self.widest
        block, last = first // BLOCK, (first + count - 1) // BLOCK
        blocks = sorted(self._union(block, last))
        if blocks != self._at_hand:
            self._put_back()
            self._fetch(blocks)
            self._changed = block
        self._changed = min(self._changed, block)
        return self._slot(block) + first % BLOCK

    def _union(self, block: int, last: int) -> set[int]:
        return set().union(*self._blocks_seen[block : last + 1])

    def _slot(self, block: int) -> int:
        return self._at_hand.index(block) * BLOCK

    def _put_back(self) -> None:
        if self._at_hand:
            start, end = self._slot(self._changed), len(self._at_hand) * BLOCK
            written = self._cache[..., start:end].unflatten(-1, (-1, BLOCK))
            self._kept[..., self._changed : self._at_hand[-1] + 1, :] = written

    def _fetch(self, blocks: list[int]) -> None:
        end, device = len(blocks) * BLOCK, self._held.device
        numbers = torch.tensor(blocks, device=device)
        self._cache[..., :end] = self._kept.index_select(-2, numbers).flatten(-2)
        offsets = torch.arange(BLOCK, device=device)
        self._held[:end] = (numbers.unsqueeze(1) * BLOCK + offsets).flatten()
        self._held[end:] = self._layout.shape[0] * BLOCK
        self._at_hand = blocks

    def _seen(self, positions: Tensor, end: int) -> Tensor:
        seen = self._layout[positions // BLOCK][:, self._held[:end] // BLOCK]
        return seen & super()._seen(positions, end)
