"""The canvas under a real mouse, wheel and keyboard."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QRegion, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studio import theme
from studio.widgets.clip_view import ClipView
from studio.widgets.comparison import Comparison, Layout, Side
from studio.widgets.mask_painter import MaskPainter
from studio.widgets.pictures import Picture
from studio.widgets.token_lens import LensPicture

LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton


class WatchedView(ClipView):
    """A canvas that remembers which regions it painted."""

    def __init__(self) -> None:
        super().__init__()
        self.painted: list[QRegion] = []

    def paintEvent(self, event) -> None:
        self.painted.append(QRegion(event.region()))
        super().paintEvent(event)


@pytest.fixture
def view(qtbot, picture) -> WatchedView:
    shown = WatchedView()
    qtbot.addWidget(shown)
    shown.resize(800, 500)
    shown.setFrame(picture)
    shown.show()
    qtbot.waitExposed(shown)
    return shown


def wheel(view: ClipView, at: QPoint, notches: int, held=Qt.KeyboardModifier.NoModifier) -> None:
    event = QWheelEvent(
        QPointF(at), view.mapToGlobal(QPointF(at)), QPoint(), QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton, held, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view, event)


def drag(view: ClipView, *points: QPoint, button=LEFT) -> None:
    QTest.mouseMove(view, points[0])
    QTest.mousePress(view, button, pos=points[0])
    for point in points[1:]:
        QTest.mouseMove(view, point)
    QTest.mouseRelease(view, button, pos=points[-1])


def compared(layout: Layout, *pictures: np.ndarray) -> Comparison:
    return Comparison(layout, tuple(Side(Picture(shown), "side") for shown in pictures))


def at(view: ClipView, x: float, y: float) -> QPoint:
    """The view's pixel that shows a point of the picture."""
    return view.place.to_view(QPointF(x, y)).toPoint()


@pytest.mark.parametrize("notches", [-4, 0, 3, 12])
def test_a_stroke_paints_what_the_brush_passes(view, qtbot, notches):
    wheel(view, QPoint(400, 250), notches)
    view.setBrush("brush", 14)
    way = [at(view, 150, 80), at(view, 170, 95), at(view, 178, 99)]

    with qtbot.waitSignal(view.strokeFinished) as finished:
        drag(view, *way)

    expected = MaskPainter(np.zeros((180, 320), np.bool_))
    points = [view.place.to_picture(QPointF(p)).toTuple() for p in way]
    for start, end in zip([points[0], *points], points, strict=False):
        expected.segment(start, end, 14, painted=True)
    assert expected.mask.any()
    np.testing.assert_array_equal(finished.args[0], expected.mask)


def test_the_eraser_removes_only_what_it_passes(view, qtbot):
    view.setMask(np.ones((180, 320), np.bool_))
    view.setBrush("eraser", 20)

    with qtbot.waitSignal(view.strokeFinished) as finished:
        drag(view, at(view, 50, 50), at(view, 60, 50))

    mask = finished.args[0]
    assert not mask[50, 50:60].any()
    assert mask[50, 75:].all()


def test_a_stroke_leaves_the_owners_mask_alone(view):
    mask = np.zeros((180, 320), np.bool_)
    view.setMask(mask)
    view.setBrush("brush", 20)

    drag(view, at(view, 50, 50), at(view, 60, 50))

    assert not mask.any()


def test_the_brush_reaches_as_far_as_its_ring(view):
    view.setBrush("brush", 40)
    centre = at(view, 160, 90)
    QTest.mouseMove(view, centre)
    plain, ring = rgb(view), view.ring.rect()

    drag(view, centre)

    changed = np.argwhere((rgb(view) != plain).any(-1))
    reach = np.abs(changed - [centre.y(), centre.x()]).max()
    assert reach == pytest.approx(ring.width() / 2, abs=view.place.ratio + 2)


@pytest.mark.parametrize("notches", [0, 6])
def test_a_brush_move_repaints_only_what_changed(view, qtbot, notches):
    frame = np.zeros((1080, 1920, 3), np.uint8)
    view.setFrame(frame)
    wheel(view, QPoint(400, 250), notches)
    view.setBrush("brush", 30)
    QTest.mouseMove(view, QPoint(390, 250))
    QTest.mousePress(view, LEFT, pos=QPoint(390, 250))
    view.repaint()
    view.painted.clear()

    QTest.mouseMove(view, QPoint(396, 252))
    qtbot.waitUntil(lambda: bool(view.painted))

    reach = 30 * view.place.ratio + 6 + 2 * (view.place.ratio + 6)
    for region in view.painted:
        assert region.boundingRect().width() <= reach
        assert region.boundingRect().height() <= reach


def test_a_partial_repaint_looks_like_a_whole_one(view, qtbot):
    view.setBrush("brush", 30)
    drag(view, at(view, 100, 60), at(view, 140, 90), at(view, 90, 100))
    qtbot.wait(1)

    stroked = rgb(view)
    view.setMask(view.painting.mask())

    np.testing.assert_array_equal(rgb(view), stroked)


@pytest.mark.parametrize("notches", [-2, 1, 9])
def test_the_wheel_zooms_about_the_cursor(view, notches):
    wheel(view, QPoint(400, 250), 8)
    cursor = QPoint(371, 262)
    before = view.place.to_picture(QPointF(cursor))

    wheel(view, cursor, notches)

    after = view.place.to_picture(QPointF(cursor))
    assert (after - before).manhattanLength() * view.place.ratio <= 1.5


def test_far_zoom_shows_pixels_as_squares(view):
    view.camera.zoom_to(8.0, QPointF(400, 250))
    corner = at(view, 160, 90)

    seen = rgb(view)[corner.y() + 1 : corner.y() + 7, corner.x() + 1 : corner.x() + 7]

    assert len(np.unique(seen.reshape(-1, 3), axis=0)) == 1


def test_zoom_stays_within_bounds(view):
    wheel(view, QPoint(400, 250), 100)
    assert view.scale == pytest.approx(64)
    wheel(view, QPoint(400, 250), -200)
    assert view.scale == pytest.approx(0.02)


def test_a_fitted_picture_follows_the_view(view):
    view.resize(500, 400)

    assert view.pictureRect().width() == pytest.approx(500 - 32)
    assert QRectF(view.rect()).contains(view.pictureRect())


def test_middle_drag_and_space_drag_pan(view, qtbot):
    view.setBrush("brush", 20)
    wheel(view, QPoint(400, 250), 6)
    before = view.place.origin

    drag(view, QPoint(400, 250), QPoint(420, 240), button=MIDDLE)
    view.setFocus()
    QTest.keyPress(view, Qt.Key.Key_Space)
    with qtbot.assertNotEmitted(view.strokeStarted), qtbot.assertNotEmitted(view.spaceTapped):
        drag(view, QPoint(400, 250), QPoint(410, 270))
        QTest.keyRelease(view, Qt.Key.Key_Space)

    assert view.place.origin - before == QPointF(30, 10)


def test_a_tap_on_space_is_told(view, qtbot):
    with qtbot.waitSignal(view.spaceTapped):
        QTest.keyClick(view, Qt.Key.Key_Space)


def test_control_wheel_asks_for_another_brush(view, qtbot):
    view.setBrush("brush", 50)

    with qtbot.waitSignal(view.brushSizeRequested) as asked:
        wheel(view, QPoint(400, 250), 1, Qt.KeyboardModifier.ControlModifier)

    assert asked.args == [55]


@pytest.fixture
def window_view(view) -> WatchedView:
    view.setBrush("window", 20)
    view.setWindow(QRect(100, 50, 96, 64), 1.5)
    view.setWindowEditable(True)
    return view


def test_a_dragged_corner_keeps_aspect_and_opposite_corner(window_view, qtbot):
    edited: list[QRect] = []
    window_view.windowEdited.connect(edited.append)

    with qtbot.waitSignal(window_view.windowEditFinished) as finished:
        drag(window_view, at(window_view, 196, 114), at(window_view, 226, 120))

    rect = finished.args[0]
    assert rect.topLeft() == QPoint(100, 50)
    assert rect.width() > 96
    assert rect.width() / rect.height() == pytest.approx(1.5, abs=0.02)
    assert edited[-1] == rect


@pytest.mark.parametrize("corner", [(100, 50), (196, 50), (100, 114), (196, 114)])
@pytest.mark.parametrize("target", [(-900, -900), (900, 900), (148, 82), (900, -900)])
def test_a_window_stays_inside_the_picture(window_view, corner, target):
    drag(window_view, at(window_view, *corner), at(window_view, *target))
    rect = window_view._scene.window

    assert QRect(0, 0, 320, 180).contains(rect)
    assert rect.width() >= 16
    assert abs(rect.height() - rect.width() / 1.5) <= 1


def test_a_moved_window_keeps_its_size(window_view):
    drag(window_view, at(window_view, 150, 80), at(window_view, 999, 90))

    assert window_view._scene.window == QRect(320 - 96, 60, 96, 64)


def test_a_window_that_is_not_editable_stays(window_view, qtbot):
    window_view.setWindowEditable(False)

    with qtbot.assertNotEmitted(window_view.windowEdited):
        drag(window_view, at(window_view, 150, 80), at(window_view, 170, 90))


def test_the_outside_of_the_window_is_dimmed(window_view):
    seen = rgb(window_view)
    inside, outside = at(window_view, 150, 80), at(window_view, 30, 150)

    window_view.setWindow(None)
    clear = rgb(window_view)

    assert (seen[inside.y(), inside.x()] == clear[inside.y(), inside.x()]).all()
    assert seen[outside.y(), outside.x()].sum() < clear[outside.y(), outside.x()].sum()


def test_the_wipe_shows_before_on_its_left(view, picture):
    view.setComparison(compared("wipe", 255 - picture, picture))
    left, right = at(view, 60, 120), at(view, 260, 120)

    seen = rgb(view).astype(int)
    view.setComparison(None)
    after = rgb(view).astype(int)

    assert np.abs(seen[left.y(), left.x()] - (255 - after[left.y(), left.x()])).max() <= 3
    assert (seen[right.y(), right.x()] == after[right.y(), right.x()]).all()


def test_the_divider_is_dragged_even_with_the_brush_in_hand(view, picture, qtbot):
    view.setBrush("brush", 20)
    view.setComparison(compared("wipe", picture, picture))

    with qtbot.waitSignal(view.wiped) as wiped, qtbot.assertNotEmitted(view.strokeStarted):
        drag(view, at(view, 160, 100), at(view, 80, 100))

    assert wiped.args[0] == pytest.approx(0.25, abs=0.01)


def test_the_lens_covers_its_rectangle_only(view):
    plain = rgb(view)
    everything = np.ones((4, 4), np.bool_)
    lens = LensPicture(~everything, everything, np.full((4, 4), -1), np.zeros((4, 4)))

    view.setLens(lens, QRect(40, 20, 80, 80))

    changed = np.argwhere((rgb(view) != plain).any(-1))
    top_left, bottom_right = at(view, 40, 20), at(view, 120, 100)
    assert np.abs(changed.min(0) - [top_left.y(), top_left.x()]).max() <= 2
    assert np.abs(changed.max(0) - [bottom_right.y(), bottom_right.x()]).max() <= 2


def test_hovering_names_the_pixel(view, qtbot):
    with qtbot.waitSignal(view.hovered) as hovered:
        QTest.mouseMove(view, at(view, 100.5, 40.5))

    assert hovered.args == [100, 40]


def test_without_a_frame_nothing_is_painted_on(view, qtbot):
    view.setFrame(None)
    view.setBrush("brush", 20)

    with qtbot.assertNotEmitted(view.strokeStarted):
        drag(view, QPoint(400, 250), QPoint(420, 250))


def test_another_frame_size_drops_the_mask(view):
    view.setMask(np.ones((180, 320), np.bool_))

    view.setFrame(np.zeros((50, 80, 3), np.uint8))

    assert view.painting.mask().shape == (50, 80)
    assert not view.painting.mask().any()


def test_a_mask_of_another_size_is_refused_and_the_last_one_stays(view):
    view.setMask(np.ones((180, 320), np.bool_))

    with pytest.raises(ValueError, match="180, 320"):
        view.setMask(np.zeros((10, 10), np.bool_))

    assert view.painting.mask().all()


def test_a_smaller_mask_takes_the_place_of_a_larger_one(view):
    disc = np.zeros((180, 320), np.bool_)
    disc[80:100, 100:120] = True
    view.setMask(disc)
    alone = rgb(view)

    view.setMask(np.ones((180, 320), np.bool_))
    view.setMask(disc)

    np.testing.assert_array_equal(rgb(view), alone)


def rgb(view: ClipView) -> np.ndarray:
    """What the view shows, uint8 (H, W, 3)."""
    image = view.grab().toImage().convertToFormat(view.grab().toImage().Format.Format_RGB32)
    pixels = np.frombuffer(image.constBits(), np.uint8)
    return pixels.reshape(image.height(), image.width(), 4)[..., 2::-1].copy()


def test_only_the_keyboard_brings_a_ring_around_the_canvas(view, qtbot):
    def edge() -> QColor:
        return view.grab().toImage().pixelColor(0, 0)

    view.clearFocus()
    qtbot.waitUntil(lambda: not view.hasFocus())
    QTest.mouseClick(view, LEFT, pos=QPoint(400, 250))
    view.setFocus(Qt.FocusReason.MouseFocusReason)
    assert edge() == QColor(theme.CANVAS)

    view.clearFocus()
    view.setFocus(Qt.FocusReason.TabFocusReason)
    assert edge() == QColor(theme.ACCENT)
