"""Each setting does something at once, and is kept at once."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from core.assets import asset
from core.cards import list_bundles
from studio import theme
from studio.app import keep_preferences
from studio.panels.main_window import MainWindow
from studio.panels.settings_dialog import SettingsDialog
from studio.settings import Settings, load
from tests.studio.clips import write_numbered
from tests.studio.fakes import ReplayingEngine
from tests.studio.window import opened, run

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_numbered(tmp_path / "clip.mkv")


def called(window: MainWindow) -> SettingsDialog:
    QTest.keyClick(window, Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, SettingsDialog)
    return dialog


def test_look_changes_and_everything_is_kept_at_once(
    qapp: QApplication, clip: Path, tmp_path: Path
) -> None:
    async def scenario() -> None:
        place = tmp_path / "settings.json"
        async with opened(ReplayingEngine(), clip) as window:
            keep_preferences(window, place)
            dialog = called(window)
            dialog.look.choose("light")
            assert theme.PANEL.lightness() > 200
            dialog.at_start.choose("welcome")
            dialog.undo.setValue(64)
            dialog.frames.setValue(512)

            kept = load(place)
            assert (kept.look, kept.undo_mb, kept.frames_mb) == ("light", 64, 512)
            assert kept.at_start == "welcome"
            dialog.close()

    run(scenario())
    theme.apply(qapp)


def test_less_memory_for_undo_forgets_the_oldest_edits(clip: Path) -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine(), clip) as window:
            masks = window.studio.masks
            for frame in range(3):
                masks.change(frame, "Invert", lambda mask: ~mask)
            masks.remember(1)

            masks.history.undo()
            assert not masks.undoable

    run(scenario())


def test_memory_of_the_settings_is_that_of_masks_and_frames(clip: Path) -> None:
    async def scenario() -> None:
        settings = Settings(undo_mb=1, frames_mb=100_000)
        async with opened(ReplayingEngine(), clip, settings=settings) as window:
            dialog = called(window)

            assert (dialog.undo.value(), dialog.frames.value()) == (16, 8192)
            dialog.close()

    run(scenario())


def test_models_of_another_folder_are_offered(clip: Path, tmp_path: Path) -> None:
    source = list_bundles(asset("models"))[0][0]
    shutil.copytree(source, tmp_path / "more" / "another")

    async def scenario() -> None:
        async with opened(ReplayingEngine(), clip) as window:
            models, dialog = window.studio.models, called(window)
            window.studio.preferences.models_folder = str(tmp_path / "more")
            assert [Path(entry.folder).name for entry in models.bundles] == ["another"]
            assert dialog.folder.text() == str(tmp_path / "more")

            window.studio.preferences.models_folder = ""
            assert models.bundles == ()
            assert not dialog.forget.isEnabled()
            dialog.close()

    run(scenario())


def test_shortcuts_are_reached_from_the_settings(clip: Path) -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine(), clip) as window:
            dialog = called(window)
            dialog.shortcuts.click()

            above = QApplication.activeModalWidget()
            assert above is not None
            assert above.windowTitle() == "Keyboard shortcuts"
            above.close()
            dialog.close()

    run(scenario())


def test_what_is_wrong_with_the_settings_is_still_told_when_the_clip_is_there(clip: Path) -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine()) as window:
            studio = window.studio
            studio.tell_at_start("The settings are damaged.")
            studio.session.open(clip)
            while studio.stage.picture is None:
                await asyncio.sleep(0.01)

            assert window.canvas.notice.text.text() == "The settings are damaged."

    run(scenario())
