"""Tokens under the cursor, with a real canvas: pointed at, picked, walked through, brushed."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtTest import QTest

from core.token_edits import AGAIN, FREE, KEPT
from studio.widgets.clip_view import ClipView
from studio.widgets.token_lens import LensPicture
from studio.widgets.token_picker import NOWHERE

LEFT = Qt.MouseButton.LeftButton
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def view(qtbot) -> ClipView:
    """A grid of 4x4 tokens of 16 pixels each over the middle of a frame of 128x96."""
    made = ClipView()
    qtbot.addWidget(made)
    made.resize(600, 450)
    made.show()
    qtbot.waitExposed(made)
    made.setFrame(np.full((96, 128, 3), 90, np.uint8))
    made.setBrush("pan", 4)
    nothing = np.zeros((4, 4), bool)
    lens = LensPicture(nothing, nothing, np.zeros((4, 4), int), np.ones((4, 4)))
    made.setLens(lens, QRect(32, 16, 64, 64))
    return made


def middle(view: ClipView, row: int, column: int) -> QPoint:
    return view.tokens.rect((row, column)).center().toPoint()


def told(signal) -> list:
    heard: list = []
    signal.connect(lambda *args: heard.append(args))
    return heard


def drag(view: ClipView, cells: list[tuple[int, int]], held=Qt.KeyboardModifier.NoModifier) -> None:
    QTest.mousePress(view, LEFT, held, middle(view, *cells[0]))
    for cell in cells:
        # QTest's move forgets the keys; the view reads them at the press.
        QTest.mouseMove(view, middle(view, *cell))
    QTest.mouseRelease(view, LEFT, held, middle(view, *cells[-1]))


def test_the_token_under_the_cursor_is_told_once(view):
    pointed = told(view.tokenPointed)

    QTest.mouseMove(view, middle(view, 1, 2))
    QTest.mouseMove(view, middle(view, 1, 2) + QPoint(3, 0))
    QTest.mouseMove(view, QPoint(5, 5))

    assert pointed == [(1, 2), NOWHERE]


def test_a_click_of_the_hand_picks_a_token_and_a_drag_moves_the_picture(view):
    asked, before = told(view.tokenAsked), view.place.origin

    QTest.mouseClick(view, LEFT, pos=middle(view, 3, 0))
    assert asked == [(3, 0)]
    assert view.tokens.chosen == (3, 0)
    assert not view.tokens.by_keyboard
    assert view.place.origin == before

    view.zoomIn()
    view.zoomIn()
    origin = view.place.origin
    QTest.mousePress(view, LEFT, pos=QPoint(300, 200))
    QTest.mouseMove(view, QPoint(260, 180))
    QTest.mouseRelease(view, LEFT, pos=QPoint(260, 180))
    assert view.place.origin != origin
    assert len(asked) == 1


def test_a_click_beside_the_grid_leaves_the_token(view):
    QTest.mouseClick(view, LEFT, pos=middle(view, 0, 0))

    QTest.mouseClick(view, LEFT, pos=view.place.to_view(QPointF(4, 4)).toPoint())

    assert view.tokens.chosen == NOWHERE


def test_arrow_keys_walk_enter_asks_and_escape_ends(view):
    chosen, asked = told(view.tokenChosen), told(view.tokenAsked)
    view.tokens.choose((0, 0))
    view.setFocus()

    for key in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Left):
        QTest.keyClick(view, key)
    QTest.keyClick(view, Qt.Key.Key_Return)
    QTest.keyClick(view, Qt.Key.Key_Escape)

    assert chosen == [(0, 0), (0, 1), (1, 1), (1, 0), NOWHERE]  # the edge is the end
    assert asked == [(1, 0)]
    assert view.tokens.by_keyboard


def test_arrow_keys_are_those_of_the_window_while_no_token_is_looked_at(view):
    chosen = told(view.tokenChosen)
    view.setFocus()

    QTest.keyClick(view, Qt.Key.Key_Right)

    assert chosen == []


@pytest.mark.parametrize(
    ("tool", "held", "mark"),
    [
        ("repaint", Qt.KeyboardModifier.NoModifier, AGAIN),
        ("pin", Qt.KeyboardModifier.NoModifier, KEPT),
        ("repaint", CTRL, FREE),
        ("pan", SHIFT, AGAIN),
        ("pan", SHIFT | CTRL, FREE),
    ],
)
def test_a_brush_marks_the_tokens_that_it_crosses(view, tool, held, mark):
    marked = told(view.tokensMarked)
    view.setBrush(tool, 4)

    drag(view, [(0, 1), (0, 3)], held)

    ((places, told_mark),) = marked
    assert told_mark == mark
    assert np.argwhere(places).tolist() == [[0, 1], [0, 2], [0, 3]]
    assert (view.lens.marks[places] == mark).all()  # seen before anybody keeps it


def test_a_wide_brush_marks_what_it_reaches_into(view):
    marked = told(view.tokensMarked)
    view.setBrush("repaint", 20)

    QTest.mouseClick(view, LEFT, pos=middle(view, 1, 1))

    assert np.argwhere(marked[0][0]).tolist() == [[0, 1], [1, 0], [1, 1], [1, 2], [2, 1]]


def test_without_a_lens_nothing_is_picked_or_marked(view):
    marked, asked = told(view.tokensMarked), told(view.tokenAsked)
    view.tokens.choose((2, 2))
    view.setLens(None)
    view.setBrush("repaint", 20)

    QTest.mouseClick(view, LEFT, pos=QPoint(300, 220))

    assert view.tokens.chosen == NOWHERE
    assert (marked, asked) == ([], [])


def test_marks_are_told_apart_without_colour(view):
    """Each has a pattern of its own: no two cells look alike in grey."""
    lens = view.lens
    marks = np.full((4, 4), FREE)
    marks[0] = [AGAIN, KEPT, 7, FREE]
    view.setLens(
        LensPicture(lens.given, lens.masked, lens.kept_at, lens.confidence, marks=marks),
        QRect(32, 16, 64, 64),
    )
    picture = view.grab().toImage()
    greys = []
    for column in range(4):
        cell = view.tokens.rect((0, column)).toRect()
        part = picture.copy(cell)
        greys.append([part.pixelColor(x, y).lightness() for x in range(cell.width()) for y in
                      range(cell.height())])  # fmt: skip

    for one in range(4):
        for other in range(one):
            size = min(len(greys[one]), len(greys[other]))
            far = np.abs(np.subtract(greys[one][:size], greys[other][:size])) > 60
            assert far.mean() > 0.01
