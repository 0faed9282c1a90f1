"""Several clips in one project: each is found as it was left."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from core.margins import Margins
from studio.panels.main_window import MainWindow
from studio.state.takes.take import Phase
from tests.studio.clips import write_numbered
from tests.studio.fakes import TOTAL, ReplayingEngine
from tests.studio.window import drag, opened, run, until

pytestmark = pytest.mark.usefixtures("qapp")
STROKE = [(20.0, 20.0), (30.0, 24.0)]


@pytest.fixture
def one(tmp_path: Path) -> Path:
    return write_numbered(tmp_path / "one.mkv")


@pytest.fixture
def two(tmp_path: Path) -> Path:
    return write_numbered(tmp_path / "two.mkv", frames=12, width=80, height=64)


@pytest.fixture
def engine() -> ReplayingEngine:
    return ReplayingEngine()


def names(window: MainWindow) -> list[str]:
    return [clip.name for clip in window.studio.project.clips]


async def add(window: MainWindow, *paths: Path) -> None:
    """Adds clips; returns when one of them is seen and all files were looked at."""
    studio = window.studio
    studio.opening.open(paths)
    await until(lambda: studio.session.clip is not None and studio.session.clip.path == paths[0])
    await until(lambda: studio.stage.picture is not None)
    await until(lambda: studio.footage.files.keys() == {clip.id for clip in studio.project.clips})


async def go_to(window: MainWindow, place: int) -> None:
    studio = window.studio
    number = studio.project.clips[place].id
    studio.clips.open(number)
    await until(lambda: studio.project.open_id == number and studio.stage.picture is not None)


def test_each_clip_keeps_masks_history_marks_window_and_position(
    engine: ReplayingEngine, one: Path, two: Path
) -> None:
    async def scenario() -> None:
        async with opened(engine, one) as window:
            studio = window.studio
            drag(window.canvas.view, STROKE)
            studio.playback.mark(2, 9)
            studio.playback.go(5)
            studio.framing.drag(3, 4, 30, 30)
            first, rectangle = studio.masks.track, studio.framing.window

            await add(window, two)
            assert names(window) == ["one.mkv", "two.mkv"]
            assert studio.masks.track.empty
            assert not studio.masks.undoable
            assert (studio.playback.position, studio.playback.in_mark) == (0, None)
            drag(window.canvas.view, STROKE)
            drag(window.canvas.view, [(40.0, 40.0), (44.0, 44.0)])
            studio.masks.history.undo()

            await go_to(window, 0)
            assert studio.masks.track is first
            assert (studio.playback.in_mark, studio.playback.out_mark) == (2, 9)
            assert studio.playback.position == 5
            assert studio.framing.custom
            assert studio.framing.window == rectangle
            studio.masks.history.undo()
            assert studio.masks.track.empty

            await go_to(window, 1)
            assert studio.masks.redoable
            assert not studio.framing.custom
            await go_to(window, 0)
            assert studio.masks.redoable
            assert studio.masks.track.empty

    run(scenario())


def test_opening_a_clip_of_the_project_again_adds_nothing(
    engine: ReplayingEngine, one: Path, two: Path
) -> None:
    async def scenario() -> None:
        async with opened(engine, one) as window:
            drag(window.canvas.view, STROKE)
            await add(window, two)
            await add(window, one)
            assert names(window) == ["one.mkv", "two.mkv"]
            assert window.studio.masks.undoable

    run(scenario())


def test_of_several_files_the_clips_are_added_and_the_others_explained(
    engine: ReplayingEngine, one: Path, two: Path, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("no video")
    (tmp_path / "empty.mp4").touch()

    async def scenario() -> None:
        async with opened(engine) as window:
            studio = window.studio
            paths = [tmp_path / "notes.txt", one, two, tmp_path / "empty.mp4", tmp_path / "x.mp4"]
            studio.opening.open(paths)
            await until(lambda: studio.stage.picture is not None)
            assert names(window) == ["one.mkv", "two.mkv"]
            assert studio.session.clip.path == one
            told = studio.notices.current
            assert told.text.startswith("3 of 5 files could not be opened.")
            assert "“notes.txt” is not a video but plain text" in told.text
            assert "“empty.mp4” is empty" in told.text
            assert "x.mp4” is not there" in told.text

    run(scenario())


def test_a_take_goes_on_while_another_clip_is_open_and_is_seen_again_with_its_own(
    engine: ReplayingEngine, one: Path, two: Path
) -> None:
    async def scenario() -> None:
        async with opened(engine, one) as window:
            studio = window.studio
            drag(window.canvas.view, STROKE)
            engine.hold_after = 2
            studio.asking.generate()
            take = studio.generation.take
            await until(lambda: len(take.steps) == 2)

            await add(window, two)
            assert studio.generation.take is None
            assert studio.result.clips is None
            assert take.running
            assert studio.project.owner(take.id) == studio.project.clips[0].id

            engine.hold_after = None
            studio.queue.pause(take)
            await take.ended()
            studio.queue.add(take)
            await until(lambda: take.phase is Phase.FINISHED)
            assert studio.generation.take is None

            await go_to(window, 0)
            assert studio.generation.take is take
            assert len(studio.generation.steps) == TOTAL
            assert studio.result.clips is not None

    run(scenario())


def test_a_removed_clip_comes_back_with_its_masks_and_takes(
    engine: ReplayingEngine, one: Path, two: Path
) -> None:
    async def scenario() -> None:
        async with opened(engine, one) as window:
            studio = window.studio
            drag(window.canvas.view, STROKE)
            studio.asking.generate()
            await until(lambda: studio.generation.phase is Phase.FINISHED)
            await add(window, two)
            await go_to(window, 0)

            window.actions_["remove_clip"].trigger()
            await until(lambda: studio.session.clip.path == two)
            assert names(window) == ["two.mkv"]
            assert studio.history.entries == ()
            assert "“one.mkv” was removed with 1 mask key frame and 1 take." in (
                studio.notices.current.text
            )

            studio.clips.bring_back()
            await until(lambda: studio.session.clip.path == one)
            assert names(window) == ["one.mkv", "two.mkv"]
            assert studio.masks.undoable
            assert len(studio.history.entries) == 1

    run(scenario())


def test_without_its_last_clip_the_project_is_empty(engine: ReplayingEngine, one: Path) -> None:
    async def scenario() -> None:
        async with opened(engine, one) as window:
            studio = window.studio
            drag(window.canvas.view, STROKE)
            studio.clips.remove(studio.project.open_id)
            assert studio.session.clip is None
            assert studio.masks.track is None
            assert studio.playback.length == 0
            assert not window.actions_["remove_clip"].isEnabled()
            assert window.actions_["bring_back_clip"].isEnabled()

    run(scenario())


def test_a_missing_clip_is_explained_found_again_and_others_beside_it_too(
    engine: ReplayingEngine, one: Path, two: Path, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with opened(engine, one) as window:
            studio = window.studio
            drag(window.canvas.view, STROKE)
            third = shutil.copy(one, tmp_path / "three.mkv")
            await add(window, two, Path(third))
            (tmp_path / "moved").mkdir()
            for name in ("one.mkv", "three.mkv"):
                shutil.move(tmp_path / name, tmp_path / "moved" / name)
            studio.footage.look_again()
            await until(lambda: len(studio.footage.missing) == 2)
            studio.clips.open(studio.project.clips[0].id)
            assert "“one.mkv” cannot be opened. It was moved" in studio.notices.current.text
            assert studio.notices.current.action == "Locate…"
            picture = studio.footage.files[studio.project.clips[1].id].picture
            assert picture is not None

            studio.footage.locate(studio.project.clips[0].id, tmp_path / "moved" / "one.mkv")
            await until(lambda: not studio.footage.missing)
            await go_to(window, 0)
            assert studio.session.clip.path == tmp_path / "moved" / "one.mkv"
            assert studio.masks.undoable

    run(scenario())


def test_another_file_takes_the_place_of_a_missing_one_only_when_asked_for(
    engine: ReplayingEngine, one: Path, two: Path
) -> None:
    async def scenario() -> None:
        async with opened(engine, one) as window:
            studio = window.studio
            await until(lambda: studio.footage.files)
            drag(window.canvas.view, STROKE)
            entry = studio.project.clips[0]
            studio.footage.locate(entry.id, two)
            await until(lambda: studio.notices.current is not None)
            assert "is 80 × 64 with 12 frames, not 64 × 48 with 20" in studio.notices.current.text
            assert studio.project.clips[0].file.path == one

            studio.notices.act()
            assert studio.project.clips[0].file.path == two
            assert studio.project.clips[0].frames == 12

    run(scenario())


def test_a_file_that_has_changed_is_noticed(engine: ReplayingEngine, one: Path, two: Path) -> None:
    async def scenario() -> None:
        async with opened(engine, one) as window:
            studio = window.studio
            await until(lambda: studio.footage.files)
            shutil.copy(two, one)
            studio.footage.look_again()
            await until(lambda: studio.notices.current is not None)
            assert "“one.mkv” has changed since it was added" in studio.notices.current.text

    run(scenario())


def test_masks_on_a_grown_canvas_come_back_on_it(
    engine: ReplayingEngine, one: Path, two: Path
) -> None:
    async def scenario() -> None:
        async with opened(engine, one) as window:
            studio = window.studio
            studio.growing.extend(Margins(left=8, right=8))
            size = studio.session.clip.size
            await add(window, two)
            assert studio.session.clip.margins == Margins()
            await go_to(window, 0)
            assert studio.session.clip.size == size
            assert studio.masks.track.margins == Margins(left=8, right=8)
            assert studio.project.clips[0].width == 64

    run(scenario())


def test_clips_are_renamed_and_put_in_order(engine: ReplayingEngine, one: Path, two: Path) -> None:
    async def scenario() -> None:
        async with opened(engine, one) as window:
            studio = window.studio
            await add(window, two)
            window.actions_["clip_up"].trigger()
            assert names(window) == ["two.mkv", "one.mkv"]
            assert not window.actions_["clip_up"].isEnabled()
            studio.clips.rename(studio.project.open_id, "  The second ")
            studio.clips.rename(studio.project.open_id, " ")
            assert names(window) == ["The second", "one.mkv"]
            assert window.windowTitle() == "Untitled – The second – Maskreel"
            window.actions_["next_clip"].trigger()
            await until(lambda: studio.session.clip.path == one)

    run(scenario())


def test_a_blank_clip_is_a_clip_of_the_project(engine: ReplayingEngine, one: Path) -> None:
    async def scenario() -> None:
        async with opened(engine, one) as window:
            studio = window.studio
            studio.asking.new_clip()
            await until(lambda: studio.stage.picture is not None)
            mask = np.ones(studio.session.clip.size[::-1], bool)
            studio.masks.paint(1, mask)
            studio.asking.new_clip()
            assert len(studio.project.clips) == 3
            await go_to(window, 1)
            assert studio.masks.track.at(1).all()

    run(scenario())
