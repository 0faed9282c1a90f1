"""Random painted regions hold a painted pixel and an unpainted one, and follow their seed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.training.painting import brush_strokes, moving_shape, random_region, still_box

SHAPE = (8, 32, 32)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 16), st.integers(4, 48), st.integers(4, 48))
def test_there_is_something_to_do_and_something_to_see(
    seed: int, frames: int, height: int, width: int
) -> None:
    region = random_region(np.random.default_rng(seed), (frames, height, width))

    assert region.shape == (frames, height, width)
    assert region.any()
    assert not region.all()


def test_same_seed_same_region() -> None:
    first, second = (random_region(np.random.default_rng(5), SHAPE) for _ in range(2))

    assert np.array_equal(first, second)


@pytest.mark.parametrize("still", [still_box, brush_strokes])
def test_boxes_and_strokes_stay(still) -> None:
    region = still(np.random.default_rng(1), SHAPE)

    assert (region == region[:1]).all()


def test_shapes_move() -> None:
    regions = [moving_shape(np.random.default_rng(seed), SHAPE) for seed in range(10)]

    assert all((region[0] != region[-1]).any() for region in regions)


def test_a_region_covers_a_fifth_of_the_clip_or_so() -> None:
    rng = np.random.default_rng(0)

    covered = np.mean([random_region(rng, SHAPE).mean() for _ in range(300)])

    assert 0.1 < covered < 0.35
