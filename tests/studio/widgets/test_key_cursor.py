"""The canvas is painted on without a mouse."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.masks import Mask
from studio.widgets.clip_view import ClipView, Tool

Key, Held = Qt.Key, Qt.KeyboardModifier
SIZE = (320, 200)


@pytest.fixture
def view(qtbot: QtBot) -> ClipView:
    """One picture pixel is one view point; the cursor stands in the middle, at 160, 100."""
    view = ClipView()
    qtbot.addWidget(view)
    view.resize(SIZE[0] + 32, SIZE[1] + 32)
    view.show()
    picture = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    picture[:, 200:] = 200
    view.setFrame(picture)
    view.fit()
    view.setBrush("brush", 20)
    view.setKeyCursor(True)
    return view


def move(view: ClipView, key: Qt.Key, pixels: int) -> None:
    for _ in range(pixels):
        QTest.keyClick(view, key, Held.ControlModifier)


def place(view: ClipView) -> tuple[int, int]:
    return int(view.keys.point.x()), int(view.keys.point.y())


def painted_by(view: ClipView, tool: Tool) -> list[Mask]:
    masks: list[Mask] = []
    view.setBrush(tool, 20)
    view.strokeFinished.connect(masks.append)
    return masks


def test_arrows_move_it_and_ctrl_by_one_pixel(view: ClipView) -> None:
    assert place(view) == (160, 100)
    QTest.keyClick(view, Key.Key_Left)
    assert place(view) == (152, 100)
    move(view, Key.Key_Down, 3)
    assert place(view) == (152, 103)


def test_it_becomes_faster_while_a_key_is_held_and_stays_in_the_picture(view: ClipView) -> None:
    begun = place(view)[0]
    for repeat in (False, True, True, True):
        QApplication.sendEvent(
            view, QKeyEvent(QKeyEvent.Type.KeyPress, Key.Key_Left, Held.NoModifier, "", repeat)
        )
    assert begun - place(view)[0] > 4 * 8 + 4

    for _ in range(100):
        QTest.keyClick(view, Key.Key_Left)
    assert place(view) == (0, 100)


def test_two_keys_at_once_move_it_aslant(view: ClipView) -> None:
    QTest.keyPress(view, Key.Key_Left, Held.ControlModifier)
    QTest.keyPress(view, Key.Key_Up, Held.ControlModifier)

    assert place(view) == (158, 99)


def test_tap_of_space_is_a_dab(view: ClipView) -> None:
    masks = painted_by(view, "brush")
    QTest.keyClick(view, Key.Key_Space)

    assert masks[0][100, 160]
    assert masks[0].sum() == pytest.approx(np.pi * 100, rel=0.05)


@pytest.mark.parametrize("key", [Key.Key_Space, Key.Key_Return])
def test_stroke_while_space_is_held_or_between_two_presses_of_enter(
    view: ClipView, key: Qt.Key
) -> None:
    masks = painted_by(view, "brush")
    QTest.keyPress(view, key)
    if key == Key.Key_Return:
        QTest.keyRelease(view, key)
    move(view, Key.Key_Right, 60)
    assert masks == []
    if key == Key.Key_Return:
        QTest.keyPress(view, key)
    QTest.keyRelease(view, key)

    assert masks[0][100, 160:221].all()
    assert not masks[0][100, 240]


def test_eraser_wipes_out(view: ClipView) -> None:
    view.setMask(np.ones((SIZE[1], SIZE[0]), np.bool_))
    masks = painted_by(view, "eraser")
    QTest.keyClick(view, Key.Key_Space)

    assert not masks[0][100, 160]


@pytest.mark.parametrize("tool", ["rectangle", "ellipse"])
def test_boxes_from_corner_to_corner(view: ClipView, tool: Tool) -> None:
    masks = painted_by(view, tool)
    QTest.keyPress(view, Key.Key_Space)
    move(view, Key.Key_Right, 40)
    move(view, Key.Key_Down, 30)
    QTest.keyRelease(view, Key.Key_Space)

    assert masks[0][115, 180]
    assert masks[0].sum() == pytest.approx(
        1200 * (1 if tool == "rectangle" else np.pi / 4), rel=0.06
    )


def test_lasso_and_polygon_take_what_is_inside(view: ClipView) -> None:
    masks = painted_by(view, "lasso")
    QTest.keyPress(view, Key.Key_Space)
    for key in (Key.Key_Right, Key.Key_Down, Key.Key_Left, Key.Key_Up):
        move(view, key, 30)
    QTest.keyRelease(view, Key.Key_Space)
    assert masks[0].sum() == pytest.approx(900, rel=0.1)

    view.setMask(None)
    masks = painted_by(view, "polygon")
    for key in (Key.Key_Right, Key.Key_Down, Key.Key_Left):
        QTest.keyClick(view, Key.Key_Space)
        move(view, key, 40)
    QTest.keyClick(view, Key.Key_Space)
    QTest.keyClick(view, Key.Key_Return)
    assert masks[-1].sum() == pytest.approx(1600, rel=0.1)


def test_wand_takes_a_colour_and_fill_an_outline(view: ClipView) -> None:
    masks = painted_by(view, "wand")
    QTest.keyClick(view, Key.Key_Space)
    assert masks[0][:, :199].all()
    assert not masks[0][:, 201:].any()

    ring = np.zeros((SIZE[1], SIZE[0]), np.bool_)
    ring[80:120, 140:180] = True
    ring[90:110, 150:170] = False
    view.setMask(ring)
    masks = painted_by(view, "fill")
    QTest.keyClick(view, Key.Key_Space)
    assert masks[-1][80:120, 140:180].all()


def test_select_asks_for_what_is_under_the_scribble(view: ClipView, qtbot: QtBot) -> None:
    view.setBrush("select", 20)
    with qtbot.waitSignal(view.selectRequested) as asked:
        QTest.keyPress(view, Key.Key_Space)
        move(view, Key.Key_Up, 30)
        QTest.keyRelease(view, Key.Key_Space)

    scribble, painted = asked.args
    assert painted
    assert scribble[70:100, 160].all()


def test_working_window_is_moved_and_resized(view: ClipView) -> None:
    view.setBrush("window", 20)
    view.setWindow(QRect(120, 60, 80, 80))
    view.setWindowEditable(True)
    edits: list[QRect] = []
    view.windowEditFinished.connect(edits.append)
    QTest.keyPress(view, Key.Key_Space)
    move(view, Key.Key_Right, 20)
    QTest.keyRelease(view, Key.Key_Space)
    assert edits[-1] == QRect(140, 60, 80, 80)

    move(view, Key.Key_Right, 40)
    move(view, Key.Key_Down, 40)
    QTest.keyPress(view, Key.Key_Space)
    move(view, Key.Key_Left, 20)
    move(view, Key.Key_Up, 20)
    QTest.keyRelease(view, Key.Key_Space)
    assert edits[-1].topLeft() == QRect(140, 60, 80, 80).topLeft()
    assert edits[-1].width() == pytest.approx(60, abs=2)


def test_hand_moves_the_picture_and_the_cursor_along(view: ClipView) -> None:
    for _ in range(4):
        view.zoomIn()
    view.setBrush("pan", 20)
    before, picture = view.keys.place, view.pictureRect().topLeft()
    QTest.keyPress(view, Key.Key_Space)
    move(view, Key.Key_Left, 10)
    QTest.keyRelease(view, Key.Key_Space)

    by = view.pictureRect().left() - picture.x()
    assert by == pytest.approx(-10 * view.place.ratio, abs=2)
    assert view.keys.place.x() - before.x() == pytest.approx(by, abs=view.place.ratio)


def test_escape_gives_a_shape_up_and_then_leaves(view: ClipView, qtbot: QtBot) -> None:
    masks = painted_by(view, "rectangle")
    QTest.keyPress(view, Key.Key_Space)
    move(view, Key.Key_Right, 40)
    QTest.keyClick(view, Key.Key_Escape)
    QTest.keyRelease(view, Key.Key_Space)
    assert masks == []

    with qtbot.waitSignal(view.keyCursorLeft):
        QTest.keyClick(view, Key.Key_Escape)


def test_picture_follows_when_it_is_larger_than_the_view(view: ClipView) -> None:
    for _ in range(4):
        view.zoomIn()
    for _ in range(60):
        QTest.keyClick(view, Key.Key_Right)

    assert view.rect().contains(view.keys.place.toPoint())


def test_it_is_seen_on_black_and_on_white_and_says_where_it_is(view: ClipView) -> None:
    said: list[str] = []
    view.announced.connect(said.append)
    for level in (0, 255, 128):
        view.setFrame(np.full((SIZE[1], SIZE[0], 3), level, np.uint8))
        cross = view.grab(view.keys.rect.toAlignedRect()).toImage()
        greys = [
            cross.pixelColor(x, y).lightness()
            for x in range(cross.width())
            for y in range(cross.height())
        ]
        assert min(greys) < 40
        assert max(greys) > 240

    QTest.keyClick(view, Key.Key_Right)
    QTest.keyClick(view, Key.Key_Space)
    assert said == ["168, 100", "Pressed at 168, 100", "Let go at 168, 100"]


def test_without_it_arrows_are_not_taken(view: ClipView) -> None:
    view.setKeyCursor(False)
    event = QKeyEvent(QKeyEvent.Type.ShortcutOverride, Key.Key_Right, Held.NoModifier)
    event.ignore()
    QApplication.sendEvent(view, event)

    assert not event.isAccepted()
