"""A clip is continued: where, how far, past its end, and played while it is still decoded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.media.reading import open_clip
from core.requests import BundleEntry
from studio.settings import Settings
from studio.state.studio import Studio
from studio.state.takes.take import Phase
from tests.studio.clips import numbered, write_numbered
from tests.studio.fakes import (
    CAUSAL,
    CAUSAL_BUNDLE,
    CAUSAL_FRAMES,
    ReplayingEngine,
    both_families,
    level,
)

pytestmark = pytest.mark.usefixtures("qapp")
LENGTH, WIDTH, HEIGHT = 20, 64, 48
INSIDE = (HEIGHT // 2, WIDTH // 2)  # a pixel of the working window
LAST = LENGTH - 1


@pytest.fixture
def engine() -> ReplayingEngine:
    return ReplayingEngine(both_families())


@pytest.fixture
def studio(engine: ReplayingEngine, tmp_path: Path, qtbot) -> Iterator[Studio]:
    """A causal model is chosen, and a clip open."""
    studio = Studio(engine, Settings(), ())
    asyncio.run(studio.models.ask())
    studio.recipe.bundle = CAUSAL_BUNDLE
    studio.session.open(write_numbered(tmp_path / "clip.mkv", LENGTH, WIDTH, HEIGHT))
    qtbot.waitUntil(lambda: studio.stage.picture is not None)
    yield studio
    asyncio.run(studio.end())


def generate(studio: Studio, upto: Callable[[], object] | None = None) -> None:
    """To the end, or until something is so; then it is stopped."""

    async def whole() -> None:
        studio.asking.generate()
        while upto is not None and not upto():
            await asyncio.sleep(0)
        if upto is not None:
            studio.generation.stop()
        await studio.generation.ended()

    asyncio.run(asyncio.wait_for(whole(), 10))


def continue_after(studio: Studio, frame: int, *, kept: int = 4, length: int = 0) -> None:
    studio.playback.go(frame)
    studio.recipe.kept, studio.recipe.length = kept, length


def shown(studio: Studio, frame: int, qtbot) -> int:
    """The grey inside the working window of a frame."""
    studio.playback.go(frame)
    qtbot.waitUntil(lambda: studio.stage.number == frame)
    return int(studio.stage.picture[INSIDE][0])


# ── where ──────────────────────────────────────────────────────────────────────────────────────


def test_frame_at_the_playhead_is_the_last_one_kept(studio: Studio) -> None:
    continue_after(studio, 9, kept=4)

    assert studio.framing.window.first == 6
    assert studio.framing.covered == range(6, 6 + CAUSAL_FRAMES)


def test_at_the_clip_s_begin_the_first_frames_are_kept(studio: Studio) -> None:
    continue_after(studio, 0, kept=4)

    assert studio.framing.window.first == 0


def test_playing_does_not_move_the_place(studio: Studio) -> None:
    continue_after(studio, 9)
    studio.playback.playing = True

    studio.playback.position = 15

    assert studio.framing.last_kept == 9
    studio.playback.playing = False
    assert studio.framing.last_kept == 15


def test_another_seed_continues_at_the_same_place(studio: Studio, engine: ReplayingEngine) -> None:
    continue_after(studio, 9)
    generate(studio)
    studio.playback.go(2)
    studio.recipe.throw_dice()

    generate(studio)

    generate(studio)

    assert [request.window.first for request in engine.requests] == [6, 6, 6]
    assert studio.framing.last_kept == 9


def test_the_place_moves_when_the_user_asks_for_it(studio: Studio) -> None:
    continue_after(studio, 9)
    generate(studio)
    studio.playback.go(15)
    assert studio.framing.last_kept == 9

    studio.framing.continue_here()

    assert studio.framing.window.first == 12


def test_discarded_result_lets_the_playhead_lead_again(studio: Studio) -> None:
    continue_after(studio, 9)
    generate(studio)
    studio.playback.go(15)

    studio.generation.forget()

    assert studio.framing.last_kept == 15


def test_placed_rectangle_stays_while_the_place_moves(studio: Studio) -> None:
    studio.framing.drag(5, 6, 20, 20)

    continue_after(studio, 12)

    window = studio.framing.window
    assert (window.left, window.top, window.width, window.first) == (5, 6, 20, 9)


def test_clip_with_fewer_frames_than_are_kept_is_the_obstacle(studio: Studio) -> None:
    long = replace(CAUSAL, frames=64)
    studio.models.bundles = (BundleEntry(CAUSAL_BUNDLE, long),)
    studio.recipe.kept = 40

    assert studio.asking.obstacle == "40 frames are kept, but the clip has only 20."


def test_before_the_engine_has_answered_nothing_can_be_generated(studio: Studio) -> None:
    studio.models.decoders = {}

    assert studio.asking.obstacle == "The engine is starting."


def test_request_says_what_is_kept(studio: Studio, engine: ReplayingEngine) -> None:
    continue_after(studio, 9, kept=4, length=24)

    generate(studio)

    request = engine.requests[0]
    assert (request.task, request.kept, request.length) == ("continue", 4, 24)
    assert request.decoder == "autoregressive"
    assert request.clip == str(studio.session.clip.path)


def test_causal_model_puts_the_brush_away(studio: Studio) -> None:
    studio.recipe.bundle = "/models/tiny"
    studio.tools.tool = "brush"

    studio.recipe.bundle = CAUSAL_BUNDLE

    assert studio.tools.tool == "pan"


# ── how far ────────────────────────────────────────────────────────────────────────────────────


def test_kept_frames_stay_and_the_next_ones_are_new(studio: Studio, qtbot) -> None:
    continue_after(studio, 9, kept=4)

    generate(studio)

    assert shown(studio, 9, qtbot) == 5 * 9
    assert shown(studio, 10, qtbot) == level(4)
    assert shown(studio, 13, qtbot) == level(7)
    assert shown(studio, 14, qtbot) == 5 * 14


def test_playhead_stands_on_the_first_new_frame(studio: Studio) -> None:
    continue_after(studio, 9)

    generate(studio)

    assert studio.playback.position == 10


def test_long_result_makes_the_clip_longer(studio: Studio, qtbot) -> None:
    continue_after(studio, LAST, kept=4, length=48)

    generate(studio)

    assert studio.playback.length == LAST - 3 + 48
    assert [shown(studio, frame, qtbot) for frame in (LAST, LAST + 1, 40, 63)] == [
        5 * LAST, level(4), level(24), level(47)
    ]  # fmt: skip


def test_around_the_window_the_last_frame_stands_still(studio: Studio, qtbot) -> None:
    studio.framing.drag(8, 8, 16, 16)
    continue_after(studio, LAST, length=30)
    generate(studio)

    shown(studio, 40, qtbot)

    assert studio.stage.picture[0, 0].tolist() == [5 * LAST] * 3
    assert studio.stage.picture[16, 16].tolist() == [level(24)] * 3


def test_discarding_the_result_gives_the_clip_its_length_back(studio: Studio) -> None:
    continue_after(studio, LAST, length=48)
    generate(studio)
    studio.playback.mark(30, 50)
    studio.playback.go(55)

    studio.generation.forget()

    assert (studio.playback.length, studio.playback.position) == (LENGTH, LAST)
    assert (studio.playback.in_mark, studio.playback.out_mark) == (None, None)


def test_frames_of_earlier_windows_lie_on_the_disk(studio: Studio) -> None:
    continue_after(studio, LAST, length=48)

    generate(studio)

    clips = studio.result.clips
    assert isinstance(clips.settled, np.memmap)
    assert len(clips.settled) + clips.live.shape[1] == 48
    assert clips.live.shape[1] <= CAUSAL_FRAMES
    assert len(studio.generation.steps) <= 8  # those of one window


def test_variations_of_a_long_result_are_told_apart(studio: Studio, qtbot) -> None:
    studio.recipe.count = 2
    continue_after(studio, LAST, length=30)
    generate(studio)
    assert shown(studio, 30, qtbot) == level(14)

    studio.result.show_beside(1)

    assert shown(studio, 30, qtbot) == level(14) + 50


def test_export_writes_the_frames_past_the_clip_s_end(studio: Studio, tmp_path: Path) -> None:
    continue_after(studio, LAST, length=30)
    generate(studio)
    target = tmp_path / "out.mkv"
    studio.export.writer = "ffv1"

    async def written() -> None:
        studio.export.start(target)
        await studio.export.ended()

    asyncio.run(written())

    with open_clip(target) as reader:
        seen = reader.read(0, len(reader)).frames
    assert len(seen) == LAST - 3 + 30
    assert np.array_equal(seen[:LENGTH], numbered(LENGTH))
    assert [int(frame[INSIDE][0]) for frame in seen[LENGTH:]] == [level(n) for n in range(4, 30)]


def test_out_mark_ends_what_is_exported_beyond_the_clip(studio: Studio) -> None:
    continue_after(studio, LAST, length=30)
    generate(studio)

    studio.playback.mark(None, 29)

    assert studio.export.whole_length == 30


# ── while it is decoded ────────────────────────────────────────────────────────────────────────


def test_undecided_tokens_are_veiled_and_show_the_clip_as_it_was(studio: Studio, qtbot) -> None:
    continue_after(studio, 9, kept=4)
    generate(studio, lambda: len(studio.generation.steps) == 1)  # half of a token frame

    shown(studio, 10, qtbot)
    veil = studio.stage.veil
    assert veil.dark.tolist() == [[False] * 4] * 2 + [[True] * 4] * 2
    assert np.array_equal(veil.undecided, veil.dark)
    window = veil.window
    column = studio.stage.picture[window.rows, window.left + window.width // 2, 0]
    assert column[4] == level(4)
    assert (column[window.height // 2 :] == 5 * 10).all()

    shown(studio, 12, qtbot)
    assert studio.stage.veil.dark.all()
    shown(studio, 9, qtbot)
    assert studio.stage.veil is None


def test_tokens_without_a_preview_are_dark_but_decided(studio: Studio, qtbot) -> None:
    continue_after(studio, 9, kept=4)
    generate(studio, lambda: len(studio.generation.steps) == 2)
    first, second = studio.generation.steps
    studio.generation.steps = (first, replace(second, preview=None))

    shown(studio, 10, qtbot)

    assert studio.stage.veil.dark.any()
    assert not studio.stage.veil.undecided.any()


def test_earlier_step_has_more_of_the_veil(studio: Studio, qtbot) -> None:
    continue_after(studio, 9, kept=4)
    generate(studio)
    shown(studio, 12, qtbot)
    assert studio.stage.veil is None

    studio.generation.look_at(0)

    assert studio.stage.veil.dark.all()


def test_masked_model_draws_no_veil(studio: Studio, qtbot) -> None:
    studio.recipe.bundle = "/models/tiny"
    studio.recipe.task = "FP"

    generate(studio, lambda: len(studio.generation.steps) == 1)

    shown(studio, 2, qtbot)
    assert studio.stage.veil is None


def test_decided_frames_play_while_others_are_decoded(
    studio: Studio, engine: ReplayingEngine
) -> None:
    engine.hold_after = 55  # two token frames of kept ones, and one of new ones
    ready: list[range | None] = []
    continue_after(studio, 9, kept=4)

    async def whole() -> None:
        studio.asking.generate()
        while len(studio.generation.steps) < 2:
            await asyncio.sleep(0)
        ready.append(studio.playback.ready)
        studio.playback.play()
        studio.playback.play_to(10.0)
        assert studio.playback.position == 6  # around the end
        studio.generation.stop()
        await studio.generation.ended()

    asyncio.run(asyncio.wait_for(whole(), 10))

    assert ready == [range(6, 12)]
    assert studio.playback.ready is None


def test_stopped_result_exports_what_is_decided_alone(studio: Studio) -> None:
    continue_after(studio, LAST, kept=4)

    generate(studio, lambda: len(studio.generation.steps) == 3)

    assert studio.generation.phase is Phase.STOPPED
    assert studio.result.decided == range(LAST - 3, LAST + 3)
    assert studio.export.whole_length == LAST + 3


def test_lens_shows_the_window_that_is_decoded_and_no_earlier_one(studio: Studio, qtbot) -> None:
    studio.tools.lens = True
    continue_after(studio, LAST, kept=4, length=24)
    generate(studio)

    shown(studio, LAST + 1, qtbot)
    assert studio.stage.tokens is None
    shown(studio, LAST + 20, qtbot)

    tokens, _window = studio.stage.tokens
    assert not tokens.masked.any()


def test_new_frames_get_thumbnails_once_they_are_decided(studio: Studio, qtbot) -> None:
    arrived: dict[int, int] = {}
    studio.thumbnails.arrived.connect(
        lambda frame, picture: arrived.update({frame: int(picture[36, 48, 0])})
    )
    continue_after(studio, LAST, kept=4)
    generate(studio, lambda: len(studio.generation.steps) == 2)

    studio.thumbnails.want([LAST + 1, LAST + 3])

    qtbot.waitUntil(lambda: LAST + 1 in arrived)
    assert arrived == {LAST: 5 * LAST, LAST + 1: level(4)}


def test_thumbnails_are_asked_for_again_when_their_frames_are_decided(studio: Studio) -> None:
    stale: list[range] = []
    studio.thumbnails.stale.connect(stale.append)
    continue_after(studio, LAST, kept=4)

    generate(studio)

    assert {frame for frames in stale for frame in frames} == {LAST + n for n in range(1, 5)}
