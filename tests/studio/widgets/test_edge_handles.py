"""Edges of the canvas dragged with the mouse, and the working window with its numbers."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, QSize, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from core.margins import NONE, Margins
from studio.widgets import window_frame
from studio.widgets.canvas_edges import Edge, grip
from studio.widgets.clip_view import ClipView

WIDTH, HEIGHT = 160, 120


@pytest.fixture
def view(qtbot: QtBot) -> ClipView:
    view = ClipView()
    qtbot.addWidget(view)
    view.resize(700, 500)
    view.setFrame(np.full((HEIGHT, WIDTH, 3), 90, np.uint8))
    view.edges.set(NONE, growable=True)
    view.show()
    return view


def seen(view: ClipView) -> np.ndarray:
    """What is drawn, uint8 (H, W, 4)."""
    image = view.grab().toImage()
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1, 4)
    return rows[:, : image.width()].copy()


def press(view: ClipView, edge: Edge) -> QPoint:
    place = grip(view.pictureRect(), edge).center().toPoint()
    QTest.mouseMove(view, place)
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=place)
    return place


def move(view: ClipView, place: QPoint, *, alt: bool = False) -> None:
    if alt:
        view.modifiers = Qt.KeyboardModifier.AltModifier
        view.pointer.drag.move(QPointF(place))
    else:
        QTest.mouseMove(view, place)


def test_an_edge_is_dragged_to_a_shape_in_one_drag(view: ClipView) -> None:
    told: list[Margins] = []
    view.canvasEdited.connect(told.append)
    ratio = view.place.ratio
    start = press(view, "right")

    move(view, start + QPoint(round(52 * ratio), 0))
    assert view.edges.target == Margins(right=54)  # 16:9
    assert told == []
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=start)

    assert told == [Margins(right=54)]
    assert view.edges.target is None


def test_all_of_a_canvas_that_grows_beyond_the_view_is_seen(view: ClipView) -> None:
    before = view.place
    start = press(view, "bottom")
    move(view, start + QPoint(0, 300))

    target = view.edges.target
    assert target is not None
    shown = view.place.to_view(QPointF(0, HEIGHT + target.bottom))
    assert shown.y() <= view.height()
    assert view.place.ratio < before.ratio
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert view.edges.target is None
    assert view.place == before


def test_alt_moves_both_sides(view: ClipView) -> None:
    start = press(view, "left")
    move(view, start - QPoint(round(26 * view.place.ratio), 0), alt=True)

    assert view.edges.target == Margins(left=27, right=27)


def test_an_edge_goes_back_to_the_pictures_and_no_further(view: ClipView) -> None:
    told: list[Margins] = []
    view.canvasEdited.connect(told.append)
    view.setFrame(np.full((HEIGHT, WIDTH + 54, 3), 90, np.uint8))
    view.edges.set(Margins(right=54), growable=True)
    start = press(view, "right")
    move(view, start - QPoint(400, 0))
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=start)

    assert told == [NONE]


def test_a_drag_that_changes_nothing_tells_nothing(view: ClipView) -> None:
    told: list[Margins] = []
    view.canvasEdited.connect(told.append)
    start = press(view, "top")
    move(view, start - QPoint(0, 3))
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=start)

    assert told == []


def test_grips_are_drawn_near_the_edge_or_with_the_window_tool(view: ClipView) -> None:
    QTest.mouseMove(view, view.rect().center())
    place = grip(view.pictureRect(), "right").center().toPoint()
    plain = seen(view)[place.y(), place.x()].copy()
    QTest.mouseMove(view, place)
    assert (seen(view)[place.y(), place.x()] != plain).any()
    assert view.cursor().shape() == Qt.CursorShape.SizeHorCursor

    QTest.mouseMove(view, view.rect().center())
    assert (seen(view)[place.y(), place.x()] == plain).all()
    view.setBrush("window", 10)
    assert (seen(view)[place.y(), place.x()] != plain).any()
    view.edges.set(NONE, growable=False)
    assert (seen(view)[place.y(), place.x()] == plain).all()
    assert view.edges.under(QPointF(place)) is None


def test_a_brush_stroke_may_begin_beyond_the_picture(view: ClipView) -> None:
    view.setBrush("brush", 30)
    corner = view.pictureRect().topRight() + QPointF(8, 20)
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=corner.toPoint())
    QTest.mouseMove(view, (corner - QPointF(60, 0)).toPoint())
    done: list[np.ndarray] = []
    view.strokeFinished.connect(done.append)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=corner.toPoint())

    assert done[0].any()


# ── the working window ─────────────────────────────────────────────────────────────────────────


def test_shift_frees_the_windows_shape(view: ClipView) -> None:
    view.setBrush("window", 10)
    view.setWindowEditable(True)
    view.setWindow(QRect(20, 20, 40, 40), 1.0)
    told: list[QRect] = []
    view.windowEditFinished.connect(told.append)
    corner = view.place.to_view(QPointF(60, 60)).toPoint()
    to = view.place.to_view(QPointF(120, 80)).toPoint()

    plain = seen(view)
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=corner)
    QTest.mouseMove(view, to)
    assert (seen(view) != plain).any()
    locked = view._scene.window
    assert locked.width() == locked.height()
    view.modifiers = Qt.KeyboardModifier.ShiftModifier
    view.pointer.drag.move(QPointF(to))
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=to)

    assert told == [QRect(20, 20, 100, 60)]


def test_a_corner_of_the_window_comes_before_the_edge_below_it(view: ClipView) -> None:
    view.setBrush("window", 10)
    view.setWindowEditable(True)
    view.setWindow(QRect(40, 0, 120, 120), 1.0)
    corner = view.place.to_view(QPointF(40, 120))

    assert view.edges.under(corner + QPointF(3, 5)) is None
    assert view.edges.under(corner + QPointF(30, 5)) == "bottom"


@pytest.mark.parametrize(
    ("corner", "to", "rect"),
    [
        ((1, 1), (90, 50), QRect(20, 20, 70, 30)),
        ((0, 0), (5, 10), QRect(5, 10, 55, 50)),
        ((1, 0), (500, -9), QRect(20, 0, 140, 60)),
        ((0, 1), (59, 21), QRect(44, 20, 16, 16)),
    ],
)
def test_a_freed_window_follows_the_cursor_inside_the_picture(
    corner: window_frame.Corner, to: tuple[int, int], rect: QRect
) -> None:
    size = QSize(WIDTH, HEIGHT)
    assert window_frame.freed(QRect(20, 20, 40, 40), corner, QPointF(*to), size) == rect
