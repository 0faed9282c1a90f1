"""The canvas beyond the pictures: clip, masks, window and result go along; undo brings it back."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.margins import NONE, Margins
from studio.panels.main_window import MainWindow
from studio.state.takes.take import Phase
from tests.studio.clips import write_numbered
from tests.studio.fakes import CAUSAL_BUNDLE, SIDE, ReplayingEngine, both_families
from tests.studio.window import opened, run, until

WIDTH, HEIGHT, FRAMES = 64, 48, 20
MARGINS = Margins(left=10, right=12)

Scenario = Callable[[MainWindow], Coroutine[Any, Any, None]]

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_numbered(tmp_path / "clip.mkv", FRAMES, WIDTH, HEIGHT)


def play(scenario: Scenario, clip: Path) -> None:
    async def whole() -> None:
        async with opened(ReplayingEngine(both_families()), clip) as window:
            await scenario(window)

    run(whole())


def box(left: int, top: int, right: int, bottom: int, size: tuple[int, int]) -> np.ndarray:
    mask = np.zeros(size[::-1], bool)
    mask[top:bottom, left:right] = True
    return mask


def test_clip_masks_and_window_go_along(clip: Path) -> None:
    async def scenario(window: MainWindow) -> None:
        studio = window.studio
        studio.recipe.task = "FP"
        studio.masks.paint(0, box(4, 4, 8, 8, (WIDTH, HEIGHT)))

        studio.growing.extend(MARGINS)

        size = (WIDTH + 22, HEIGHT)
        assert studio.session.clip.size == studio.masks.track.size == size
        assert studio.stage.picture.shape[1::-1] == size  # without waiting for a decode
        assert studio.recipe.task == "paint"
        mask = studio.stage.mask
        assert mask[:, :10].all()
        assert mask[:, -12:].all()
        assert mask[4:8, 14:18].all()
        assert np.count_nonzero(mask) == 22 * HEIGHT + 16
        placed = studio.framing.window
        assert (placed.left, placed.top, placed.width, placed.height) == (0, 0, *size)
        assert studio.framing.covered == range(FRAMES)
        studio.playback.mark(4, 11)
        assert studio.framing.covered == range(4, 12)
        assert studio.asking.obstacle == ""
        await until(lambda: studio.session.frame(3) is not None)
        assert studio.session.frame(3).shape[1::-1] == size

    play(scenario, clip)


def test_undo_and_redo_take_the_canvas_with_the_masks(clip: Path) -> None:
    async def scenario(window: MainWindow) -> None:
        studio = window.studio
        studio.playback.go(5)
        studio.growing.extend(MARGINS)
        studio.growing.extend(Margins(left=10, right=40))
        assert studio.session.clip.size[0] == WIDTH + 50

        studio.masks.history.undo()
        assert studio.session.clip.margins == MARGINS
        studio.masks.history.undo()
        assert studio.session.clip.size == (WIDTH, HEIGHT)
        assert not studio.masks.track.margins
        assert not studio.masks.undoable
        assert studio.playback.position == 5
        studio.masks.history.redo()
        assert studio.session.clip.margins == MARGINS
        assert studio.masks.at(7)[:, :10].all()

    play(scenario, clip)


def test_shapes_and_back(clip: Path) -> None:
    async def scenario(window: MainWindow) -> None:
        growing, session = window.studio.growing, window.studio.session
        growing.extend_to("16:9")
        assert session.clip.size == (86, 48)
        growing.extend_to("1:1")
        assert session.clip.size == (64, 64)
        growing.reset()
        assert session.clip.size == growing.pictures == (64, 48)
        growing.extend(Margins(right=1000))
        assert "too large" in window.studio.notices.current.text
        assert session.clip.size == (64, 48)

    play(scenario, clip)


def test_what_cannot_be_extended_says_why(clip: Path) -> None:
    async def scenario(window: MainWindow) -> None:
        studio = window.studio
        studio.recipe.bundle = CAUSAL_BUNDLE
        assert "cannot paint" in studio.growing.obstacle
        studio.growing.extend(MARGINS)
        assert studio.session.clip.size == (WIDTH, HEIGHT)
        studio.asking.new_clip()
        assert "blank clip" in studio.growing.obstacle

    play(scenario, clip)


def test_another_clip_has_a_canvas_of_its_own(clip: Path, tmp_path: Path) -> None:
    async def scenario(window: MainWindow) -> None:
        studio = window.studio
        studio.growing.extend(MARGINS)
        other = write_numbered(tmp_path / "other.mkv", 4)
        studio.session.open(other)
        await until(lambda: studio.session.clip.path == other)
        assert not studio.session.clip.margins
        assert not studio.masks.track.margins
        studio.recipe.task = "CG"
        studio.asking.generate()
        assert studio.generation.request.margins == NONE

    play(scenario, clip)


async def generated(window: MainWindow) -> None:
    window.studio.asking.generate()
    await window.studio.generation.ended()
    await until(lambda: window.studio.generation.phase is Phase.FINISHED)


def test_a_result_moves_along_with_its_pictures(clip: Path) -> None:
    async def scenario(window: MainWindow) -> None:
        studio = window.studio
        studio.masks.paint(0, box(20, 10, 40, 30, (WIDTH, HEIGHT)))
        await generated(window)
        before = studio.stage.picture.copy()
        take = studio.generation.take
        assert (before[12:28, 22:38] != studio.stage.original[12:28, 22:38]).any()

        studio.growing.extend(MARGINS)

        assert studio.generation.take is take
        assert studio.generation.request.margins == MARGINS
        assert take.request.margins == NONE
        after = studio.stage.picture
        np.testing.assert_array_equal(MARGINS.inside(after), before)
        assert (after[:, :10] == before[0, 0]).all()  # not generated yet

    play(scenario, clip)


def test_a_result_beyond_the_pictures_is_put_away_when_they_are_all(clip: Path) -> None:
    async def scenario(window: MainWindow) -> None:
        studio = window.studio
        studio.growing.extend(MARGINS)
        await generated(window)
        request, take = studio.generation.request, studio.generation.take
        assert request.margins == MARGINS == request.painted.margins
        assert (studio.stage.picture[:, :4] != studio.stage.original[:, :4]).all()

        studio.growing.reset()
        assert studio.generation.take is None
        assert studio.stage.picture.shape == (HEIGHT, WIDTH, 3)

        studio.generation.show(take)
        assert studio.session.clip.margins == MARGINS
        assert (studio.stage.picture[:, :4] != studio.stage.original[:, :4]).all()

    play(scenario, clip)


def test_a_painted_result_is_asked_for_at_the_models_size(clip: Path) -> None:
    async def scenario(window: MainWindow) -> None:
        studio = window.studio
        studio.growing.extend(Margins(right=22))
        placed = studio.framing.window
        assert (placed.left, placed.width, placed.height) == (38, 48, 48)
        assert placed.grid[1:] == (SIDE, SIDE)
        assert "Extend" in studio.masks.history.undoText()

    play(scenario, clip)
