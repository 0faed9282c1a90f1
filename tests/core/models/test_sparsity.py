"""Blocks that sparse attention sees, against the rules spelt out and the golden layouts."""

from __future__ import annotations

from itertools import product
from math import prod
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.models.sparsity import BLOCK, block_grid, dense_mask, layout

GRIDS = st.tuples(st.integers(1, 8), st.integers(1, 12), st.integers(1, 12)).filter(
    lambda grid: prod(grid) % BLOCK == 0
)


@pytest.mark.parametrize(
    ("grid", "blocks"),
    [
        ((4, 32, 32), (4, 32)),
        ((4, 16, 16), (4, 8)),
        ((4, 8, 8), (4, 2)),
        ((4, 64, 64), (4, 64, 2)),
        ((1, 4, 8), (1,)),
        ((3, 4, 24), (3, 3)),
        ((2, 16, 33), (33,)),
    ],
)
def test_the_last_axes_are_merged_until_they_exceed_a_block(
    grid: tuple[int, ...], blocks: tuple[int, ...]
) -> None:
    assert block_grid(grid) == blocks


def test_a_number_of_tokens_that_is_no_multiple_of_a_block_is_refused() -> None:
    with pytest.raises(ValueError, match="multiple of 32 tokens, 3x5x7 are 105"):
        layout((3, 5, 7))


@pytest.mark.parametrize("grid", [(4, 16, 16), (8, 8, 8), (2, 16, 64), (3, 4, 24)])
def test_a_block_sees_four_before_it_and_earlier_ones_at_its_place(
    grid: tuple[int, int, int],
) -> None:
    places = list(product(*map(range, block_grid(grid))))

    def seen(row: int, column: int) -> bool:
        mine, other = places[row], places[column]
        strided = any(
            other[axis] <= mine[axis]
            and mine[:axis] + mine[axis + 1 :] == other[:axis] + other[axis + 1 :]
            for axis in range(len(mine) - 1)
        )
        return strided or row - 4 <= column <= row

    expected = [[seen(row, column) for column in range(len(places))] for row in range(len(places))]

    assert layout(grid).tolist() == expected


@settings(max_examples=30, deadline=None)
@given(GRIDS)
def test_a_token_sees_itself_and_nothing_behind_it(grid: tuple[int, int, int]) -> None:
    mask = dense_mask(grid)

    assert mask.shape == (prod(grid), prod(grid))
    assert mask.diagonal().all()
    assert not mask.triu(1).any()
    assert torch.equal(mask[::BLOCK, ::BLOCK], layout(grid))


def test_golden_layouts_agree(shared: Path) -> None:
    with np.load(shared / "golden" / "videogpt" / "sparse_layouts.npz") as golden:
        for name, expected in golden.items():
            shape, _, what = name.partition("_")
            grid = tuple(map(int, shape.split("x")))
            of = {"block_layout": layout, "block_shape": block_grid, "dense_mask": dense_mask}[what]
            assert np.array_equal(of(grid), expected), name
