"""The whole job without a mouse: a region is painted, generated and looked at."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from studio.state.takes.take import Phase
from tests.studio.clips import write_numbered
from tests.studio.fakes import ReplayingEngine
from tests.studio.window import opened, run, until

pytestmark = pytest.mark.usefixtures("qapp")
Key, Held = Qt.Key, Qt.KeyboardModifier


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_numbered(tmp_path / "clip.mkv")


def press(key: Qt.Key, held: Qt.KeyboardModifier = Held.NoModifier) -> None:
    """A key for whoever has the keyboard, as a person presses it."""
    focused = QApplication.focusWidget()
    assert isinstance(focused, QWidget)
    QTest.keyClick(focused, key, held)


def test_a_region_is_painted_and_generated_from_the_keyboard_alone(clip: Path) -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine(), clip) as window:
            studio, view = window.studio, window.canvas.view
            window.activateWindow()
            press(Key.Key_D)
            assert studio.tools.by_keyboard
            assert view.hasFocus()
            assert window.canvas.keys.isVisible()

            studio.tools.resize_brush(12)
            press(Key.Key_Right)
            QTest.keyPress(view, Key.Key_Space)
            press(Key.Key_Down)
            QTest.keyRelease(view, Key.Key_Space)
            assert studio.playback.position == 0
            assert studio.masks.at(0) is not None
            assert studio.masks.at(0)[24, 33]

            press(Key.Key_Return, Held.ControlModifier)
            await studio.generation.ended()
            assert studio.generation.phase is Phase.FINISHED

    run(scenario())


def test_arrows_step_again_once_escape_has_left(clip: Path) -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine(), clip) as window:
            studio = window.studio
            window.activateWindow()
            press(Key.Key_D)
            press(Key.Key_Right)
            press(Key.Key_Period)
            assert studio.playback.position == 1

            press(Key.Key_Escape)
            assert not studio.tools.by_keyboard
            assert window.canvas.keys.isHidden()
            press(Key.Key_Right)
            assert studio.playback.position == 2

    run(scenario())


def test_tab_leaves_too_and_the_bar_names_the_tool_in_hand(clip: Path) -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine(), clip) as window:
            window.activateWindow()
            press(Key.Key_D)
            press(Key.Key_P)
            assert "Space sets a corner" in window.canvas.keys.words.text()
            press(Key.Key_Left)
            assert window.canvas.keys.place.text() == "31, 24"

            press(Key.Key_Tab)
            assert not window.studio.tools.by_keyboard

    run(scenario())


def test_without_a_clip_it_says_why_not() -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine()) as window:
            action = window.actions_["by_keyboard"]

            assert not action.isEnabled()
            assert action.toolTip().endswith("Open a clip first.")

    run(scenario())


def test_canvas_is_extended_by_dragging_its_edge_with_the_keyboard(clip: Path) -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine(), clip) as window:
            view, size = window.canvas.view, window.studio.session.clip.size
            window.activateWindow()
            press(Key.Key_V)
            press(Key.Key_D)
            for _ in range(size[0] // 2):
                QTest.keyClick(view, Key.Key_Right, Held.ControlModifier)
            QTest.keyPress(view, Key.Key_Space)
            for _ in range(12):
                QTest.keyClick(view, Key.Key_Right, Held.ControlModifier)
            QTest.keyRelease(view, Key.Key_Space)
            await until(lambda: window.studio.session.clip.size != size)

            assert window.studio.session.clip.size[1] == size[1]
            assert 8 <= window.studio.session.clip.size[0] - size[0] <= 16

    run(scenario())
