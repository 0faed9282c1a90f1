"""Brush strokes on a mask."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.widgets.mask_painter import MaskPainter

WIDTH, HEIGHT = 90, 60
points = st.tuples(st.floats(-40, WIDTH + 40), st.floats(-40, HEIGHT + 40))
inside = st.tuples(st.floats(0, WIDTH, exclude_max=True), st.floats(0, HEIGHT, exclude_max=True))
sizes = st.floats(0.5, 60)


def empty() -> np.ndarray:
    return np.zeros((HEIGHT, WIDTH), np.bool_)


@given(points, points, sizes)
def test_nothing_outside_the_dirty_rectangle_changes(start, end, size):
    mask = empty()

    dirty = MaskPainter(mask).segment(start, end, size, painted=True)

    changed = mask.copy()
    if dirty is not None:
        assert 0 <= dirty.x < dirty.x + dirty.width <= WIDTH
        assert 0 <= dirty.y < dirty.y + dirty.height <= HEIGHT
        changed[dirty.slices] = False
    assert not changed.any()


@given(points, points, sizes)
def test_erasing_the_same_segment_clears_it(start, end, size):
    painter = MaskPainter(empty())

    painter.segment(start, end, size, painted=True)
    painter.segment(start, end, size, painted=False)

    assert not painter.mask.any()


@given(points, points, sizes)
def test_a_pixel_is_painted_when_its_centre_is_under_the_brush(start, end, size):
    painter = MaskPainter(empty())
    painter.segment(start, end, size, painted=True)

    distance = distances(start, end)

    radius = max(size / 2, 0.5**0.5)
    clear = abs(distance - radius) > 1e-6  # rounding decides on the very edge
    np.testing.assert_array_equal(painter.mask[clear], (distance <= radius)[clear])


@given(inside)
def test_the_smallest_brush_marks_the_pixel_under_the_cursor(point):
    painter = MaskPainter(empty())

    painter.segment(point, point, 1, painted=True)

    assert painter.mask[int(point[1]), int(point[0])]


def test_a_brush_far_away_touches_nothing():
    assert MaskPainter(empty()).segment((-99, 5), (-99, 50), 20, painted=True) is None


def test_another_array_than_a_mask_is_refused():
    with pytest.raises(ValueError, match="bool"):
        MaskPainter(np.zeros((4, 4), np.uint8))


def distances(a: tuple[float, float], b: tuple[float, float]) -> np.ndarray:
    """The distance of every pixel's centre to the whole segment at once."""
    ys, xs = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    direction = np.subtract(b, a)
    length = direction @ direction
    if length < 1e-12:
        return np.hypot(xs - a[0], ys - a[1])
    along = np.clip(((xs - a[0]) * direction[0] + (ys - a[1]) * direction[1]) / length, 0, 1)
    return np.hypot(xs - a[0] - along * direction[0], ys - a[1] - along * direction[1])


@given(points, points, sizes, st.floats(0, 0.99))
def test_soft_brush_marks_no_more_than_a_hard_one(start, end, size, hardness):
    soft, hard = MaskPainter(empty(), hardness), MaskPainter(empty())

    soft.segment(start, end, size, painted=True)
    hard.segment(start, end, size, painted=True)

    assert not (soft.mask & ~hard.mask).any()


def test_soft_dab_is_half_as_wide_at_its_rim_and_grows_with_each_pass():
    painter = MaskPainter(empty(), hardness=0.0)
    painter.segment((45, 30), (45, 30), 40, painted=True)
    dab = painter.mask.sum()

    painter.segment((45, 30), (45, 30), 40, painted=True)
    painter.segment((45, 30), (45, 30), 40, painted=True)

    assert dab == pytest.approx(np.pi * 10**2, rel=0.1)
    assert dab < painter.mask.sum() <= np.pi * 20**2


def test_soft_eraser_takes_away():
    painter = MaskPainter(~empty(), hardness=0.5)

    painter.segment((45, 30), (45, 30), 40, painted=False)

    assert (~painter.mask).sum() == pytest.approx(np.pi * 15**2, rel=0.1)
