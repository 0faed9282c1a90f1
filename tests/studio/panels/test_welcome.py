"""One begins on the welcome page: with a file, with what was opened last, with a sample."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from core.assets import asset
from core.project.drafts import new_draft
from core.project.lock import let_go, take_hold
from core.requests import BundleEntry
from core.tasks import TASKS
from studio.app import last_project
from studio.panels.main_window import MainWindow
from studio.samples import SAMPLES, Sample
from studio.settings import Settings, load
from studio.state.projects.recent import MISSING, UNREACHABLE
from tests.studio.clips import write_numbered
from tests.studio.fakes import TINY, ReplayingEngine, capabilities
from tests.studio.window import opened, run, until

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_numbered(tmp_path / "clip.mkv")


def shipped() -> tuple[Path, ...]:
    return (asset("models"),)


class ShippedEngine(ReplayingEngine):
    """Knows the models that come along, and decodes both families."""

    def __init__(self) -> None:
        known = capabilities()
        decoder = replace(known.decoders["commit"], transformers=("bidirectional", "causal"))
        super().__init__(replace(known, decoders={"commit": decoder}))


async def looked_at(window: MainWindow) -> None:
    """All that was opened last was looked at."""
    await until(lambda: all(file.obstacle is not None for file in window.studio.welcome.files))


def test_page_is_there_while_no_clip_is_open(clip: Path) -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine()) as window:
            page, studio = window.canvas.welcome, window.studio
            assert page.isVisible()
            assert not page.back.isVisible()

            studio.session.open(clip)
            await until(lambda: studio.stage.picture is not None)
            assert not page.isVisible()

            window.actions_["welcome"].trigger()
            assert page.isVisible()
            QTest.keyClick(page, Qt.Key.Key_Escape)
            assert not page.isVisible()
            window.actions_["welcome"].trigger()
            page.back.click()
            assert not page.isVisible()
            assert studio.session.clip is not None

    run(scenario())


def test_files_opened_last_have_a_picture_and_a_place_or_a_reason(
    clip: Path, tmp_path: Path
) -> None:
    gone, disk = tmp_path / "gone.mp4", tmp_path / "disk" / "holiday.mp4"
    settings = Settings(recent=(str(clip), str(gone), str(disk)))

    async def scenario() -> None:
        async with opened(ReplayingEngine(), settings=settings) as window:
            await looked_at(window)
            files = {file.path: file for file in window.studio.welcome.files}
            rows = window.canvas.welcome.files

            assert list(rows) == [clip, gone, disk]
            assert files[clip].thumbnail is not None
            assert rows[clip].tile.isEnabled()
            assert rows[clip].tile.accessibleDescription() == files[clip].place
            for path, reason in ((gone, MISSING), (disk, UNREACHABLE)):
                assert not rows[path].tile.isEnabled()
                assert rows[path].tile.accessibleDescription() == reason
                assert rows[path].tile.toolTip() == reason

            rows[clip].tile.click()
            await until(lambda: window.studio.stage.picture is not None)
            assert window.studio.session.clip.path == clip

    run(scenario())


def test_projects_come_first_and_one_without_a_place_too(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    project = tmp_path / "Holiday.maskreel"
    settings = Settings(
        recent=(str(clip),), recent_projects=(str(project),), last_project=str(new_draft())
    )
    (project / "pictures").mkdir(parents=True)
    cv2.imwrite(str(project / "pictures" / "1.png"), np.zeros((9, 16, 3), np.uint8))

    async def scenario() -> None:
        async with opened(ReplayingEngine(), settings=settings) as window:
            await looked_at(window)
            files = window.studio.welcome.files
            tiles = [row.tile for row in window.canvas.welcome.files.values()]

            assert [tile.text() for tile in tiles] == ["Untitled", "Holiday", "clip.mkv"]
            assert files[0].place == "Project, not saved yet"
            assert files[1].place == f"Project in {tmp_path}"
            assert files[1].thumbnail.shape == (9, 16, 3)
            for file in files:
                window.canvas.welcome.files[file.path].remove.click()
            assert window.studio.settings.opened_last == ()

    run(scenario())


def test_removed_file_is_forgotten_and_stays_on_the_disk(clip: Path) -> None:
    async def scenario() -> None:
        settings = Settings(recent=(str(clip), "/nowhere/else.mp4"))
        async with opened(ReplayingEngine(), settings=settings) as window:
            await looked_at(window)
            window.canvas.welcome.files[clip].remove.click()

            assert list(window.canvas.welcome.files) == [Path("/nowhere/else.mp4")]
            assert window.studio.remembered("").recent == ("/nowhere/else.mp4",)
            assert clip.exists()

    run(scenario())


def test_picture_of_a_file_is_made_once(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        settings = Settings(recent=(str(clip),))
        for _ in range(2):
            async with opened(ReplayingEngine(), settings=settings) as window:
                await looked_at(window)
                assert window.studio.welcome.files[0].thumbnail is not None
            monkeypatch.setattr("studio.state.projects.recent.open_clip", None)

    run(scenario())


def test_samples_open_ready_for_generate() -> None:
    async def scenario() -> None:
        async with opened(ShippedEngine(), models=shipped()) as window:
            studio = window.studio
            studio.models.look_in(shipped())
            for sample in SAMPLES:
                window.show_welcome()
                window.canvas.welcome.samples[sample.title].click()
                await until(lambda: not studio.welcome.wanted)
                await until(lambda: studio.stage.picture is not None)

                assert_ready(window, sample)

    run(scenario())


def assert_ready(window: MainWindow, sample: Sample) -> None:
    """Everything is chosen as the sample says, and only “Generate” is left."""
    studio = window.studio
    assert Path(studio.recipe.bundle).name == sample.model
    assert (studio.recipe.task, studio.recipe.seed) == (sample.task, sample.seed)
    assert studio.recipe.label == (sample.label or None)
    assert studio.playback.position == sample.frame
    assert studio.asking.obstacle == ""
    assert window.inspector.job.generate.isEnabled()
    if sample.canvas:
        assert studio.session.clip.size == (426, 240)
    if TASKS[sample.task].continues:
        assert studio.framing.last_kept == sample.frame
    elif sample.clip:
        assert sample.frame in studio.framing.window.range


def test_samples_have_pictures_and_say_why_they_cannot_be_tried() -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine()) as window:
            page, studio = window.canvas.welcome, window.studio
            await until(lambda: len(studio.welcome.pictures) == 3)
            tile = page.samples["Widen the picture"]
            assert not tile.isEnabled()
            assert tile.toolTip() == "The model “maskreel-first” is not installed."

            blind = replace(TINY, tasks=("FP",))
            studio.models.bundles = (BundleEntry("/m/maskreel-first", blind),)
            assert tile.toolTip() == "The model “maskreel-first” was not trained on this."

            studio.models.bundles = (BundleEntry("/m/maskreel-first", TINY),)
            assert tile.isEnabled()

    run(scenario())


def test_every_sample_can_be_tried_with_what_comes_along() -> None:
    async def scenario() -> None:
        async with opened(ShippedEngine(), models=shipped()) as window:
            window.studio.models.look_in(shipped())
            obstacles = [window.studio.trying.obstacle(sample) for sample in SAMPLES]
            clips = [asset(f"samples/{sample.clip}") for sample in SAMPLES if sample.clip]

            assert obstacles == [""] * len(SAMPLES)
            assert all(clip.is_file() for clip in clips)

    run(scenario())


def test_page_is_used_from_the_keyboard_alone(clip: Path) -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine(), settings=Settings(recent=(str(clip),))) as window:
            await looked_at(window)
            window.activateWindow()
            window.show_welcome()
            for _ in range(30):
                focused = QApplication.focusWidget()
                if focused is window.canvas.welcome.files[clip].tile:
                    break
                QTest.keyClick(focused, Qt.Key.Key_Tab)
            QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Space)
            await until(lambda: window.studio.stage.picture is not None)
            assert window.studio.session.clip.path == clip

    run(scenario())


def test_program_begins_with_the_last_project_or_with_the_page(tmp_path: Path) -> None:
    folder = tmp_path / "holiday.maskreel"
    folder.mkdir()
    (folder / "project.maskreel").write_text("{}")
    known = Settings(last_project=str(folder))

    assert last_project(Settings()) is None
    assert last_project(known) == folder
    assert last_project(replace(known, at_start="welcome")) is None
    take_hold(folder)  # as another window does
    assert last_project(known) is None
    let_go(folder)
    shutil.move(folder, tmp_path / "elsewhere.maskreel")
    assert last_project(known) is None

    (tmp_path / "settings.json").write_text('{"at_start": "moon"}')
    assert load(tmp_path / "settings.json").at_start == "last"
