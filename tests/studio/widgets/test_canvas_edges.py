"""Dragging the canvas's edges: margins that come of it, and where an edge is grabbed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, QRectF, QSize

from core.margins import MOST, NONE, Margins, aspect_of
from studio.widgets.canvas_edges import EDGES, Edge, dragged, edge_at, grip, grown, near_edge

SIZES = st.tuples(st.integers(16, 800), st.integers(16, 800))
MARGINS = st.builds(Margins, *[st.integers(0, 60)] * 4)
CANVAS = QRectF(100, 50, 400, 300)


@given(
    SIZES,
    MARGINS,
    st.sampled_from(EDGES),
    st.floats(-3000, 3000),
    st.floats(0, 30),
    st.booleans(),
)
def test_a_drag_changes_only_its_edges_between_the_pictures_and_the_largest_canvas(
    size: tuple[int, int], margins: Margins, edge: Edge, by: float, snap: float, both: bool
) -> None:
    canvas = QSize(*margins.canvas(size))

    after = dragged(margins, canvas, edge, by, snap, both=both)

    upright = edge in ("left", "right")
    width, height = after.canvas(size)
    if upright:
        assert (after.top, after.bottom) == (margins.top, margins.bottom)
        assert width <= max(MOST * size[0], margins.canvas(size)[0])
    else:
        assert (after.left, after.right) == (margins.left, margins.right)
        assert height <= max(MOST * size[1], margins.canvas(size)[1])
    if both:
        assert abs(after.left - after.right) <= 1 or not upright


@given(SIZES, MARGINS, st.sampled_from(EDGES))
def test_dragged_far_inwards_the_edge_ends_at_the_pictures(
    size: tuple[int, int], margins: Margins, edge: Edge
) -> None:
    after = dragged(margins, QSize(*margins.canvas(size)), edge, -5000, 9)

    assert getattr(after, edge) == 0


@pytest.mark.parametrize(
    ("by", "size"),
    [
        (214, (854, 480)),  # 16:9
        (220, (854, 480)),  # near it
        (205, (854, 480)),
        (240, (880, 480)),  # between shapes: even
        (241.7, (882, 480)),
        (498, (1138, 480)),  # 21:9
        (6, (640, 480)),  # near the pictures
        (-300, (640, 480)),
        (9999, (1920, 480)),  # no more than three times as wide
    ],
)
def test_four_to_three_is_dragged_to_usual_shapes(by: float, size: tuple[int, int]) -> None:
    after = dragged(NONE, QSize(640, 480), "right", by, 10)

    assert after.canvas((640, 480)) == size
    assert after.left == 0


def test_both_sides_go_as_far() -> None:
    assert dragged(NONE, QSize(640, 480), "left", 105, 10, both=True) == Margins(107, 0, 107, 0)
    assert dragged(NONE, QSize(640, 360), "top", 60, 10, both=True) == Margins(0, 60, 0, 60)
    assert aspect_of((640, 480)) == "4:3"


def test_an_edge_is_grabbed_just_beyond_it() -> None:
    assert edge_at(CANVAS, QPointF(508, 60), anywhere=True) == "right"
    assert edge_at(CANVAS, QPointF(508, 60), anywhere=False) is None
    assert edge_at(CANVAS, QPointF(508, 200), anywhere=False) == "right"
    assert edge_at(CANVAS, QPointF(300, 42), anywhere=False) == "top"
    assert edge_at(CANVAS, QPointF(498, 200), anywhere=True) is None
    assert edge_at(CANVAS, QPointF(520, 200), anywhere=True) is None
    for edge in EDGES:
        assert edge_at(CANVAS, grip(CANVAS, edge).center(), anywhere=False) == edge
        assert not grip(CANVAS, edge).intersects(CANVAS)


def test_grips_are_worth_showing_near_an_edge() -> None:
    assert near_edge(CANVAS, QPointF(130, 200))
    assert near_edge(CANVAS, QPointF(80, 200))
    assert not near_edge(CANVAS, QPointF(300, 200))
    assert not near_edge(CANVAS, QPointF(20, 200))


def test_a_grown_canvas_in_pixels_of_the_one_before() -> None:
    before, after = Margins(left=5), Margins(left=15, bottom=4)
    assert grown(QRectF(0, 0, 20, 10), before, after) == QRectF(-10, 0, 30, 14)
