"""The states together: window, recipe, result and stage follow clip, painting and job."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.requests import BundleEntry
from studio.samples import sample_clip
from studio.settings import Settings
from studio.state.asking import REFINING_STEPS
from studio.state.studio import Studio
from tests.studio.clips import write_numbered
from tests.studio.fakes import FRAMES, SIDE, TINY, TOTAL, ReplayingEngine, capabilities

pytestmark = pytest.mark.usefixtures("qapp")
WIDTH, HEIGHT, LENGTH = 64, 48, 20


@pytest.fixture
def engine() -> ReplayingEngine:
    return ReplayingEngine()


@pytest.fixture
def studio(engine: ReplayingEngine, tmp_path: Path, qtbot) -> Iterator[Studio]:
    """A studio with an open clip whose first frame is on the stage."""
    studio = Studio(engine, Settings(), ())
    asyncio.run(studio.models.ask())
    studio.session.open(write_numbered(tmp_path / "clip.mkv", LENGTH, WIDTH, HEIGHT))
    qtbot.waitUntil(lambda: studio.stage.picture is not None)
    yield studio
    asyncio.run(studio.end())


def box(left: int, top: int, right: int, bottom: int) -> np.ndarray:
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[top:bottom, left:right] = True
    return mask


def generate(studio: Studio) -> None:
    async def whole() -> None:
        studio.asking.generate()
        await studio.generation.ended()

    asyncio.run(whole())


def test_window_covers_the_picture_until_something_is_painted(studio: Studio) -> None:
    window = studio.framing.window

    assert (window.height, window.top, window.first) == (HEIGHT, 0, 0)


def test_window_is_fitted_around_the_painting(studio: Studio) -> None:
    studio.masks.paint(3, box(10, 10, 20, 20))

    window = studio.framing.window

    assert (window.width, window.height) == (16, 16)
    assert window.left <= 10 < 20 <= window.left + window.width
    assert 3 in window.range


def test_placed_window_stays_until_it_is_fitted_again(studio: Studio) -> None:
    studio.framing.drag(30, 20, 24, 24)
    studio.masks.paint(0, box(0, 0, 8, 8))
    assert (studio.framing.window.left, studio.framing.window.width) == (30, 24)

    studio.framing.fit()

    assert studio.framing.window.left == 0


def test_placed_window_is_pushed_inside_the_picture(studio: Studio) -> None:
    studio.framing.drag(60, -5, 24, 24)

    assert (studio.framing.window.left, studio.framing.window.top) == (WIDTH - 24, 0)


def test_marks_limit_the_working_range(studio: Studio) -> None:
    studio.playback.mark(5, 7)

    assert studio.framing.window.first == 5
    assert studio.framing.covered == range(5, 8)


def test_nothing_painted_is_the_obstacle_of_painting_alone(studio: Studio) -> None:
    assert "Paint" in studio.asking.obstacle

    studio.recipe.task = "FP"

    assert studio.asking.obstacle == ""


def test_unknown_task_is_explained_by_the_model_s_title(studio: Studio) -> None:
    from core.tasks import TASKS

    assert studio.recipe.obstacle(TASKS["FI"]) == "“Tiny” was not trained on this task."


def test_class_is_chosen_for_a_task_that_needs_one(studio: Studio) -> None:
    studio.recipe.task = "CG"
    assert studio.recipe.label == "cat"

    studio.recipe.task = "FP"

    assert studio.recipe.label is None


def test_model_that_is_gone_gives_way_to_a_usable_one(studio: Studio) -> None:
    other = BundleEntry("/models/other", replace(TINY, tasks=("FP",)))

    studio.models.bundles = (BundleEntry("/models/bad", None, "damaged"), other)

    assert (studio.recipe.bundle, studio.recipe.task) == ("/models/other", "FP")


def test_request_holds_all_that_was_chosen(studio: Studio, engine: ReplayingEngine) -> None:
    studio.masks.paint(0, box(10, 10, 20, 20))
    studio.recipe.seed, studio.recipe.options = 7, {"steps": 9}

    generate(studio)

    request = engine.requests[0]
    assert (request.seed, request.options, request.task) == (7, {"steps": 9}, "paint")
    assert request.painted is studio.masks.track
    assert request.window == studio.framing.window
    assert request.clip == str(studio.session.clip.path)


def test_result_stands_inside_the_painting_and_nowhere_else(studio: Studio) -> None:
    painted = box(10, 10, 30, 30)
    studio.masks.paint(0, painted)

    generate(studio)

    assert studio.stage.picture[20, 20, 0] == 200  # the level of the replayed result
    assert np.array_equal(studio.stage.picture[~painted], studio.stage.original[~painted])


def test_earlier_step_is_shown_when_it_is_chosen(studio: Studio) -> None:
    studio.masks.paint(0, box(10, 10, 30, 30))
    generate(studio)

    studio.generation.look_at(2)
    assert studio.stage.picture[20, 20, 0] == 20  # the level of step 2
    studio.generation.look_at(TOTAL)

    assert studio.stage.picture[20, 20, 0] == 200


def test_frames_outside_the_window_are_untouched(studio: Studio, qtbot) -> None:
    studio.masks.paint(0, box(10, 10, 30, 30))
    generate(studio)

    studio.playback.go(FRAMES)

    qtbot.waitUntil(lambda: studio.stage.original[0, 0, 0] == 5 * FRAMES)
    assert studio.stage.picture is studio.stage.original


def test_late_frame_stands_in_while_playing_and_only_then(studio: Studio) -> None:
    late = np.full((HEIGHT, WIDTH, 3), 99, np.uint8)
    studio.playback.position = 18  # not decoded yet

    studio.session.frame_arrived.emit(6, late)
    assert studio.stage.number == 0
    studio.playback.playing = True
    studio.session.frame_arrived.emit(6, late)

    assert studio.stage.number == 6
    assert studio.stage.picture is late


def test_mask_makes_room_for_the_result_and_comes_back_with_the_brush(studio: Studio) -> None:
    studio.masks.paint(0, box(10, 10, 30, 30))
    assert studio.stage.mask is not None

    generate(studio)
    assert (studio.stage.mask, studio.tools.tool) == (None, "pan")
    studio.tools.tool = "brush"

    assert studio.stage.mask is not None


def test_lens_tells_when_each_token_was_kept(studio: Studio) -> None:
    studio.masks.paint(0, box(10, 10, 30, 30))
    studio.tools.lens = True
    generate(studio)

    tokens, window = studio.stage.tokens

    assert window == studio.generation.request.window
    assert not tokens.masked.any()
    # Of eight tokens in two times two rows, each of the four steps decides two.
    assert tokens.kept_at.tolist() == [[0, 0], [1, 1]]


def test_another_clip_forgets_masks_and_result(studio: Studio, tmp_path: Path, qtbot) -> None:
    studio.masks.paint(0, box(10, 10, 30, 30))
    generate(studio)

    studio.session.open(write_numbered(tmp_path / "other.mkv", 6, 32, SIDE))
    qtbot.waitUntil(lambda: studio.stage.picture is not None and studio.playback.length == 6)

    assert studio.masks.track.empty
    assert studio.result.clips is None
    assert studio.stage.picture.shape == (SIDE, 32, 3)


def test_settings_remember_what_was_chosen(engine: ReplayingEngine) -> None:
    engine.answer = capabilities()
    studio = Studio(engine, Settings(brush_size=99, loop=False), ())

    studio.tools.resize_brush(12)

    assert studio.remembered("00").brush_size == 12
    assert studio.remembered("00").loop is False
    studio.session.end()


def test_bundled_sample_is_no_recent_clip(studio: Studio, qtbot) -> None:
    before = studio.settings.recent
    sample = sample_clip()
    assert sample is not None

    studio.session.open(sample)
    qtbot.waitUntil(lambda: studio.session.clip.path == sample)

    assert studio.settings.recent == before


def test_a_finished_result_is_refined_as_often_as_wanted(
    studio: Studio, engine: ReplayingEngine
) -> None:
    studio.recipe.task = "FP"
    assert "Nothing is generated" in studio.asking.obstacle_to_refine
    generate(studio)
    first = studio.generation.request
    assert first is not None

    refine(studio)
    refine(studio)

    state = f"state {TOTAL - 1}".encode()
    assert studio.generation.request == first.refined(state, REFINING_STEPS)
    assert engine.requests[-1].refine == engine.requests[-2].refine == state
    assert studio.result.clips is not None


def test_a_result_of_several_windows_is_not_refined(studio: Studio) -> None:
    studio.recipe.task = "CG"
    generate(studio)
    assert studio.asking.obstacle_to_refine == ""

    studio.generation.request = replace(studio.generation.request, length=FRAMES + 1)

    assert "several windows" in studio.asking.obstacle_to_refine


def test_nothing_is_refined_without_the_decoder_for_it(studio: Studio) -> None:
    studio.recipe.task = "FP"
    generate(studio)
    studio.models.decoders = {
        name: entry for name, entry in studio.models.decoders.items() if not entry.refines
    }

    request = studio.generation.request
    studio.asking.refine()

    assert "cannot be refined" in studio.asking.obstacle_to_refine
    assert studio.generation.request is request


def test_a_refining_decoder_is_not_offered_for_generating(studio: Studio) -> None:
    assert "refine" in studio.models.decoders
    assert list(studio.recipe.decoders) == ["commit", "maskgit"]


def refine(studio: Studio) -> None:
    async def whole() -> None:
        studio.asking.refine()
        await studio.generation.ended()

    asyncio.run(whole())
