"""The export dialog: what it offers, what it refuses and why, and what it leaves behind."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLineEdit, QWidget

from core.comparison import CONTENTS, GAP_PX
from core.media.reading import open_clip
from core.media.tags import read_tag
from core.media.writing import WRITERS
from core.provenance import read_provenance
from studio.panels import export_dialog
from studio.panels.export_dialog import ExportDialog
from studio.panels.main_window import MainWindow
from studio.settings import Settings, load, save
from studio.state.export.export_choice import PRESETS, Choice
from tests.studio.clips import numbered, write_numbered
from tests.studio.fakes import ReplayingEngine
from tests.studio.window import opened, run, until

pytestmark = pytest.mark.usefixtures("qapp")
SIZE = (96, 64)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_numbered(tmp_path / "clip.mkv", 20, *SIZE)


def dialog_of(window: MainWindow) -> ExportDialog:
    window.actions_["export"].trigger()
    return window.findChildren(ExportDialog)[0]


async def generate(window: MainWindow) -> None:
    """A result on the first frames, inside a painted box."""
    mask = np.zeros(SIZE[::-1], bool)
    mask[16:48, 20:60] = True
    window.studio.masks.paint(0, mask)
    window.studio.asking.generate()
    await window.studio.generation.ended()


@asynccontextmanager
async def exporting(
    clip: Path, *, result: bool = False, settings: Settings | None = None
) -> AsyncIterator[tuple[MainWindow, ExportDialog]]:
    async with opened(ReplayingEngine(), clip, settings=settings) as window:
        if result:
            await generate(window)
        yield window, dialog_of(window)


async def written(window: MainWindow, dialog: ExportDialog, target: Path) -> Path:
    """Presses Export and waits for the file."""
    dialog.path.setText(str(target))
    assert dialog.start.isEnabled(), dialog.notice.text.text()
    dialog.start.click()
    await window.studio.export.ended()
    await asyncio.sleep(0)
    return target


def frames_of(path: Path) -> np.ndarray:
    with open_clip(path) as reader:
        return reader.read(0, len(reader)).frames


def test_every_format_is_offered_with_its_suffix_and_options(clip: Path) -> None:
    async def scenario() -> None:
        async with exporting(clip) as (_window, dialog):
            for name, row in WRITERS.items():
                dialog.writer.choose(name)
                assert Path(dialog.path.text()).suffix == row.suffix
                assert set(dialog.options.controls) == set(row.options.__dataclass_fields__)

    run(scenario())


def test_every_format_is_written_from_the_dialog(clip: Path) -> None:
    async def scenario() -> None:
        async with exporting(clip) as (window, dialog):
            for name, row in WRITERS.items():
                dialog.writer.choose(name)
                path = await written(window, dialog, clip.with_name(f"{name}{row.suffix}"))
                with open_clip(path) as reader:
                    assert (len(reader), reader.size) == (20, SIZE), name

    run(scenario())


def test_file_is_offered_when_it_is_written(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened_files: list[Path] = []
    monkeypatch.setattr(export_dialog, "open_outside", opened_files.append)
    monkeypatch.setattr(export_dialog, "show_in_folder", opened_files.append)

    async def scenario() -> None:
        async with exporting(clip) as (window, dialog):
            assert not dialog.view.isVisible()
            dialog.writer.choose("ffv1")
            target = await written(window, dialog, clip.with_name("out.mkv"))
            assert "out.mkv" in dialog.notice.text.text()
            assert dialog.cancel.text() == "Close"
            dialog.view.click()
            dialog.reveal.click()
            assert opened_files == [target, target]
            assert window.canvas.notice.action.text() == "Show in folder"
            dialog.writer.choose("gif")
            assert not dialog.view.isVisible()
            dialog.cancel.click()
            await until(lambda: not window.findChildren(ExportDialog))

    run(scenario())


def test_stop_keeps_the_dialog_and_leaves_no_file(clip: Path) -> None:
    async def scenario() -> None:
        async with exporting(clip) as (window, dialog):
            dialog.writer.choose("ffv1")
            target = clip.with_name("out.mkv")
            dialog.path.setText(str(target))
            dialog.start.click()
            assert dialog.cancel.text() == "Stop"
            assert dialog.progress.isVisible()
            assert not dialog.path.isEnabled()
            dialog.cancel.click()
            await window.studio.export.ended()
            assert not target.exists()
            assert dialog.isVisible()
            assert dialog.cancel.text() == "Cancel"

    run(scenario())


def test_range_is_the_clip_the_marks_or_what_is_generated(clip: Path) -> None:
    async def scenario() -> None:
        async with exporting(clip) as (window, dialog):
            assert "in or out mark" in dialog.range.obstacle("marks")
            assert "Nothing is generated" in dialog.range.obstacle("generated")
            dialog.reject()
            await until(lambda: not window.findChildren(ExportDialog))
            window.studio.playback.mark(2, 5)
            await generate(window)
            dialog = dialog_of(window)
            dialog.range.choose("marks")
            assert window.studio.export.frame_count == 4
            dialog.range.choose("generated")
            path = await written(window, dialog, clip.with_name("part.mkv").with_suffix(".mp4"))
            assert len(frames_of(path)) == 4

    run(scenario())


def test_what_cannot_be_done_says_why(clip: Path) -> None:
    async def scenario() -> None:
        async with exporting(clip) as (_window, dialog):
            assert not dialog.audio.isEnabled()
            assert "no sound" in dialog.audio.toolTip()
            for name, row in CONTENTS.items():
                assert bool(dialog.content.obstacle(name)) == (row.needs != "nothing")
            assert "no transparency" in dialog.alpha.obstacle("generated")
            dialog.writer.choose("webm")
            assert "Nothing is generated" in dialog.alpha.obstacle("generated")
            assert "Nothing is painted" in dialog.alpha.obstacle("mask")
            dialog.shape.controls["size"].setCurrentText("half")
            dialog.writer.choose("h265")
            assert not dialog.start.isEnabled()
            assert "64 × 64" in dialog.start.toolTip()
            assert "64 × 64" in dialog.notice.text.text()

    run(scenario())


def test_places_that_cannot_be_written_are_refused_before_the_start(clip: Path) -> None:
    (clip.parent / "full").mkdir()
    (clip.parent / "full" / "a.txt").write_text("x")

    async def scenario() -> None:
        async with exporting(clip) as (_window, dialog):
            for text, words in {
                "": "name",
                str(clip.parent / "gone" / "a.mp4"): "not there",
                str(clip.parent / "full"): "is a folder",
                str(clip): "the open clip itself",
            }.items():
                dialog.path.setText(text)
                assert not dialog.start.isEnabled()
                assert words in dialog.notice.text.text()
            dialog.writer.choose("png")
            dialog.path.setText(str(clip.parent / "full"))
            assert "not an empty folder" in dialog.notice.text.text()
            dialog.writer.choose("mp4")
            (clip.parent / "old.mp4").write_bytes(b"old")
            dialog.path.setText(str(clip.parent / "old.mp4"))
            assert dialog.start.isEnabled()
            assert "will be replaced" in dialog.notice.text.text()

    run(scenario())


def test_failure_is_told_in_the_dialog(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_sink: object, _frame: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("core.media.sinks.VideoSink.add", full)

    async def scenario() -> None:
        async with exporting(clip) as (window, dialog):
            target = await written(window, dialog, clip.with_name("out.mp4"))
            assert "the disk is full" in dialog.notice.text.text()
            assert dialog.start.isEnabled()
            assert not target.exists()

    run(scenario())


def test_size_and_rate_reach_the_file_and_the_facts(clip: Path) -> None:
    async def scenario() -> None:
        async with exporting(clip) as (window, dialog):
            dialog.writer.choose("ffv1")
            assert not dialog.shape.controls["width"].isVisible()
            dialog.shape.controls["size"].setCurrentText("custom")
            assert dialog.shape.controls["width"].isVisible()
            dialog.shape.controls["width"].setValue(50)
            dialog.shape.controls["height"].setValue(40)
            dialog.shape.controls["fit"].setCurrentText("black bars")
            dialog.shape.controls["rate"].setCurrentText("50")
            assert "50 × 40  ·  40 frames  ·  50 fps  ·  0.8 s" in dialog.facts.text()
            path = await written(window, dialog, clip.with_name("out.mkv"))
            with open_clip(path) as reader:
                assert (reader.size, len(reader), reader.rate) == ((50, 40), 40, Fraction(50))

    run(scenario())


def test_bytes_are_estimated_and_right_for_formats_without_motion(clip: Path) -> None:
    async def scenario() -> None:
        async with exporting(clip) as (window, dialog):
            export = window.studio.export
            dialog.writer.choose("npz")
            await until(lambda: export.size.size is not None)
            assert export.size.size.least == export.size.size.most == 20 * 96 * 64 * 3
            assert "369 KB" in dialog.facts.text()
            dialog.writer.choose("png")
            assert export.size.size is None
            await until(lambda: export.size.size is not None)
            path = await written(window, dialog, clip.with_name("frames"))
            real = sum(file.stat().st_size for file in path.iterdir())
            dialog.writer.choose("ffv1")
            dialog.writer.choose("png")
            await until(lambda: export.size.size is not None)
            assert export.size.size.least <= real <= export.size.size.most

    run(scenario())


def test_presets_change_how_and_not_what(clip: Path) -> None:
    async def scenario() -> None:
        async with exporting(clip, result=True) as (window, dialog):
            dialog.content.choose("wipe")
            for row, preset in enumerate(PRESETS):
                dialog.presets.list.setCurrentRow(row)
                assert dialog.writer.name == preset.choice.writer
                assert window.studio.export.choice.writes_like(preset.choice)
                assert dialog.presets.list.currentRow() == row
                assert dialog.content.name == "wipe"

    run(scenario())


def test_presets_are_chosen_by_mouse_and_by_keys(clip: Path) -> None:
    async def scenario() -> None:
        async with exporting(clip) as (window, dialog):
            rows = dialog.presets.list
            place = rows.visualItemRect(rows.item(3)).center()
            QTest.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=place)
            assert dialog.writer.name == "gif"
            QTest.keyClick(rows, Qt.Key.Key_Down)
            assert dialog.writer.name == "png"
            dialog.options.controls["compression"].setValue(9)
            assert rows.currentRow() == -1
            dialog.presets.keep_as("tight")
            assert rows.currentItem().text() == "tight"
            window.studio.export.presets.keep("twin", window.studio.export.choice)
            QTest.keyClick(rows, Qt.Key.Key_Down)
            assert rows.currentItem().text() == "twin"
            dialog.presets.delete.click()
            assert rows.currentItem().text() == "tight"

    run(scenario())


def test_own_presets_are_kept_for_the_next_start(clip: Path, tmp_path: Path) -> None:
    async def first() -> None:
        async with exporting(clip) as (window, dialog):
            assert not dialog.presets.delete.isEnabled()
            dialog.writer.choose("gif")
            dialog.options.controls["colours"].setValue(64)
            dialog.presets.keep_as("  small  ")
            assert dialog.presets.list.currentItem().text() == "small"
            assert dialog.presets.delete.isEnabled()
            save(window.studio.remembered(""), tmp_path / "settings.json")

    async def second() -> None:
        settings = load(tmp_path / "settings.json")
        async with exporting(clip, settings=settings) as (window, dialog):
            assert window.studio.export.presets.all[-1].label == "small"
            assert window.studio.export.choice.options["colours"] == 64  # what was chosen last
            assert dialog.presets.list.currentRow() == len(PRESETS)
            dialog.presets.delete.click()
            assert dialog.presets.list.count() == len(PRESETS)
            assert window.studio.export.presets.to_json() == {}

    run(first())
    run(second())


def test_damaged_choices_are_the_usual_ones() -> None:
    for data in ({"writer": "betamax"}, {"options": {"quality": 900}}, {"alpha": 3}, {"shape": 4}):
        assert Choice.from_json(data) == Choice()
    known = Choice("webm", {"quality": 40}, {"size": "half"}, "mask", False, "wipe", {"seconds": 2})
    assert Choice.from_json(json.loads(json.dumps(known.to_json()))) == known


def test_comparisons_are_written(clip: Path) -> None:
    async def scenario() -> None:
        async with exporting(clip, result=True) as (window, dialog):
            dialog.writer.choose("ffv1")
            original, shown = numbered(20, *SIZE), window.studio.stage.picture
            dialog.content.choose("beside")
            dialog.details.controls["labels"].setChecked(False)
            beside = frames_of(await written(window, dialog, clip.with_name("beside.mkv")))
            assert beside.shape == (20, 64, 2 * 96 + GAP_PX, 3)
            assert np.array_equal(beside[0, :, :96], original[0])
            assert np.array_equal(beside[0, :, 96 + GAP_PX :], shown)
            dialog.content.choose("difference")
            dialog.details.controls["gain"].setValue(1)
            apart = frames_of(await written(window, dialog, clip.with_name("apart.mkv")))
            assert np.array_equal(apart[0], np.abs(shown.astype(int) - original[0]))
            assert not apart[10:].any()
            dialog.content.choose("wipe")
            dialog.details.controls["labels"].setChecked(False)
            dialog.details.controls["seconds"].setValue(0.5)
            wiped = frames_of(await written(window, dialog, clip.with_name("wipe.mkv")))
            assert np.array_equal(wiped[0, :, 4:], shown[:, 4:])
            dialog.content.choose("original")
            before = frames_of(await written(window, dialog, clip.with_name("before.mkv")))
            assert np.array_equal(before, original)

    run(scenario())


def test_transparent_parts_are_what_is_generated_or_painted(clip: Path) -> None:
    async def scenario() -> None:
        async with exporting(clip, result=True) as (window, dialog):
            dialog.writer.choose("npz")
            dialog.alpha.choose("generated")
            made = np.load(await written(window, dialog, clip.with_name("made.npz")))["frames"]
            assert made.shape == (20, 64, 96, 4)
            original, shown = numbered(20, *SIZE)[0].astype(float), window.studio.stage.picture
            share = made[0, ..., 3:] / 255
            laid = original * (1 - share) + made[0, ..., :3] * share
            assert np.abs(laid - shown).max() <= 1
            assert not made[10:, ..., 3].any()
            dialog.alpha.choose("mask")
            masked = np.load(await written(window, dialog, clip.with_name("masked.npz")))["frames"]
            assert np.array_equal(masked[0, ..., 3] == 255, window.studio.masks.at(0))
            assert np.array_equal(masked[0, ..., :3], shown)

    run(scenario())


def test_settings_go_along_and_no_folder(clip: Path) -> None:
    async def scenario() -> None:
        async with exporting(clip, result=True) as (window, dialog):
            for name, row in WRITERS.items():
                dialog.writer.choose(name)
                path = await written(window, dialog, clip.with_name(f"made-{name}{row.suffix}"))
                made = read_provenance(path).request
                asked = window.studio.generation.request
                assert (made.task, made.seed, made.window) == (asked.task, asked.seed, asked.window)
                assert made.painted == asked.painted
                assert (made.clip, made.bundle) == ("clip.mkv", "tiny")
                assert str(clip.parent) not in read_tag(path)
            dialog.content.choose("original")
            dialog.writer.choose("mp4")
            assert not read_tag(await written(window, dialog, clip.with_name("plain.mp4")))

    run(scenario())


def test_everything_has_a_name_and_is_reached_by_tab(clip: Path) -> None:
    async def scenario() -> None:
        async with exporting(clip, result=True) as (_window, dialog):
            dialog.content.choose("beside")
            dialog.writer.choose("webm")
            kinds = (QComboBox, QLineEdit, QAbstractButton)
            controls = [
                control
                for kind in kinds
                for control in dialog.findChildren(kind)
                if control.isVisible() and control.isEnabled()
            ]
            for control in controls:
                assert control.accessibleName() or getattr(control, "text", str)(), control
            assert reached(dialog) >= {dialog.content, dialog.range, dialog.writer, dialog.path}
            assert reached(dialog) >= {dialog.alpha, dialog.start, dialog.cancel, dialog.browse}
            assert reached(dialog) >= {dialog.presets.list, *dialog.details.controls.values()}

    run(scenario())


def reached(dialog: ExportDialog) -> set[QWidget]:
    """Where pressing Tab leads."""
    found: set[QWidget] = set()
    for _ in range(60):
        QTest.keyClick(dialog.focusWidget() or dialog, Qt.Key.Key_Tab)
        found.add(dialog.focusWidget())
    return found


def test_sound_and_clip_of_a_real_file(shared: Path, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with exporting(shared / "clips" / "coffee_pour.mp4") as (window, dialog):
            window.studio.playback.mark(30, 53)
            dialog.reject()
            await until(lambda: not window.findChildren(ExportDialog))
            dialog = dialog_of(window)
            dialog.range.choose("marks")
            dialog.shape.controls["size"].setCurrentText("240p")
            for name in ("mp4", "webm"):
                dialog.writer.choose(name)
                dialog.audio.setChecked(True)
                target = tmp_path / f"out{WRITERS[name].suffix}"
                with av.open(str(await written(window, dialog, target))) as file:
                    video, sound = file.streams.video[0], file.streams.audio[0]
                    assert (video.width, video.height) == (426, 240)
                    assert sum(1 for _ in file.decode(video)) == 24
                    assert sound.codec_context.name in ("aac", "opus")

    run(scenario())
