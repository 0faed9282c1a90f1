"""Shapes drawn on the canvas with a real mouse, keys and pen."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QInputDevice, QKeyEvent, QPointingDevice, QTabletEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from core import mask_shapes
from studio.widgets.clip_view import ClipView

LEFT = Qt.MouseButton.LeftButton
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
SIZE = (320, 180)


@pytest.fixture
def view(qtbot, picture) -> ClipView:
    shown = ClipView()
    qtbot.addWidget(shown)
    shown.resize(800, 500)
    shown.setFrame(picture)
    shown.show()
    qtbot.waitExposed(shown)
    return shown


def at(view: ClipView, x: float, y: float) -> QPoint:
    return view.place.to_view(QPointF(x, y)).toPoint()


def seen(view: ClipView, place: QPoint) -> tuple[float, float]:
    """The point of the picture at a pixel of the view."""
    return view.place.to_picture(QPointF(place)).toTuple()


def drag(view, *points: QPoint, held=Qt.KeyboardModifier.NoModifier) -> None:
    QTest.mousePress(view, LEFT, held, points[0])
    for point in points[1:]:
        QTest.mouseMove(view, point)
    QTest.mouseRelease(view, LEFT, held, points[-1])


@pytest.mark.parametrize("tool", ["rectangle", "ellipse"])
def test_box_is_drawn_between_two_corners(view, qtbot, tool):
    view.setBrush(tool, 20)
    corner, opposite = at(view, 40, 30), at(view, 120, 90)

    with qtbot.waitSignal(view.strokeFinished) as finished:
        drag(view, corner, opposite)

    expected = getattr(mask_shapes, tool)(SIZE, seen(view, corner), seen(view, opposite))
    np.testing.assert_array_equal(finished.args[0], expected)


def test_ctrl_takes_the_shape_away(view, qtbot):
    view.setMask(np.ones((180, 320), bool))
    view.setBrush("rectangle", 20)

    with qtbot.waitSignal(view.strokeFinished) as finished:
        drag(view, at(view, 40, 30), at(view, 120, 90), held=CTRL)

    assert not finished.args[0][40:80, 50:110].any()
    assert finished.args[0][100:].all()


def test_shift_makes_a_square(view, qtbot):
    view.setBrush("rectangle", 20)
    start, end = at(view, 40, 30), at(view, 120, 60)
    QTest.mousePress(view, LEFT, SHIFT, start)
    view.modifiers = SHIFT
    view.pointer.drag.move(QPointF(end))

    with qtbot.waitSignal(view.strokeFinished) as finished:
        QTest.mouseRelease(view, LEFT, SHIFT, end)

    rows, columns = finished.args[0].any(1).sum(), finished.args[0].any(0).sum()
    assert rows == pytest.approx(columns, abs=1)


def test_click_without_a_drag_draws_no_box(view, qtbot):
    view.setBrush("ellipse", 20)

    with qtbot.assertNotEmitted(view.strokeFinished):
        QTest.mouseClick(view, LEFT, pos=at(view, 50, 50))


def test_lasso_paints_what_it_encloses(view, qtbot):
    view.setBrush("lasso", 20)
    way = [at(view, *point) for point in ((40, 30), (120, 30), (120, 90), (40, 90))]

    with qtbot.waitSignal(view.strokeFinished) as finished:
        drag(view, *way)

    np.testing.assert_array_equal(
        finished.args[0],
        mask_shapes.polygon(SIZE, [seen(view, way[0]), *(seen(view, p) for p in way[1:])]),
    )
    assert finished.args[0][60, 80]


def corners(view) -> list[QPoint]:
    return [at(view, *point) for point in ((40, 30), (120, 30), (80, 100))]


@pytest.mark.parametrize("end", ["enter", "first corner", "double click"])
def test_polygon_is_closed(view, qtbot, end):
    view.setBrush("polygon", 20)
    for corner in corners(view):
        QTest.mouseClick(view, LEFT, pos=corner)

    with qtbot.waitSignal(view.strokeFinished) as finished:
        if end == "enter":
            QTest.keyClick(view, Qt.Key.Key_Return)
        elif end == "first corner":
            QTest.mouseClick(view, LEFT, pos=corners(view)[0])
        else:
            QTest.mouseDClick(view, LEFT, pos=corners(view)[2])

    assert finished.args[0][50, 80]
    assert not finished.args[0][120, 80]
    assert view._scene.sketch is None


def test_backspace_takes_the_last_corner_and_escape_all(view, qtbot):
    view.setBrush("polygon", 20)
    for corner in (*corners(view), at(view, 10, 100)):
        QTest.mouseClick(view, LEFT, pos=corner)

    QTest.keyClick(view, Qt.Key.Key_Backspace)
    assert len(view.pointer.drag._points) == 3
    with qtbot.assertNotEmitted(view.strokeFinished):
        QTest.keyClick(view, Qt.Key.Key_Escape)

    assert view.pointer.drag is None
    assert view._scene.sketch is None


def test_escape_is_the_shape_s_while_one_is_drawn(view):
    """Else the window's shortcut on Esc would stop what runs."""
    view.setBrush("polygon", 20)
    QTest.mouseClick(view, LEFT, pos=corners(view)[0])
    override = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_Escape, Qt.KeyboardModifier(0))
    override.ignore()
    QApplication.sendEvent(view, override)

    assert override.isAccepted()


def test_wand_takes_the_colour_and_more_when_dragged(view, qtbot):
    ramp = np.tile(np.arange(320, dtype=np.uint8)[None, :, None] // 2, (180, 1, 3))
    view.setFrame(ramp)
    view.setBrush("wand", 20)
    view.setWand(4, contiguous=True)
    start = at(view, 100, 90)
    place = seen(view, start)

    with qtbot.waitSignal(view.strokeFinished) as click:
        QTest.mouseClick(view, LEFT, pos=start)
    np.testing.assert_array_equal(click.args[0], mask_shapes.wand(ramp, place, 4))

    view.setMask(None)
    with qtbot.waitSignals([view.strokeFinished, view.toleranceChanged]):
        drag(view, start, start + QPoint(30, 0), start + QPoint(40, 0))
    expected = mask_shapes.wand(ramp, place, 24)
    np.testing.assert_array_equal(view._scene.mask, expected)


def test_escape_brings_the_mask_back_that_a_wand_changed(view, qtbot):
    view.setBrush("wand", 20)
    QTest.mousePress(view, LEFT, pos=at(view, 100, 90))
    assert view._scene.mask.any()

    with qtbot.assertNotEmitted(view.strokeFinished):
        QTest.keyClick(view, Qt.Key.Key_Escape)

    assert not view._scene.mask.any()


def test_fill_pours_into_a_closed_outline(view, qtbot):
    ring = mask_shapes.ellipse(SIZE, (60, 30), (160, 130))
    view.setMask(ring & ~mask_shapes.grown(ring, -6))
    view.setBrush("fill", 20)

    with qtbot.waitSignal(view.strokeFinished) as finished:
        QTest.mouseClick(view, LEFT, pos=at(view, 110, 80))

    np.testing.assert_array_equal(finished.args[0], ring)


def test_scribble_asks_for_the_thing_under_it(view, qtbot):
    view.setBrush("select", 10)

    with qtbot.waitSignal(view.selectRequested) as asked:
        drag(view, at(view, 60, 60), at(view, 90, 70), at(view, 100, 90))

    scribble, painted = asked.args
    assert painted
    assert scribble[60, 62]
    assert scribble[70, 90]
    assert scribble.sum() < 1000


def test_soft_brush_shows_its_hard_core(view):
    view.setBrush("brush", 60, 1.0)
    view.pointer.hover(QPointF(at(view, 160, 90)))
    hard = view.grab().toImage()

    view.setBrush("brush", 60, 0.5)

    assert view.grab().toImage() != hard


def pen(view: ClipView, kind: QEvent.Type, place: QPoint, pressure: float) -> None:
    device = QPointingDevice(
        "pen", 1, QInputDevice.DeviceType.Stylus, QPointingDevice.PointerType.Pen,
        QInputDevice.Capability.Pressure, 1, 1,
    )  # fmt: skip
    event = QTabletEvent(
        kind, device, QPointF(place), QPointF(view.mapToGlobal(place)), pressure, 0, 0, 0, 0, 0,
        Qt.KeyboardModifier.NoModifier, LEFT, LEFT,
    )  # fmt: skip
    QApplication.sendEvent(view, event)


def stroke_of_pen(view: ClipView, qtbot, pressure: float) -> int:
    view.setMask(None)
    with qtbot.waitSignal(view.strokeFinished) as finished:
        pen(view, QEvent.Type.TabletPress, at(view, 60, 60), pressure)
        pen(view, QEvent.Type.TabletMove, at(view, 120, 60), pressure)
        pen(view, QEvent.Type.TabletRelease, at(view, 120, 60), 0.0)
    return int(finished.args[0].any(1).sum())


def test_pen_paints_the_wider_the_harder_it_is_pressed(view, qtbot):
    view.setBrush("brush", 40)

    assert stroke_of_pen(view, qtbot, 1.0) == pytest.approx(40, abs=2)
    assert stroke_of_pen(view, qtbot, 0.5) == pytest.approx(20, abs=2)
    assert view.pressure == 1.0


def test_sketch_repaints_its_own_rectangle_only(view, qtbot):
    view.setBrush("rectangle", 20)
    QTest.mousePress(view, LEFT, pos=at(view, 20, 20))
    QTest.mouseMove(view, at(view, 40, 40))
    view.repaint()
    regions = []
    original = view.paintEvent
    view.paintEvent = lambda event: (regions.append(event.region().boundingRect()), original(event))

    view.pointer.drag.move(QPointF(at(view, 44, 42)))
    qtbot.waitUntil(lambda: bool(regions))

    assert all(r.width() < 40 * view.place.ratio + 20 for r in regions)


def test_onion_skin_draws_the_outlines_of_other_frames(view):
    plain = view.grab().toImage()

    view.setOnion(mask_shapes.ellipse(SIZE, (60, 30), (160, 130)), None)
    assert view.grab().toImage() != plain
    view.setOnion(None, None)

    assert view.grab().toImage() == plain
