"""The project on the disk: kept at once, opened, saved elsewhere, in one window at a time."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from core.project.drafts import drafts_folder, is_draft
from core.project.folder import read_project
from core.project.lock import OPEN, left_open
from core.project.snapshots import snapshots
from studio.panels.main_window import MainWindow
from studio.panels.recent_menu import RecentMenu
from studio.state.projects.project_file import SNAPSHOT_MS
from studio.state.takes.take import Phase
from tests.core.project.test_journal import files_up_to
from tests.studio.clips import write_numbered
from tests.studio.fakes import ReplayingEngine
from tests.studio.window import drag, opened, run, until

pytestmark = pytest.mark.usefixtures("qapp")
STROKE = [(20.0, 20.0), (30.0, 24.0)]
PATIENCE_S = 10.0
"""The machine may be busy: a stroke is waited for, instead of for some milliseconds."""


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr("studio.state.projects.project_file.MOST_WAIT_S", PATIENCE_S)
    return tmp_path / "data"


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    (tmp_path / "films").mkdir()
    return write_numbered(tmp_path / "films" / "clip.mkv")


@asynccontextmanager
async def kept(*paths: Path) -> AsyncIterator[MainWindow]:
    """A window that keeps its project, with clips or a project open."""
    async with opened(ReplayingEngine()) as window:
        window.studio.project_file.start()
        if paths:
            await open_in(window, *paths)
        yield window


async def open_in(window: MainWindow, *paths: Path) -> None:
    window.studio.opening.open(paths)
    await window.studio.project_file.ended()
    await until(lambda: window.studio.stage.picture is not None)


async def saved_as(window: MainWindow, folder: Path) -> Path:
    window.projects.save_as(folder)
    await window.studio.project_file.ended()
    return window.studio.project.folder


def test_a_stroke_is_in_the_draft_as_soon_as_it_is_finished(clip: Path) -> None:
    async def scenario() -> None:
        async with kept(clip) as window:
            studio = window.studio
            drag(window.canvas.view, STROKE)
            folder = studio.project.folder
            assert folder.parent == drafts_folder()
            assert read_project(folder).contents.masks == {
                studio.project.open_id: studio.masks.track
            }
            studio.masks.history.undo()
            assert read_project(folder).contents.masks == {}
            assert (folder / OPEN).exists()
            assert left_open(folder) is None

    run(scenario())


def test_a_project_is_as_it_was_when_it_is_opened_again(clip: Path, tmp_path: Path) -> None:
    async def scenario() -> None:
        second = write_numbered(tmp_path / "films" / "second.mkv", frames=9)
        async with kept(clip, second) as window:
            studio = window.studio
            await until(lambda: len(studio.project.clips) == 2)
            drag(window.canvas.view, STROKE)
            studio.playback.mark(1, 7)
            studio.playback.go(4)
            studio.framing.drag(2, 2, 20, 20)
            studio.recipe.seed, studio.recipe.options = 77, {"steps": 9}
            studio.asking.generate()
            await until(lambda: studio.generation.phase is Phase.FINISHED)
            studio.playback.go(4)
            studio.clips.open(studio.project.clips[1].id)
            await until(lambda: studio.session.clip.path == second)
            folder = await saved_as(window, tmp_path / "films" / "holiday")
            assert folder == tmp_path / "films" / "holiday.maskreel"
            assert window.windowTitle().startswith("holiday – second.mkv")
            before = studio.project.contents
            assert not list(drafts_folder().iterdir())
            studio.clips.open(studio.project.clips[0].id)
            await until(lambda: studio.generation.take is not None)
            assert studio.history.entries[0].folder == folder / "takes" / studio.generation.take.id
            studio.clips.open(studio.project.clips[1].id)
            await until(lambda: studio.session.clip.path == second)
            before = studio.project.contents
        assert left_open(folder) is None
        assert not (folder / OPEN).exists()

        shutil.move(tmp_path / "films", tmp_path / "moved")
        async with kept(tmp_path / "moved" / "holiday.maskreel") as window:
            studio = window.studio
            assert studio.session.clip.path == tmp_path / "moved" / "second.mkv"
            assert studio.project.contents.masks == before.masks
            assert studio.project.contents.recipe == before.recipe
            assert studio.recipe.seed == 77
            await until(lambda: len(studio.history.entries) == 1)
            first = studio.project.clips[0]
            assert studio.project.owner(studio.history.entries[0].card.id) == first.id
            studio.clips.open(first.id)
            await until(lambda: studio.session.clip.path == tmp_path / "moved" / "clip.mkv")
            assert (studio.playback.in_mark, studio.playback.out_mark) == (1, 7)
            assert studio.playback.position == 4
            assert (studio.framing.window.left, studio.framing.window.width) == (2, 20)
            assert studio.masks.track == before.masks[first.id]

            assert studio.generation.take is not None  # it was looked at
            assert studio.result.clips is not None
            assert studio.generation.request.clip == str(tmp_path / "moved" / "clip.mkv")

    run(scenario())


def test_every_minute_and_after_each_job_there_is_an_older_copy(clip: Path) -> None:
    async def scenario() -> None:
        async with kept(clip) as window:
            studio = window.studio
            file, folder = studio.project_file, studio.project.folder
            assert file.timer.isActive()
            assert file.timer.interval() == SNAPSHOT_MS == 60_000
            await until(lambda: studio.footage.files)
            drag(window.canvas.view, STROKE)
            file.timer.timeout.emit()
            await file.written()
            await until(lambda: len(snapshots(folder)) == 1)
            assert snapshots(folder)[0].picture.exists()
            file.timer.timeout.emit()  # nothing has changed
            await file.written()
            assert len(snapshots(folder)) == 1

            studio.asking.generate()
            await until(lambda: studio.generation.phase is Phase.FINISHED)
            await until(lambda: len(snapshots(folder)) == 2)

    run(scenario())


def test_two_windows_do_not_write_one_project(clip: Path, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with kept(clip) as one, kept() as other:
            drag(one.canvas.view, STROKE)
            folder = await saved_as(one, tmp_path / "holiday")
            other.studio.opening.open([folder])
            await other.studio.project_file.ended()
            told = other.studio.notices.current
            assert "“holiday” is open in another window since" in told.text
            assert other.studio.project.folder is None

            assert told.action == "Open a copy"
            other.studio.notices.act()
            await other.studio.project_file.ended()
            await until(lambda: other.studio.stage.picture is not None)
            assert other.studio.project.folder == tmp_path / "holiday copy.maskreel"
            assert other.studio.masks.track == one.studio.masks.track
            drag(other.canvas.view, [(40.0, 40.0), (44.0, 44.0)])
            assert read_project(folder).contents.masks != (
                read_project(other.studio.project.folder).contents.masks
            )

    run(scenario())


def test_a_full_disk_is_said_once_and_work_goes_on(clip: Path) -> None:
    async def scenario() -> None:
        async with kept(clip) as window:
            studio = window.studio
            drag(window.canvas.view, STROKE)
            before = read_project(studio.project.folder).contents
            with files_up_to(20):
                drag(window.canvas.view, [(40.0, 40.0), (44.0, 44.0)])
                drag(window.canvas.view, [(40.0, 20.0), (44.0, 24.0)])
                await until(lambda: studio.project_file.trouble)
            told = studio.notices.current
            assert f"cannot be saved in {studio.project.folder}: the file would be" in told.text
            assert told.action == "Save project as…"
            assert len(studio.masks.track.keyframes) == 1
            assert read_project(studio.project.folder).contents.clips == before.clips

            drag(window.canvas.view, [(10.0, 20.0), (14.0, 24.0)])
            await until(lambda: not studio.project_file.trouble)
            assert studio.notices.current.text == "The project is saved again."
            found = read_project(studio.project.folder).contents
            assert found.masks[studio.project.open_id] == studio.masks.track

    run(scenario())


def test_a_folder_that_cannot_be_written_is_opened_in_memory(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        async with kept(clip) as window:
            drag(window.canvas.view, STROKE)
            folder = await saved_as(window, tmp_path / "holiday")

        def refuse(_folder: Path) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr("core.project.moving.take_hold", refuse)
        async with kept(folder) as window:
            studio = window.studio
            assert len(studio.masks.track.keyframes) == 1
            await until(lambda: studio.notices.current is not None)
            assert "it may not be written. You can go on" in studio.notices.current.text
            drag(window.canvas.view, [(40.0, 40.0), (44.0, 44.0)])
            assert read_project(folder).contents.masks[studio.project.open_id] != (
                studio.masks.track
            )

    run(scenario())


def test_a_new_project_leaves_the_one_before_as_it_is(clip: Path) -> None:
    async def scenario() -> None:
        async with kept(clip) as window:
            studio = window.studio
            drag(window.canvas.view, STROKE)
            before, track = studio.project.folder, studio.masks.track
            window.actions_["new_project"].trigger()
            await studio.project_file.ended()
            assert studio.session.clip is None
            assert studio.project.clips == ()
            assert studio.project.folder is None

            menu = RecentMenu(studio, window)
            menu.list_again()
            draft = next(action for action in menu.actions() if "Untitled, " in action.text())
            draft.trigger()
            await studio.project_file.ended()
            await until(lambda: studio.stage.picture is not None)
            assert studio.project.folder == before
            assert studio.masks.track == track
            assert not studio.masks.undoable

    run(scenario())


def test_drafts_that_are_worth_nothing_are_removed(clip: Path) -> None:
    async def scenario() -> None:
        async with kept(clip) as window:
            only_looked_at = window.studio.project.folder
            window.actions_["new_project"].trigger()
            await window.studio.project_file.ended()
            assert not only_looked_at.exists(), list(only_looked_at.rglob("*"))
            window.open_sample()
            await until(lambda: window.studio.stage.picture is not None)
            sample = window.studio.project.folder
            assert is_draft(sample)
        assert not sample.exists()

        async with kept(clip) as window:
            last = window.studio.project.folder
            assert window.studio.remembered("").last_project == str(last)
        assert last.exists()  # it is opened at the next start

    run(scenario())


def test_a_place_that_is_taken_or_a_queue_at_work_is_explained(clip: Path, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with kept(clip) as window:
            studio = window.studio
            drag(window.canvas.view, STROKE)
            (tmp_path / "taken.maskreel").mkdir()
            folder = studio.project.folder
            assert await saved_as(window, tmp_path / "taken") == folder
            assert "“taken.maskreel” is there already" in studio.notices.current.text
            drag(window.canvas.view, [(40.0, 40.0), (44.0, 44.0)])
            assert len(read_project(folder).contents.masks) == 1

            studio.queue.hold()
            studio.asking.generate()
            assert not window.actions_["save_project_as"].isEnabled()
            assert "Takes are in the queue" in window.actions_["save_project_as"].toolTip()

    run(scenario())


def test_it_is_opened_as_it_was_some_minutes_ago(clip: Path, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with kept(clip) as window:
            studio = window.studio
            file = studio.project_file
            folder = await saved_as(window, tmp_path / "holiday")
            drag(window.canvas.view, STROKE)
            then = studio.masks.track
            file.snapshot()
            await file.written()
            await until(lambda: snapshots(folder))
            drag(window.canvas.view, [(40.0, 40.0), (44.0, 44.0)])
            now = studio.masks.track

            file.open(folder, snapshots(folder)[0])
            await file.ended()
            await until(lambda: studio.stage.picture is not None)
            assert studio.masks.track == then
            kept_now = read_project(folder, snapshots(folder)[0].folder).contents
            assert kept_now.masks == {studio.project.open_id: now}

    run(scenario())
