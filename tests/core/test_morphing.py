"""Shapes between two key frames."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from core.morphing import Morph

SHAPES = st_numpy.arrays(bool, (9, 12)).filter(np.any)
SHARES = st.floats(0, 1)


def disc(x: float, y: float, radius: float) -> np.ndarray:
    ys, xs = np.mgrid[:60, :100]
    return (xs - x) ** 2 + (ys - y) ** 2 <= radius**2


@given(SHAPES, SHAPES)
def test_ends_are_the_two_masks(start: np.ndarray, end: np.ndarray) -> None:
    morph = Morph(start, end)

    assert np.array_equal(morph.at(0), start)
    assert np.array_equal(morph.at(1), end)


@given(SHAPES, SHARES)
def test_nothing_changes_between_equal_masks(shape: np.ndarray, share: float) -> None:
    assert np.array_equal(Morph(shape, shape).at(share), shape)


@given(SHAPES, SHAPES, SHARES)
def test_shapes_are_of_the_size_of_the_masks(
    start: np.ndarray, end: np.ndarray, share: float
) -> None:
    shape = Morph(start, end).at(share)

    assert shape.shape == start.shape
    assert shape.dtype == np.bool_


def test_shape_travels_whole_where_the_masks_do_not_overlap() -> None:
    between = Morph(disc(15, 20, 8), disc(75, 40, 8)).at(0.5)

    assert np.array_equal(between, disc(45, 30, 8))


@pytest.mark.parametrize(("share", "radius"), [(0.25, 9), (0.5, 12), (0.75, 15)])
def test_size_changes_evenly(share: float, radius: float) -> None:
    between = Morph(disc(50, 30, 6), disc(50, 30, 18)).at(share)

    assert np.sqrt(between.sum() / np.pi) == pytest.approx(radius, abs=0.6)
