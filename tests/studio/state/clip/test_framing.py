"""Which frames a masked model works on, and where: as marks and painting ask for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.masks import Runs, Tracked
from studio.settings import Settings
from studio.state.studio import Studio
from tests.studio.clips import write_numbered
from tests.studio.fakes import FRAMES, ReplayingEngine

WIDTH, HEIGHT, LENGTH = 64, 48, 30

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture
def studio(tmp_path: Path, qtbot) -> Iterator[Studio]:
    studio = Studio(ReplayingEngine(), Settings(), ())
    asyncio.run(studio.models.ask())
    studio.session.open(write_numbered(tmp_path / "clip.mkv", LENGTH, WIDTH, HEIGHT))
    qtbot.waitUntil(lambda: studio.stage.picture is not None)
    yield studio
    asyncio.run(studio.end())


def box(left: int, top: int, right: int, bottom: int) -> np.ndarray:
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[top:bottom, left:right] = True
    return mask


def test_a_mask_that_only_holds_asks_for_one_window(studio: Studio) -> None:
    studio.masks.paint(3, box(10, 10, 20, 20))

    assert studio.framing.covered == range(3, 3 + FRAMES)


def test_masks_on_many_frames_ask_for_all_of_them(studio: Studio) -> None:
    studio.masks.paint(3, box(10, 10, 20, 20))
    before = studio.masks.track
    studio.masks.show_tracked(
        {k: Tracked(Runs.of(box(k, 10, k + 10, 20)), 1) for k in range(4, 15)}
    )
    studio.masks.keep_tracked(before, frame=3, follows=False)

    assert studio.framing.covered == range(3, 15)
    window = studio.framing.window
    assert window.left <= 4
    assert window.left + window.width >= 24
    studio.masks.clear_frame(9)
    assert studio.framing.covered == range(3, 9)


def test_an_empty_key_frame_ends_what_is_asked_for(studio: Studio) -> None:
    studio.masks.paint(2, box(10, 10, 20, 20))
    studio.masks.clear_frame(12)

    assert studio.framing.covered == range(2, 12)


def test_marks_ask_for_the_frames_between_them(studio: Studio) -> None:
    studio.masks.paint(0, box(10, 10, 20, 20))
    studio.playback.mark(5, 24)

    assert studio.framing.covered == range(5, 25)
    studio.playback.mark(None, 9)
    assert studio.framing.covered == range(10)
    request = studio.recipe.request("", studio.framing.window, studio.masks.track)
    assert (request.window.first, request.length) == (0, 10)


def test_what_the_user_asks_for_ends_with_the_clip_and_is_undone_by_fit(studio: Studio) -> None:
    studio.masks.paint(8, box(10, 10, 20, 20))
    studio.recipe.length = 100

    assert studio.framing.covered == range(LENGTH)
    studio.framing.fit()
    assert studio.framing.covered == range(8, 8 + FRAMES)


def test_a_painting_across_the_picture_frees_the_windows_shape(studio: Studio) -> None:
    studio.masks.paint(0, box(0, 20, WIDTH, 30))

    window = studio.framing.window

    assert (window.left, window.width) == (0, WIDTH)
    assert window.squeeze == HEIGHT / WIDTH


def test_other_tasks_than_painting_ask_for_no_more_than_marks_do(studio: Studio) -> None:
    studio.masks.paint(0, box(10, 10, 20, 20))
    studio.masks.paint(20, box(10, 10, 30, 20))
    assert studio.framing.covered == range(21)

    studio.recipe.task = "FP"

    assert len(studio.framing.covered) == FRAMES
