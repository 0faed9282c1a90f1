"""Time-lapses and round trips: what the window does not have comes from the engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from core.comparison import GAP_PX
from core.engine.client import Engine
from core.media.reading import open_clip
from core.requests import GenerationStepped, RoundTripRequest, StepsRequest
from studio.settings import Settings
from studio.state.studio import Studio
from tests.bundles import tiny_bundle
from tests.studio.clips import numbered, write_numbered
from tests.studio.fakes import (
    CAUSAL_BUNDLE,
    FRAMES,
    ROUND_TRIP_LEVEL,
    TOTAL,
    ReplayingEngine,
    both_families,
)
from tests.studio.window import opened, run

pytestmark = pytest.mark.usefixtures("qapp")
LENGTH, SIZE = 20, (64, 48)
SECONDS = 0.2
"""A step of a time-lapse: five frames."""


class Hasty(ReplayingEngine):
    """Leaves out the previews of the second and third step."""

    async def run(self, request: object) -> AsyncGenerator[object, None]:
        async for update in super().run(request):
            if isinstance(update, GenerationStepped) and update.step in (1, 2):
                update = replace(update, preview=None)
            yield update


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_numbered(tmp_path / "clip.mkv", LENGTH, *SIZE)


async def generate(studio: Studio) -> None:
    """The first frames, inside a painted box."""
    mask = np.zeros(SIZE[::-1], bool)
    mask[8:40, 16:48] = True
    studio.masks.paint(0, mask)
    studio.asking.generate()
    await studio.generation.ended()


async def export(studio: Studio, target: Path) -> np.ndarray:
    studio.export.start(target)
    await studio.export.ended()
    assert studio.export.failure == ""
    with open_clip(target) as reader:
        return reader.read(0, len(reader)).frames


def test_time_lapse_shows_each_step_and_then_the_result(clip: Path) -> None:
    async def scenario() -> None:
        engine = Hasty()
        async with opened(engine, clip) as window:
            studio = window.studio
            await generate(studio)
            studio.export.choose(
                writer="ffv1", content="lapse", details={"seconds": SECONDS, "labels": False}
            )
            assert studio.export.frame_count == TOTAL * 5 + FRAMES
            shown = await export(studio, clip.with_name("lapse.mkv"))

            assert len(shown) == TOTAL * 5 + FRAMES
            levels = shown[:, 24, 32, 0].tolist()  # in the middle of the box
            steps = [levels[5 * step : 5 * step + 5] for step in range(TOTAL)]
            # Previews of the first and the last; the second and third come from the engine.
            assert steps == [[0] * 5, [101] * 5, [102] * 5, [30] * 5]
            assert levels[TOTAL * 5 :] == [200] * FRAMES
            # Around the box the clip plays, over and over.
            assert shown[: FRAMES + 1, 0, 0, 0].tolist() == [0, 5, 10, 15, 0]
            (asked,) = engine.pixels
            assert isinstance(asked, StepsRequest)
            assert asked.tokens.shape == (2, 2, 2, 2)

    run(scenario())


def test_time_lapse_may_stand_still(clip: Path) -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine(), clip) as window:
            studio = window.studio
            await generate(studio)
            studio.playback.go(2)
            studio.export.choose(
                writer="ffv1",
                content="lapse",
                details={"seconds": SECONDS, "still": True, "labels": False},
            )
            shown = await export(studio, clip.with_name("lapse.mkv"))
            assert set(shown[: TOTAL * 5, 0, 0, 0].tolist()) == {10}

    run(scenario())


def test_tokens_of_a_causal_decode_appear_one_after_the_other(clip: Path) -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine(both_families()), clip) as window:
            studio = window.studio
            studio.recipe.bundle = CAUSAL_BUNDLE
            studio.playback.go(5)
            studio.asking.generate()
            await studio.generation.ended()
            studio.export.choose(
                writer="ffv1", content="lapse", details={"seconds": 0.04, "labels": False}
            )
            shown = await export(studio, clip.with_name("lapse.mkv"))
            moved = sum((one != other).any() for one, other in pairwise(shown))
            assert moved >= 3
            last = studio.result.decided.stop - 1
            original = numbered(LENGTH, *SIZE)[studio.session.nearest(last)]
            assert np.array_equal(shown[-1], studio.result.picture(last, original))

    run(scenario())


def test_round_trip_stands_between_original_and_result(clip: Path) -> None:
    async def scenario() -> None:
        engine = ReplayingEngine()
        async with opened(engine, clip) as window:
            studio = window.studio
            await generate(studio)
            studio.export.choose(
                writer="ffv1", content="beside", details={"round_trip": True, "labels": False}
            )
            assert studio.export.picture_size == (3 * SIZE[0] + 2 * GAP_PX, SIZE[1])
            shown = await export(studio, clip.with_name("three.mkv"))

            assert shown.shape[2] == 3 * SIZE[0] + 2 * GAP_PX
            middle = shown[:, :, SIZE[0] + GAP_PX : 2 * SIZE[0] + GAP_PX]
            window_ = studio.generation.request.window
            assert (middle[:FRAMES, window_.rows, window_.columns] == ROUND_TRIP_LEVEL).all()
            assert np.array_equal(middle[FRAMES:], numbered(LENGTH, *SIZE)[FRAMES:])
            (asked,) = engine.pixels
            assert isinstance(asked, RoundTripRequest)
            assert asked.clip == str(clip)

    run(scenario())


def test_stopping_while_the_engine_is_waited_for(clip: Path) -> None:
    async def scenario() -> None:
        engine = ReplayingEngine()
        async with opened(engine, clip) as window:
            studio = window.studio
            await generate(studio)
            engine.hold_pixels = True
            studio.export.choose(writer="ffv1", content="beside", details={"round_trip": True})
            studio.export.start(clip.with_name("three.mkv"))
            while not engine.pixels:
                await asyncio.sleep(0)
            assert studio.export.running
            studio.export.cancel()
            await studio.export.ended()
            assert not studio.export.running
            assert "was stopped" in studio.notices.current.text
            assert not clip.with_name("three.mkv").exists()

    run(scenario())


@pytest.mark.slow
def test_both_with_a_real_engine(clip: Path, tmp_path: Path) -> None:
    async def scenario() -> None:
        tiny_bundle(tmp_path / "models" / "tiny")
        engine = Engine()
        studio = Studio(engine, Settings(), (tmp_path / "models",))
        try:
            await studio.models.ask()
            studio.session.open(clip)
            while studio.stage.picture is None:
                await asyncio.sleep(0.01)
            studio.recipe.task, studio.recipe.options = "FP", {"steps": 4}
            await generate(studio)
            studio.export.choose(writer="ffv1", content="lapse", details={"seconds": SECONDS})
            lapse = await export(studio, clip.with_name("lapse.mkv"))
            assert len(lapse) == 4 * 5 + 4
            studio.export.choose(content="beside", details={"round_trip": True})
            three = await export(studio, clip.with_name("three.mkv"))
            assert three.shape == (LENGTH, SIZE[1], 3 * SIZE[0] + 2 * GAP_PX, 3)
        finally:
            await studio.end()
            await engine.stop()

    run(scenario())
