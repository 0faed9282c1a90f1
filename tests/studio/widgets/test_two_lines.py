"""A list with two lines for each entry, and a small clip that plays."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from studio.widgets.clip_loop import ClipLoop
from studio.widgets.flow_layout import FlowLayout
from studio.widgets.two_lines import Entry, TwoLines

ENTRIES = [
    Entry("a", "First", "small", "film", marked=True),
    Entry("b", "Second", "cannot be used", "film", wrong=True),
]


def test_list_says_which_entry_is_looked_at(qtbot: QtBot) -> None:
    shown = TwoLines("Things")
    qtbot.addWidget(shown)
    looked_at: list[str] = []
    shown.looked_at.connect(looked_at.append)

    shown.show_entries(ENTRIES, "b")
    QTest.keyClick(shown, Qt.Key.Key_Up)
    shown.show_entries(ENTRIES, "a")  # the same again: nothing is announced
    shown.show_entries(ENTRIES[1:], "a")  # it is gone

    assert looked_at == ["b", "a", "b"]
    assert shown.item(0).data(Qt.ItemDataRole.AccessibleTextRole) == "Second, cannot be used"


def test_all_parts_of_an_entry_are_drawn(qtbot: QtBot) -> None:
    shown = TwoLines("Things")
    qtbot.addWidget(shown)
    shown.resize(200, 100)
    shown.show_entries(ENTRIES[:1], "a")
    plain = shown.grab().toImage()
    shown.show_entries([Entry("a", "First", "small", "film")], "a")

    assert plain != shown.grab().toImage()  # the mark is gone


def test_clip_plays_while_it_is_seen_and_stops_on_a_key(qtbot: QtBot) -> None:
    frames = np.zeros((3, 8, 16, 3), np.uint8)
    loop = ClipLoop(frames, 50, "Predict", height=32)
    qtbot.addWidget(loop)
    assert loop.sizeHint().width() >= 64

    with qtbot.waitExposed(loop):
        loop.show()
    qtbot.waitUntil(lambda: loop.number > 0)
    QTest.keyClick(loop, Qt.Key.Key_Space)
    assert not loop.playing
    assert not loop._timer.isActive()
    QTest.mouseClick(loop, Qt.MouseButton.LeftButton)
    assert loop._timer.isActive()
    loop.hide()
    assert not loop._timer.isActive()


def test_layout_begins_a_new_row_where_there_is_no_room(qtbot: QtBot) -> None:
    whole = QWidget()
    qtbot.addWidget(whole)
    layout = FlowLayout(10)
    whole.setLayout(layout)
    labels = [QLabel() for _ in range(3)]
    for label in labels:
        label.setFixedSize(40, 20)
        layout.addWidget(label)

    assert layout.heightForWidth(200) == 20
    assert layout.heightForWidth(90) == 50
    whole.resize(90, 100)
    layout.activate()
    assert [(label.x(), label.y()) for label in labels] == [(0, 0), (50, 0), (0, 30)]
