"""The Halton order: every place once, spread evenly, and each sample's from its own seed."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.decoders.halton import (
    Grid,
    Halton,
    halton_ranks_2d,
    halton_ranks_3d,
    inverse_in,
    rolled,
)
from core.sampling import SeededNoise
from tests.core.decoders.test_contract import UniformModel, a_condition, decode

GRIDS = st.tuples(st.integers(1, 6), st.integers(1, 9), st.integers(1, 9))


@given(grid=GRIDS, ranks=st.sampled_from([halton_ranks_2d, halton_ranks_3d]))
@settings(deadline=None)
def test_every_place_has_its_turn_once(grid: Grid, ranks: Callable[[Grid], Any]) -> None:
    order = ranks(grid)

    assert order.shape == grid
    assert sorted(order.flatten()) == list(range(order.size))


def test_the_first_places_are_those_of_the_sequence() -> None:
    halves, thirds = [0, 1 / 2, 1 / 4, 3 / 4, 1 / 8], [0, 1 / 3, 2 / 3, 1 / 9, 4 / 9]

    assert [inverse_in(8, k, 2) for k in range(5)] == [8 * x for x in halves]
    assert [inverse_in(9, k, 3) for k in range(5)] == [round(9 * x) for x in thirds]
    order = halton_ranks_3d((5, 8, 9))
    assert [tuple(map(int, np.argwhere(order == k)[0])) for k in range(3)] == [
        (0, 0, 0),
        (1, 4, 3),
        (2, 2, 6),
    ]


@pytest.mark.parametrize("ranks", [halton_ranks_2d, halton_ranks_3d])
def test_a_quarter_of_the_order_lies_in_every_part_of_the_clip(
    ranks: Callable[[Grid], Any],
) -> None:
    """Of the first 64 places 8 fall into each octant of the grid, give or take three."""
    first = ranks((4, 8, 8)) < 64

    octants = first.reshape(2, 2, 2, 4, 2, 4).sum(axis=(1, 3, 5))

    assert 5 <= octants.min() <= octants.max() <= 11


@given(shares=st.lists(st.floats(0, 1), min_size=6, max_size=6))
@settings(deadline=None)
def test_an_order_that_is_moved_around_the_edges_is_the_same_order(shares: list[float]) -> None:
    ranks = torch.from_numpy(halton_ranks_3d((3, 4, 5)))

    moved = rolled(ranks, torch.tensor(shares).view(2, 3))

    for sample, own in zip(moved, torch.tensor(shares).view(2, 3), strict=True):
        offsets = [-min(int(x * size), size - 1) for x, size in zip(own, (3, 4, 5), strict=True)]
        assert sample.equal(ranks.roll(offsets, (0, 1, 2)))


@pytest.mark.parametrize(("order", "ranks"), [("2d", halton_ranks_2d), ("3d", halton_ranks_3d)])
def test_places_are_decided_in_the_order_whatever_the_model_is_sure_of(
    order: str, ranks: Callable[[Grid], Any]
) -> None:
    decoder = Halton(steps=32, schedule="uniform", order=order)

    steps = decode(decoder, a_condition(1), [5])

    left = torch.stack([step.masked[0] for step in steps]).sum(0)  # after so many it was masked
    whole = torch.from_numpy(ranks((2, 4, 4)))
    rolls = (whole.roll(by, (0, 1, 2)) for by in product(range(2), range(4), range(4)))
    assert [int(step.masked.sum()) for step in steps] == list(range(31, -1, -1))
    assert any(left.equal(moved) for moved in rolls)


def test_variations_begin_elsewhere() -> None:
    first = decode(Halton(steps=4), a_condition(3), [1, 2, 3])[0].masked

    assert not first[0].equal(first[1])
    assert not first[1].equal(first[2])


def test_given_tokens_are_drawn_again_in_their_turn() -> None:
    condition = a_condition(1, 0.5)

    steps = decode(Halton(steps=8), condition, [1])

    assert steps[0].masked[condition.given].any()
    assert not steps[-1].tokens[condition.given].equal(condition.tokens[condition.given])


def test_the_order_takes_no_noise_from_the_tokens() -> None:
    noise = SeededNoise([1])

    steps = list(Halton(steps=3)(UniformModel(), a_condition(1), noise))

    assert noise.state().draws == len(steps)
