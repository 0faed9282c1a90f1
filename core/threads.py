"""How many threads: measured while the work goes on, since other processes come and go.

A decode of one clip is thousands of small operations. Two threads that wait for each other after
every one of them gain a little on idle cores; where another process takes one of the cores away in
between, they lose by a factor of ten.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import torch

AGAIN_S = 1.0
"""The other number of threads gets its next chance after so many seconds."""
WINS = 3
"""It takes over when it was faster so many times running."""

T = TypeVar("T")


class Threads:
    """Calls a repeated piece of work with one thread or with all, whichever is faster just now.

    Outside these calls torch keeps the number of threads that it had.

    Args:
        clock: seconds from any start.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._best, self._other = 1, torch.get_num_threads()
        self._wins = 0
        self._next_trial = clock()
        self._to_beat: float | None = None  # seconds of the best number in this trial

    def __call__(self, work: Callable[[], T]) -> T:
        if self._best == self._other:
            return work()
        if self._to_beat is not None:
            result, seconds = self._timed(self._other, work)
            self._judge(seconds)
            return result
        result, seconds = self._timed(self._best, work)
        if self._clock() >= self._next_trial:
            self._to_beat = seconds
        return result

    def _judge(self, seconds: float) -> None:
        """The other number has had its turn against the best one's before."""
        assert self._to_beat is not None
        self._wins = self._wins + 1 if seconds < self._to_beat else 0
        self._to_beat = None
        if self._wins == WINS:
            self._best, self._other = self._other, self._best
            self._wins = 0
        if not self._wins:
            self._next_trial = self._clock() + AGAIN_S

    def _timed(self, threads: int, work: Callable[[], T]) -> tuple[T, float]:
        before = torch.get_num_threads()
        torch.set_num_threads(threads)
        try:
            begin = self._clock()
            result = work()
            return result, self._clock() - begin
        finally:
            torch.set_num_threads(before)
