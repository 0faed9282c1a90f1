"""The lane of the masks under a real mouse and keyboard."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from core.masks import Span
from studio import theme
from studio.widgets.frame_axis import FrameAxis
from studio.widgets.mask_lane import MaskLane, MaskSpans, trust_colour

LEFT = Qt.MouseButton.LeftButton
SPANS = (
    Span(None, 20, "hold"),
    Span(20, 50, "interpolate"),
    Span(50, 80, "track"),
    Span(80, None, "hold"),
)
TRUST = {frame: 1 - (frame - 51) / 29 for frame in range(51, 70)}


@pytest.fixture
def lane(qtbot) -> MaskLane:
    shown = MaskLane()
    qtbot.addWidget(shown)
    shown.resize(1020, shown.sizeHint().height())
    shown.setLength(100)
    shown.setSpans(MaskSpans((20, 50, 80), (80,), SPANS, TRUST))
    shown.show()
    qtbot.waitExposed(shown)
    return shown


def place(lane: MaskLane, frame: int) -> QPoint:
    return QPoint(round(FrameAxis(lane.width(), 100).middle(frame)), lane.height() // 2)


def column(lane: MaskLane, frame: int) -> list[str]:
    image = lane.grab().toImage()
    x = place(lane, frame).x()
    return [QColor(image.pixel(x, y)).name() for y in range(image.height())]


def test_click_goes_to_the_frame_and_on_a_diamond_to_its_key_frame(lane, qtbot):
    with qtbot.waitSignal(lane.positionRequested) as asked:
        QTest.mouseClick(lane, LEFT, pos=place(lane, 37))
    assert asked.args == [37]

    with qtbot.waitSignal(lane.positionRequested) as asked, qtbot.assertNotEmitted(lane.keyMoved):
        QTest.mouseClick(lane, LEFT, pos=place(lane, 50) + QPoint(4, 3))
    assert asked.args == [50]


def test_dragging_a_diamond_moves_the_key_frame_once(lane):
    moved = []
    lane.keyMoved.connect(lambda *way: moved.append(way))

    QTest.mousePress(lane, LEFT, pos=place(lane, 50))
    QTest.mouseMove(lane, place(lane, 55))
    QTest.mouseMove(lane, place(lane, 60))
    assert moved == []
    QTest.mouseRelease(lane, LEFT, pos=place(lane, 60))

    assert moved == [(50, 60)]


def test_key_frame_stays_within_the_clip(lane, qtbot):
    lane.setReach(140)

    with qtbot.waitSignal(lane.keyMoved) as moved:
        QTest.mousePress(lane, LEFT, pos=QPoint(round(FrameAxis(1020, 140).middle(80)), 12))
        QTest.mouseMove(lane, QPoint(1019, 12))
        QTest.mouseRelease(lane, LEFT, pos=QPoint(1019, 12))

    assert moved.args == [80, 99]


def test_dragging_beside_a_diamond_scrubs(lane):
    asked = []
    lane.positionRequested.connect(asked.append)

    QTest.mousePress(lane, LEFT, pos=place(lane, 30))
    QTest.mouseMove(lane, place(lane, 40))
    QTest.mouseRelease(lane, LEFT, pos=place(lane, 40))

    assert asked == [30, 40]


def test_keys_go_from_key_frame_to_key_frame(lane, qtbot):
    lane.positionRequested.connect(lane.setPosition)
    lane.setPosition(30)

    def after(key: Qt.Key) -> int:
        QTest.keyClick(lane, key)
        return lane._position

    assert after(Qt.Key.Key_PageDown) == 50
    assert after(Qt.Key.Key_End) == 80
    assert after(Qt.Key.Key_PageUp) == 50
    assert after(Qt.Key.Key_Left) == 49
    assert after(Qt.Key.Key_Home) == 20
    with qtbot.waitSignal(lane.keyRemoved) as removed:
        QTest.keyClick(lane, Qt.Key.Key_Delete)
    assert removed.args == [20]


def test_delete_beside_a_key_frame_removes_nothing(lane, qtbot):
    lane.setPosition(33)

    with qtbot.assertNotEmitted(lane.keyRemoved):
        QTest.keyClick(lane, Qt.Key.Key_Delete)


def test_menu_is_that_of_the_frame_under_the_mouse_or_of_the_playhead(lane, qtbot):
    def asked_by(reason: QContextMenuEvent.Reason) -> int:
        where = place(lane, 64)
        event = QContextMenuEvent(reason, where, lane.mapToGlobal(where))
        with qtbot.waitSignal(lane.menuRequested) as asked:
            QApplication.sendEvent(lane, event)
        return asked.args[0]

    lane.setPosition(20)
    assert asked_by(QContextMenuEvent.Reason.Mouse) == 64
    assert asked_by(QContextMenuEvent.Reason.Keyboard) == 20


def test_kinds_look_different(lane):
    looks = {kind: tuple(column(lane, frame)) for kind, frame in
             (("hold", 8), ("interpolate", 35), ("tracked", 60), ("not tracked", 75))}  # fmt: skip

    assert len(set(looks.values())) == 4
    assert trust_colour(TRUST[60]).name() in looks["tracked"]


def test_diamond_of_an_empty_mask_is_hollow(lane):
    middle = lane.height() // 2

    assert column(lane, 50)[middle] == theme.PAINTED.name()
    assert column(lane, 80)[middle] == theme.PANEL.name()


def test_trust_goes_from_red_to_green():
    reds = [trust_colour(t).red() - trust_colour(t).green() for t in np.linspace(0, 1, 11)]

    assert reds == sorted(reds, reverse=True)


@pytest.mark.parametrize(
    ("frame", "words"),
    [(50, "key frame"), (60, "tracked, confidence 69"), (75, "not tracked yet"), (8, "holds"),
     (35, "changes into")],
)  # fmt: skip
def test_tooltip_says_what_is_known(lane, frame, words):
    assert words in lane.words(QPointF(place(lane, frame)))


def test_lane_without_a_clip_takes_no_clicks(qtbot):
    lane = MaskLane()
    qtbot.addWidget(lane)

    with qtbot.assertNotEmitted(lane.positionRequested):
        QTest.mouseClick(lane, LEFT, pos=QPoint(50, 10))
