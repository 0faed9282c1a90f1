"""What the steps of a training see, one step after the other.

An example depends on (seed, stream, step, index) alone, see `Examples`: so a run that was killed
goes on with the clips that it would have seen, and processes that share a batch see what one
process would.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Protocol

import torch
from torch import Tensor

from core.training.data import Footage

Batch = dict[str, Tensor]


class Examples(Protocol):
    """Makes the examples of a phase. It can be pickled, and needs neither a network nor a device.

    `index` counts over the whole batch of a step, of all processes together.
    """

    def count(self, step: int) -> int:
        """Size of the whole batch of 0-based step `step`."""
        ...

    def __call__(self, footage: Footage, step: int, index: int) -> Batch:
        """One example: tensors on the CPU without an axis for the batch."""
        ...


class Loader:
    """The batches of some steps, for one of several processes, in parts.

    Args:
        rank, world: which process this is, and how many share a batch.
        parts: pieces that this process's share is cut into, for gradients that are added up.

    Attributes:
        waited_s: seconds that the caller has waited for batches.
    """

    def __init__(
        self,
        footage: Footage,
        examples: Examples,
        steps: range,
        *,
        rank: int = 0,
        world: int = 1,
        parts: int = 1,
    ) -> None:
        self._footage, self._examples, self._steps = footage, examples, steps
        self._rank, self._world, self._parts = rank, world, parts
        self.waited_s = 0.0

    def __iter__(self) -> Iterator[list[Batch]]:
        for step in self._steps:
            begin = time.perf_counter()
            parts = [self._part(step, part) for part in range(self._parts)]
            self.waited_s += time.perf_counter() - begin
            yield parts

    def _part(self, step: int, part: int) -> Batch:
        size = self._examples.count(step) // (self._world * self._parts)
        first = (self._rank * self._parts + part) * size
        return stacked([self._examples(self._footage, step, first + i) for i in range(size)])


def stacked(examples: Sequence[Batch]) -> Batch:
    """Examples → a batch."""
    return {name: torch.stack([one[name] for one in examples]) for name in examples[0]}
