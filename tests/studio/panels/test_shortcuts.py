"""A key is set by pressing it, counts at once, and is still there at the next start."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studio.app import keep_preferences
from studio.panels.main_window import MainWindow
from studio.panels.shortcuts import ShortcutsDialog
from studio.settings import Settings, load
from tests.studio.clips import write_numbered
from tests.studio.fakes import ReplayingEngine
from tests.studio.window import opened, run

pytestmark = pytest.mark.usefixtures("qapp")
CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_numbered(tmp_path / "clip.mkv")


def called(window: MainWindow) -> ShortcutsDialog:
    QTest.keyClick(window, Qt.Key.Key_F1)
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, ShortcutsDialog)
    return dialog


def listed(dialog: ShortcutsDialog) -> list[str]:
    groups = [dialog.table.topLevelItem(n) for n in range(dialog.table.topLevelItemCount())]
    items = [group.child(n) for group in groups for n in range(group.childCount())]
    return [item.text(0) for item in items if not item.isHidden()]


def test_pressed_key_counts_at_once_and_is_kept(clip: Path, tmp_path: Path) -> None:
    async def scenario() -> None:
        place = tmp_path / "settings.json"
        async with opened(ReplayingEngine(), clip) as window:
            keep_preferences(window, place)
            dialog = called(window)
            dialog.choose("lasso")
            QTest.keyClick(dialog.field, Qt.Key.Key_F7)
            dialog.close()

            QTest.keyClick(window, Qt.Key.Key_L)
            assert window.studio.tools.tool == "brush"
            QTest.keyClick(window, Qt.Key.Key_F7)
            assert window.studio.tools.tool == "lasso"
            assert "(F7)" in window.actions_["lasso"].toolTip()
        async with opened(ReplayingEngine(), clip, settings=load(place)) as window:
            QTest.keyClick(window, Qt.Key.Key_F7)
            assert window.studio.tools.tool == "lasso"

    run(scenario())


def test_key_of_another_action_is_named_and_only_swapped_on_demand(clip: Path) -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine(), clip) as window:
            dialog = called(window)
            dialog.choose("export")
            QTest.keyClick(dialog.field, Qt.Key.Key_O, CTRL)

            assert "“Open clip”" in dialog.notice.text.text()
            assert window.studio.preferences.shortcuts == {}

            dialog.notice.action.click()
            assert window.actions_["export"].shortcut().toString() == "Ctrl+O"
            assert window.actions_["open"].shortcut().toString() == "Ctrl+E"
            assert dialog.notice.isHidden()
            dialog.close()

    run(scenario())


def test_keys_that_move_in_windows_are_refused(clip: Path) -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine(), clip) as window:
            dialog = called(window)
            dialog.choose("lasso")
            QTest.keyClick(dialog.field, Qt.Key.Key_Return)

            assert "cannot be a shortcut" in dialog.notice.text.text()
            assert window.studio.preferences.shortcuts == {}
            dialog.close()

    run(scenario())


def test_letters_written_with_shift_keep_it_and_signs_do_not(clip: Path) -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine(), clip) as window:
            dialog, shift = called(window), Qt.KeyboardModifier.ShiftModifier
            dialog.choose("lasso")
            QTest.keyClick(dialog.field, Qt.Key.Key_Y, shift)
            assert window.studio.preferences.shortcuts["lasso"] == ("Shift+Y",)
            QTest.keyClick(dialog.field, "!", shift)
            assert window.studio.preferences.shortcuts["lasso"] == ("!",)
            dialog.close()

    run(scenario())


def test_one_is_reset_and_then_all(clip: Path) -> None:
    async def scenario() -> None:
        settings = Settings(shortcuts={"lasso": ("F7",), "fill": (), "wand": ("F8",)})
        async with opened(ReplayingEngine(), clip, settings=settings) as window:
            dialog = called(window)
            dialog.choose("lasso")
            dialog.reset.click()
            assert window.actions_["lasso"].shortcut().toString() == "L"
            assert window.actions_["fill"].shortcut().isEmpty()
            assert not dialog.reset.isEnabled()

            dialog.reset_all.click()
            assert window.actions_["fill"].shortcut().toString() == "G"
            assert window.studio.preferences.shortcuts == {}
            assert not dialog.reset_all.isEnabled()
            dialog.close()

    run(scenario())


def test_an_action_can_be_without_a_key(clip: Path) -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine(), clip) as window:
            dialog = called(window)
            dialog.choose("lasso")
            dialog.none.click()
            dialog.close()
            QTest.keyClick(window, Qt.Key.Key_L)

            assert window.studio.tools.tool == "brush"

    run(scenario())


def test_list_is_searched_by_name_and_by_key(clip: Path) -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine(), clip) as window:
            dialog = called(window)
            QTest.keyClicks(dialog.query, "onion")
            assert listed(dialog) == ["Onion skin"]
            assert dialog.chosen is not None
            assert dialog.chosen.name == "onion"

            dialog.query.setText("ctrl+shift+m")
            assert listed(dialog) == ["Import mask"]

            dialog.query.setText("qqqq")
            assert listed(dialog) == []
            assert dialog.chosen is None
            assert not dialog.field.isEnabled()
            dialog.close()

    run(scenario())


def test_shortcuts_of_a_file_that_make_no_sense_are_left_out(tmp_path: Path) -> None:
    place = tmp_path / "settings.json"
    place.write_text('{"shortcuts": {"lasso": ["F7"], "wand": "F8", "fill": [1]}}')

    assert load(place).shortcuts == {"lasso": ("F7",)}
