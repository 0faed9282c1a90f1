"""The export dialog offers formats, range and sound, and shows how the export goes."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.media.writing import WRITERS
from studio.panels.export_dialog import ExportDialog
from studio.panels.main_window import MainWindow
from studio.settings import Settings
from tests.studio.clips import write_numbered
from tests.studio.fakes import ReplayingEngine
from tests.studio.window import opened, run, until

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_numbered(tmp_path / "clip.mkv")


def dialog_of(window: MainWindow) -> ExportDialog:
    window.actions_["export"].trigger()
    return window.findChildren(ExportDialog)[0]


def choose(dialog: ExportDialog, writer: str) -> None:
    row = dialog.writer.findData(writer)
    dialog.writer.setCurrentIndex(row)
    dialog.writer.activated.emit(row)


def test_every_format_is_offered_with_its_suffix(clip: Path) -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine(), clip) as window:
            dialog = dialog_of(window)
            for name, row in WRITERS.items():
                choose(dialog, name)
                assert Path(dialog.path.text()).suffix == row.suffix
                assert set(dialog.options.controls) == set(row.options.__dataclass_fields__)

    run(scenario())


def test_export_is_written_and_the_dialog_closes(clip: Path) -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine(), clip) as window:
            dialog = dialog_of(window)
            choose(dialog, "ffv1")
            target = clip.with_name("out.mkv")
            dialog.path.setText(str(target))
            dialog.start.click()
            await window.studio.export.ended()
            assert target.exists()
            assert window.canvas.notice.action.text() == "Show in folder"

    run(scenario())


def test_stop_keeps_the_dialog_and_leaves_no_file(clip: Path) -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine(), clip) as window:
            dialog = dialog_of(window)
            choose(dialog, "ffv1")
            target = clip.with_name("out.mkv")
            dialog.path.setText(str(target))
            dialog.start.click()
            assert dialog.cancel.text() == "Stop"
            dialog.cancel.click()
            await window.studio.export.ended()
            assert not target.exists()
            assert dialog.isVisible()
            assert dialog.cancel.text() == "Cancel"

    run(scenario())


def test_range_between_marks_needs_marks(clip: Path) -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine(), clip) as window:
            dialog = dialog_of(window)
            assert not dialog.range.isEnabled()
            dialog.reject()
            await until(lambda: not window.findChildren(ExportDialog))
            window.studio.playback.mark(2, 5)
            dialog = dialog_of(window)
            dialog.range.activated.emit(1)
            assert window.studio.export.frame_count == 4

    run(scenario())


def test_silent_clip_offers_no_sound(clip: Path) -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine(), clip, settings=Settings()) as window:
            assert not dialog_of(window).audio.isEnabled()

    run(scenario())
