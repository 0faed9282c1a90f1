"""The command palette runs any action from the keyboard alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studio.actions import ROWS
from studio.panels.main_window import MainWindow
from studio.panels.palette import Palette
from tests.studio.clips import write_numbered
from tests.studio.fakes import ReplayingEngine
from tests.studio.window import opened, run, until

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_numbered(tmp_path / "clip.mkv")


def called(window: MainWindow) -> Palette:
    """The palette, called up by its key."""
    QTest.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    palette = QApplication.activePopupWidget()
    assert isinstance(palette, Palette)
    return palette


def press(palette: Palette, key: Qt.Key) -> None:
    QTest.keyClick(palette.query, key)


def test_letters_and_enter_run_an_action(clip: Path) -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine(), clip) as window:
            palette = called(window)
            QTest.keyClicks(palette.query, "lasso")
            press(palette, Qt.Key.Key_Return)

            assert window.studio.tools.tool == "lasso"
            assert not palette.isVisible()

    run(scenario())


def test_arrows_choose_among_what_is_found(clip: Path) -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine(), clip) as window:
            palette = called(window)
            QTest.keyClicks(palette.query, "frame")
            names = [entry.name for entry in palette.found]
            press(palette, Qt.Key.Key_Down)
            press(palette, Qt.Key.Key_Down)
            press(palette, Qt.Key.Key_Up)

            assert palette.chosen is not None
            assert palette.chosen.name == names[1]
            palette.close()

    run(scenario())


def test_what_cannot_be_done_says_why_and_stays(clip: Path) -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine(), clip) as window:
            palette = called(window)
            QTest.keyClicks(palette.query, "undo")
            press(palette, Qt.Key.Key_Return)

            assert palette.chosen is not None
            assert palette.chosen.obstacle == "There is nothing to undo."
            assert palette.isVisible()
            assert "There is nothing to undo." in palette.list.currentItem().data(
                Qt.ItemDataRole.AccessibleTextRole
            )
            palette.close()

    run(scenario())


def test_escape_closes_and_nothing_is_done(clip: Path) -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine(), clip) as window:
            palette = called(window)
            QTest.keyClicks(palette.query, "lasso")
            press(palette, Qt.Key.Key_Escape)
            await until(lambda: QApplication.activePopupWidget() is None)

            assert window.studio.tools.tool == "brush"

    run(scenario())


def test_every_action_is_in_it_with_its_key() -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine()) as window:
            palette = called(window)
            found = {entry.name: entry for entry in palette.found}

            assert set(found) == {row.name for row in ROWS} - {"find"}
            assert found["open"].keys == "Ctrl+O"
            assert found["play"].obstacle == "Open a clip first."
            palette.close()

    run(scenario())


def test_letters_that_name_nothing_leave_nothing_to_run() -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine()) as window:
            palette = called(window)
            QTest.keyClicks(palette.query, "qqqq")
            press(palette, Qt.Key.Key_Return)

            assert palette.found == []
            assert palette.isVisible()
            palette.close()

    run(scenario())
