"""What the steps of a training see, one step after the other.

An example depends on (seed, stream, step, index) alone, see `Examples`: so a run that was killed
goes on with the clips that it would have seen, processes that share a batch see what one process
would, and it does not matter who makes an example. With workers, other processes decode the next
steps while this one computes.
"""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Protocol

import cv2
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from core.errors import UserError
from core.training.data import Footage

Batch = dict[str, Tensor]

AHEAD = 2
"""Steps that each worker makes ahead of the one that is asked for."""


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

    Workers end when the iterator is closed or forgotten, and when this process dies. Each holds
    as much footage decoded as `footage` allows. A process that may have no children, as the
    engine's, does without them.

    Args:
        rank, world: which process this is, and how many share a batch.
        parts: pieces that this process's share is cut into, for gradients that are added up.
        workers: processes that make batches ahead; 0 makes each when it is asked for.

    Attributes:
        waited_s: seconds that the caller has waited for batches.

    Raises:
        UserError: a step's batch cannot be shared evenly; while iterating, the footage cannot be
            used or a worker was killed.
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
        workers: int = 0,
    ) -> None:
        for count in sorted({examples.count(step) for step in steps}):
            if count % (world * parts):
                raise UserError(
                    f"A batch of {count} cannot be shared by {world} processes in {parts} parts "
                    "each. Choose a batch that divides by both, or fewer parts."
                )
        self._footage, self._steps = footage, steps
        self._share = _Share(footage, examples, rank, world, parts)
        self._workers = 0 if multiprocessing.current_process().daemon else workers
        self.waited_s = 0.0

    def __iter__(self) -> Iterator[list[Batch]]:
        loaded = iter(self._loading())
        try:
            while (made := self._timed(loaded)) is not None:
                self._footage.skipped |= made.skipped
                if made.problem:
                    raise UserError(made.problem)
                yield made.parts
        finally:
            del loaded  # its workers end

    def _loading(self) -> DataLoader:
        ahead = AHEAD if self._workers else None
        return DataLoader(
            self._share,
            batch_size=None,
            sampler=self._steps,
            num_workers=self._workers,
            prefetch_factor=ahead,
            worker_init_fn=_quiet if self._workers else None,
            multiprocessing_context="spawn" if self._workers else None,
            generator=torch.Generator(),  # else it would draw from the one of the training
        )

    def _timed(self, loaded: Iterator[_Made]) -> _Made | None:
        begin = time.perf_counter()
        try:
            return next(loaded, None)
        except RuntimeError as error:
            if "worker" not in str(error):
                raise
            raise UserError(
                f"A worker that decodes footage was killed: {error} Usually memory is short, or "
                "in a container /dev/shm is small: enlarge it (docker run --shm-size=2g), or set "
                "fewer workers in the recipe; workers = 0 needs none."
            ) from error
        finally:
            self.waited_s += time.perf_counter() - begin


@dataclass(frozen=True, eq=False)
class _Made:
    """A step's share as it comes back from a worker: its parts, or why there are none."""

    parts: list[Batch] = field(default_factory=list)
    problem: str = ""
    skipped: dict[str, str] = field(default_factory=dict)


class _Share(Dataset[_Made]):
    """What one process sees of a step, by the step's number."""

    def __init__(
        self, footage: Footage, examples: Examples, rank: int, world: int, parts: int
    ) -> None:
        self._footage, self._examples = footage, examples
        self._rank, self._world, self._parts = rank, world, parts
        self._told = len(footage.skipped)

    def __getitem__(self, step: int) -> _Made:
        try:
            parts = [self._part(step, part) for part in range(self._parts)]
        except UserError as error:
            return _Made(problem=str(error), skipped=self._news())
        return _Made(parts, skipped=self._news())

    def _news(self) -> dict[str, str]:
        """Videos that were found to be damaged since the last time."""
        news = dict(islice(self._footage.skipped.items(), self._told, None))
        self._told += len(news)
        return news

    def _part(self, step: int, part: int) -> Batch:
        size = self._examples.count(step) // (self._world * self._parts)
        first = (self._rank * self._parts + part) * size
        return stacked([self._examples(self._footage, step, first + i) for i in range(size)])


def _quiet(worker: int) -> None:  # noqa: ARG001 - the number of the worker
    """A worker leaves the other cores alone, and stopping to the process that it works for."""
    cv2.setNumThreads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def stacked(examples: Sequence[Batch]) -> Batch:
    """Examples → a batch."""
    return {name: torch.stack([one[name] for one in examples]) for name in examples[0]}
