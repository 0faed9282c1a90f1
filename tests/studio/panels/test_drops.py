"""Whatever is dropped on whatever part of the window does the obvious thing, or says why not."""

from __future__ import annotations

import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtWidgets import QApplication, QLineEdit

from core.mask_files import write_masks
from core.masks import MaskTrack
from core.media.reading import open_clip
from studio.panels.drops import NOT_HERE
from studio.panels.import_dialog import ImportDialog
from studio.panels.models_dialog import ModelsDialog
from studio.state.dropping import sorted_out
from tests.studio.clips import write_numbered
from tests.studio.fakes import TINY, ReplayingEngine
from tests.studio.window import drag_over, drop, let_go, opened, run, until

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_numbered(tmp_path / "clip.mkv")


def mask_picture(path: Path) -> Path:
    """White in the upper half."""
    picture = np.zeros((48, 64, 3), np.uint8)
    picture[:24] = 255
    cv2.imwrite(str(path), picture)
    return path


def frame_picture(path: Path) -> Path:
    cv2.imwrite(str(path), np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8))
    return path


@pytest.mark.parametrize("part", ["view", "tools", "inspector", "timeline", "status", "menu"])
def test_clip_is_opened_wherever_it_is_dropped(clip: Path, part: str) -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine()) as window:
            targets = {
                "view": window.canvas.welcome.viewport(),
                "tools": window.tools.buttons["brush"],
                "inspector": window.inspector.recipe.seed,
                "timeline": window.bottom.timeline,
                "status": window.status,
                "menu": window.menuBar(),
            }
            drop(targets[part], clip)
            await until(lambda: window.studio.stage.picture is not None)
            assert window.studio.session.clip.path == clip

    run(scenario())


def test_field_for_text_takes_no_file() -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine()) as window:
            window.studio.tools.side = "results"
            for field in window.findChildren(QLineEdit):
                assert not field.acceptDrops(), field.objectName()

    run(scenario())


def test_several_clips_go_into_the_project(clip: Path, tmp_path: Path) -> None:
    other = write_numbered(tmp_path / "other.mkv")

    async def scenario() -> None:
        async with opened(ReplayingEngine()) as window:
            drop(window.canvas.view, clip, other)
            await until(lambda: len(window.studio.project.clips) == 2)
            names = [entry.name for entry in window.studio.project.clips]
            assert names == ["clip.mkv", "other.mkv"]

    run(scenario())


def test_folder_of_frames_is_a_clip_and_one_of_masks_a_mask(clip: Path, tmp_path: Path) -> None:
    frames, masks = tmp_path / "frames", tmp_path / "masks"
    for folder in (frames, masks):
        folder.mkdir()
    for number in range(3):
        frame_picture(frames / f"{number}.png")
        mask_picture(masks / f"{number}.png")

    async def scenario() -> None:
        async with opened(ReplayingEngine(), clip) as window:
            studio = window.studio
            drop(window.canvas.view, masks)
            await studio.mask_files.ended()
            assert studio.session.clip.path == clip
            assert studio.masks.at(0)[:24].all()
            assert not studio.masks.at(0)[24:].any()

            drop(window.canvas.view, frames)
            await until(lambda: studio.session.clip.path == frames)

    run(scenario())


def test_picture_and_our_own_file_are_masks_of_the_open_clip(clip: Path, tmp_path: Path) -> None:
    picture = mask_picture(tmp_path / "mask.png")
    own = tmp_path / "mask.json"
    lower = np.zeros((48, 64), np.bool_)
    lower[24:] = True
    with open_clip(clip) as reader:
        written = MaskTrack(64, 48).painted(0, lower)
        for _ in write_masks(written, own, "json", frames=len(reader), rate=reader.rate):
            continue

    async def scenario() -> None:
        async with opened(ReplayingEngine(), clip) as window:
            studio = window.studio
            for path, upper in ((picture, True), (own, False)):
                drop(window.bottom.lane, path)
                await studio.mask_files.ended()
                assert studio.masks.at(0)[10, 10] == upper

    run(scenario())


def test_model_and_checkpoint_are_added(tmp_path: Path) -> None:
    model, checkpoint = tmp_path / "mine", tmp_path / "weights.ckpt"
    model.mkdir()
    TINY.write(model)
    checkpoint.write_bytes(b"PK")

    async def scenario() -> None:
        async with opened(ReplayingEngine(), models=(tmp_path / "own",)) as window:
            drop(window.canvas.view, model)
            dialog = QApplication.activeModalWidget()
            assert isinstance(dialog, ModelsDialog)
            await until(lambda: not window.studio.fetching.running)
            dialog.close()

            drop(window.canvas.view, checkpoint)
            dialog = QApplication.activeModalWidget()
            assert isinstance(dialog, ImportDialog)
            assert window.studio.importing.request.checkpoint == str(checkpoint)
            dialog.close()

    run(scenario())


def test_project_comes_before_all_else(clip: Path, tmp_path: Path) -> None:
    project = tmp_path / "holiday.maskreel"
    project.mkdir()

    assert sorted_out([clip, project], has_clip=False).kind == "project"
    assert sorted_out([project], has_clip=True).words == "Open the project “holiday.maskreel”"


EXPLAINED = {
    "still.png": "drop the folder that they are in",
    "mask.json": "Open the clip first",
    "tokenizer.safetensors": "Drop the folder that it is in",
    "first.toml": "maskreel train",
    "photos.zip": "no packed project",
    "notes.txt": "plain text",
}


def test_what_cannot_be_opened_is_explained(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine()) as window:
            for name, words in EXPLAINED.items():
                path = tmp_path / name
                with zipfile.ZipFile(path, "w") as packed:
                    packed.writestr("a.txt", "")
                drop(window.canvas.view, path)
                text = window.canvas.notice.text.text()

                assert text.startswith(f"“{name}” ")
                assert words in text
                assert text.endswith(".")
                assert window.studio.session.clip is None

    run(scenario())


def test_several_pictures_and_mixed_files(clip: Path, tmp_path: Path) -> None:
    pictures = [frame_picture(tmp_path / f"{number}.png") for number in range(2)]
    notes = tmp_path / "notes.txt"

    assert "put them into one folder" in sorted_out(pictures, has_clip=True).words
    mixed = sorted_out([clip, notes, *pictures], has_clip=False)
    assert (mixed.kind, mixed.paths) == ("clips", (clip,))
    assert sorted_out([notes, notes], has_clip=False).kind == "refused"


def test_what_will_be_done_is_seen_before_it_is_let_go(clip: Path) -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine()) as window:
            hint, data = window.drops.hint, QMimeData()
            data.setUrls([QUrl.fromLocalFile(str(clip))])
            assert drag_over(window.canvas.welcome.viewport(), data)
            assert hint.isVisible()
            assert hint.words == "Open “clip.mkv”"
            window.drops.leave()
            assert hint.isHidden()

            text = QMimeData()
            text.setText("words")
            assert not drag_over(window.canvas.view, text)

            data.setUrls([QUrl("https://example.org/clip.mp4")])
            assert drag_over(window.canvas.view, data)
            let_go(window.canvas.view, data)
            assert hint.isHidden()
            assert window.canvas.notice.text.text() == NOT_HERE

    run(scenario())


def test_long_name_makes_no_window_wider(tmp_path: Path) -> None:
    name = "very_long_name_" * 14
    clip, broken = write_numbered(tmp_path / f"{name}.mkv"), tmp_path / f"{name}.mp4"
    broken.write_bytes(b"nothing")

    async def scenario() -> None:
        async with opened(ReplayingEngine()) as window:
            window.resize(1280, 800)
            drop(window.canvas.view, clip)
            await until(lambda: window.studio.stage.picture is not None)
            drop(window.canvas.view, broken)
            await until(lambda: not window.canvas.notice.isHidden())

            text = window.canvas.notice.text
            assert "…" in text.text()
            assert name in text.toolTip()
            assert window.minimumSizeHint().width() <= 1280
            assert window.width() == 1280

    run(scenario())
