"""A cache that forgets what was used longest ago, bounded in bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable

import numpy as np
from numpy.typing import NDArray


class ArrayCache:
    """Arrays by key; holds at most `limit` bytes, or a single larger array."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._arrays: OrderedDict[Hashable, NDArray[np.uint8]] = OrderedDict()
        self._bytes = 0

    def get(self, key: Hashable) -> NDArray[np.uint8] | None:
        array = self._arrays.get(key)
        if array is not None:
            self._arrays.move_to_end(key)
        return array

    def put(self, key: Hashable, array: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Keep `array`, from now on read-only: it is handed to more than one reader."""
        array.setflags(write=False)
        self.drop(key)
        self._arrays[key] = array
        self._bytes += array.nbytes
        while self._bytes > self._limit and len(self._arrays) > 1:
            self._bytes -= self._arrays.popitem(last=False)[1].nbytes
        return array

    def drop(self, key: Hashable) -> None:
        if key in self._arrays:
            self._bytes -= self._arrays.pop(key).nbytes

    def clear(self) -> None:
        self._arrays.clear()
        self._bytes = 0
