"""Two pictures in one canvas: what is seen where, and one zoom, pan and brush for both."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QRegion
from PySide6.QtTest import QTest

from studio.widgets.clip_view import ClipView
from studio.widgets.comparison import GAP, Comparison, Side, panes
from studio.widgets.difference_legend import DifferenceLegend
from studio.widgets.pictures import Picture
from studio.widgets.token_lens import LensPicture

LEFT = Qt.MouseButton.LeftButton
WHITE, RED, BLUE = (255, 255, 255), (200, 0, 0), (0, 0, 200)


class WatchedView(ClipView):
    """A canvas that remembers which regions it painted."""

    def __init__(self) -> None:
        super().__init__()
        self.painted: list[QRegion] = []

    def paintEvent(self, event) -> None:
        self.painted.append(QRegion(event.region()))
        super().paintEvent(event)


def plain(colour: tuple[int, int, int]) -> np.ndarray:
    return np.broadcast_to(np.array(colour, np.uint8), (180, 320, 3)).copy()


def side(colour: tuple[int, int, int], *, live: bool = False) -> Side:
    return Side(Picture(plain(colour)), "side", live)


@pytest.fixture
def view(qtbot) -> WatchedView:
    shown = WatchedView()
    qtbot.addWidget(shown)
    shown.resize(806, 500)
    shown.setFrame(plain(WHITE))
    shown.show()
    qtbot.waitExposed(shown)
    return shown


@pytest.fixture
def beside(view: WatchedView) -> WatchedView:
    view.setComparison(Comparison("beside", (side(RED), side(BLUE, live=True))))
    return view


def seen(view: ClipView, x: float, y: float, pane: int = 0) -> tuple[int, int, int]:
    """The colour of the view where a pane shows a point of the picture."""
    place = at(view, x, y, pane)
    return view.grab().toImage().pixelColor(place).toTuple()[:3]


def at(view: ClipView, x: float, y: float, pane: int = 0) -> QPoint:
    origin = panes(view.rect(), view._scene.comparison)[pane].topLeft()
    return view.place.to_view(QPointF(x, y)).toPoint() + origin


def test_each_pane_shows_its_side_at_the_same_place(beside):
    for x, y in ((60, 90), (160, 90), (300, 170)):
        assert seen(beside, x, y, 0) == RED
        assert seen(beside, x, y, 1) == BLUE


def test_panes_are_of_one_size_and_apart():
    first, second = panes(QRect(0, 0, 806, 500), Comparison("beside", (side(RED), side(BLUE))))

    assert first.size() == second.size()
    assert second.left() - first.right() - 1 == GAP
    assert second.right() == 805


def test_the_whole_picture_is_fitted_into_each_pane(beside):
    pane = panes(beside.rect(), beside._scene.comparison)[0]
    assert pane.contains(beside.pictureRect().toAlignedRect())

    beside.setComparison(None)
    assert beside.pictureRect().width() > pane.width()


def test_zoom_and_pan_are_one_for_both(beside):
    beside.setFocus()
    beside.zoomIn()
    beside.setBrush("pan", 10)
    start = at(beside, 100, 90, 1)
    QTest.mousePress(beside, LEFT, pos=start)
    QTest.mouseMove(beside, start + QPoint(40, 0))
    QTest.mouseRelease(beside, LEFT, pos=start + QPoint(40, 0))

    moved = at(beside, 100, 90, 1)
    assert abs(moved.x() - start.x() - 40) <= 1
    assert seen(beside, 100, 90, 0) == RED
    assert seen(beside, 100, 90, 1) == BLUE


def test_what_is_looked_at_stays_in_the_middle_when_a_second_pane_comes(view):
    view.actualSize()
    view.camera.pan(QPointF(37, 11))
    middle = view.place.to_picture(QPointF(panes(view.rect(), None)[0].center()))

    comparison = Comparison("beside", (side(RED), side(BLUE)))
    view.setComparison(comparison)

    after = view.place.to_picture(QPointF(panes(view.rect(), comparison)[0].center()))
    assert abs(after.x() - middle.x()) <= 1
    assert abs(after.y() - middle.y()) <= 1


def test_brush_in_the_second_pane_paints_where_it_is(beside, qtbot):
    beside.setBrush("brush", 20)
    with qtbot.waitSignal(beside.strokeFinished) as stroke:
        QTest.mousePress(beside, LEFT, pos=at(beside, 100, 60, 1))
        QTest.mouseRelease(beside, LEFT, pos=at(beside, 100, 60, 1))

    (mask,) = stroke.args
    ys, xs = np.nonzero(mask)
    assert abs(xs.mean() - 100) <= 1
    assert abs(ys.mean() - 60) <= 1
    assert seen(beside, 100, 60, 0) != RED  # tinted in both
    assert seen(beside, 100, 60, 1) != BLUE


def test_stroke_repaints_its_rectangle_in_both_panes_and_no_more(beside, qtbot):
    beside.setBrush("brush", 10)
    QTest.mousePress(beside, LEFT, pos=at(beside, 100, 60, 1))
    qtbot.wait(1)
    beside.painted.clear()
    QTest.mouseMove(beside, at(beside, 110, 60, 1))
    qtbot.waitUntil(lambda: bool(beside.painted))
    region = QRegion()
    for painted in beside.painted:
        region = region.united(painted)

    assert region.contains(at(beside, 105, 60, 0))
    assert region.contains(at(beside, 105, 60, 1))
    assert not region.contains(at(beside, 200, 120, 0))
    assert not region.contains(at(beside, 200, 120, 1))
    QTest.mouseRelease(beside, LEFT, pos=at(beside, 110, 60, 1))


def test_lens_lies_over_the_live_side_alone(beside):
    everything = np.ones((4, 4), np.bool_)
    lens = LensPicture(~everything, everything, np.full((4, 4), -1), np.zeros((4, 4)))
    beside.setLens(lens, QRect(40, 20, 80, 80))

    assert seen(beside, 71, 51, 0) == RED
    assert seen(beside, 71, 51, 1) != BLUE


def test_line_that_lies_is_dragged_up_and_down(view, qtbot):
    view.setComparison(Comparison("wipe", (side(RED), side(BLUE))))
    view.setDivider(0.5, upright=False)
    assert seen(view, 60, 60) == RED
    assert seen(view, 60, 120) == BLUE

    view.setBrush("pan", 10)
    with qtbot.waitSignal(view.wiped) as wiped:
        QTest.mousePress(view, LEFT, pos=at(view, 100, 90))
        QTest.mouseMove(view, at(view, 100, 135))
        QTest.mouseRelease(view, LEFT, pos=at(view, 100, 135))
    assert wiped.args[0] == pytest.approx(0.75, abs=0.01)
    assert seen(view, 60, 120) == RED


def test_side_that_is_not_there_says_why_on_a_dark_ground(view):
    reason = Side(None, "It is being made.")
    view.setComparison(Comparison("wipe", (reason, side(BLUE))))
    shown = view.grab().toImage()
    corner, other = at(view, 10, 10), at(view, 250, 120)

    assert max(shown.pixelColor(corner).toTuple()[:3]) < 60
    assert shown.pixelColor(other).toTuple()[:3] == BLUE
    left = QRect(at(view, 5, 60), at(view, 150, 120))
    written = {
        shown.pixel(x, y) for x in range(left.left(), left.right()) for y in (left.center().y(),)
    }
    assert len(written) > 1


@pytest.mark.parametrize(("gain", "signed", "words"), [(4, False, "64"), (8, True, "−16")])
def test_legend_says_how_large_a_difference_is(qtbot, gain, signed, words):
    legend = DifferenceLegend()
    qtbot.addWidget(legend)
    legend.setDifference(gain, signed=signed)

    assert words in legend.accessibleName()
    image = legend.grab().toImage()
    row = [image.pixelColor(x, image.height() // 2).red() for x in range(image.width())]
    assert max(row) > 200
    assert min(row) < 20
