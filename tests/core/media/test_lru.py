"""The cache never holds more than it may, and forgets what was used longest ago."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.media.lru import ArrayCache

LIMIT = 100


def held(cache: ArrayCache) -> dict[int, int]:
    """The sizes of what it has, by key."""
    found = ((key, cache.get(key)) for key in range(6))
    return {key: array.nbytes for key, array in found if array is not None}


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 120))))
def test_it_stays_under_its_cap(puts: list[tuple[int, int]]) -> None:
    cache = ArrayCache(LIMIT)

    for key, size in puts:
        cache.put(key, np.zeros(size, np.uint8))

        known = held(cache)
        assert known[key] == size
        assert sum(known.values()) <= LIMIT or len(known) == 1


def test_what_was_used_longest_ago_goes_first() -> None:
    cache = ArrayCache(LIMIT)
    for key in range(3):
        cache.put(key, np.zeros(LIMIT // 3, np.uint8))
    cache.get(0)

    cache.put(3, np.zeros(LIMIT // 3, np.uint8))

    assert set(held(cache)) == {0, 2, 3}
