"""Seconds of the parts of a job's work."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from core.requests import Timings

T = TypeVar("T")


class Clock:
    """Adds up the time of each part. What the receiver of an update does is not counted.

    Attributes:
        seconds: by the part's name; 0 for a part that there was not.
    """

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        begin = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] += time.perf_counter() - begin

    def each(self, name: str, items: Iterator[T]) -> Iterator[T]:
        """The items; the time that making them takes is the part's."""
        while True:
            with self.part(name):
                item = next(items, None)
            if item is None:
                return
            yield item

    def timings(self) -> Timings:
        return Timings(*(self.seconds[name] for name in Timings.__dataclass_fields__))
