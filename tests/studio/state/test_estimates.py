"""What is chosen is estimated from what was measured, and each generation adds to that."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from core.estimates.table import load, table_file
from core.requests import GenerationFinished, GenerationRequest
from studio.settings import Settings
from studio.state import estimates
from studio.state.studio import Studio
from studio.state.takes.take import Take
from tests.studio.fakes import ReplayingEngine

pytestmark = pytest.mark.usefixtures("qapp")
A_RUN, A_SAMPLE = 400_000_000, 200_000_000
"""Bytes that the engine and each variation take."""


class MeasuringEngine(ReplayingEngine):
    """Says what a generation took: 0.9 s for each variation."""

    async def run(self, request: object) -> AsyncGenerator[object, None]:
        async for update in super().run(request):
            if isinstance(update, GenerationFinished):
                assert isinstance(request, GenerationRequest)
                seconds = replace(
                    update.timings,
                    encode=0.0,
                    transformer=0.6 * request.count,
                    decode=0.3 * request.count,
                )
                memory = A_RUN + A_SAMPLE * request.count
                yield replace(update, timings=seconds, memory=memory, whole=request.resume is None)
            else:
                yield update


@pytest.fixture
def engine() -> MeasuringEngine:
    return MeasuringEngine()


@pytest.fixture
def studio(
    engine: MeasuringEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Studio]:
    monkeypatch.setattr(estimates, "free_memory", lambda: 8 << 30)
    studio = Studio(engine, Settings(), (), tmp_path / "measured")
    asyncio.run(studio.models.ask())
    studio.recipe.task = "CG"
    yield studio
    studio.session.end()


def generated(studio: Studio, **changes: object) -> Take:
    request = studio.estimates.request
    assert request is not None
    take = Take(replace(request, **changes))

    async def whole() -> None:
        studio.queue.add(take)
        await studio.queue.all_ended()

    asyncio.run(asyncio.wait_for(whole(), 60))
    return take


def test_first_generation_measures_the_next(studio: Studio) -> None:
    assert studio.estimates.estimate is None

    generated(studio)

    found = studio.estimates.estimate
    assert found is not None
    assert found.seconds == pytest.approx(0.9, rel=0.1)
    assert found.memory == pytest.approx(A_RUN + A_SAMPLE, rel=0.1)
    assert found.fits


def test_choice_is_followed(studio: Studio) -> None:
    generated(studio)
    generated(studio, count=4)

    studio.recipe.count = 8

    found = studio.estimates.estimate
    assert found is not None
    assert found.seconds == pytest.approx(7.2, rel=0.2)
    assert found.memory == pytest.approx(A_RUN + 8 * A_SAMPLE, rel=0.1)


def test_what_was_measured_is_there_at_the_next_start(
    qtbot: QtBot, studio: Studio, tmp_path: Path
) -> None:
    generated(studio)
    path = table_file("CPU", tmp_path / "measured")
    qtbot.waitUntil(lambda: path.exists() and len(load("CPU", path).points) == 1)

    again = Studio(MeasuringEngine(), Settings(), (), tmp_path / "measured")
    asyncio.run(again.models.ask())
    again.recipe.task = "CG"

    assert again.estimates.estimate is not None
    again.session.end()


def test_rest_of_a_take_is_no_measurement(studio: Studio) -> None:
    generated(studio, resume=b"state 1")

    assert studio.estimates.table.points == ()


def test_what_does_not_fit_names_the_next_lower_setting(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    generated(studio)
    generated(studio, count=4)
    monkeypatch.setattr(estimates, "free_memory", lambda: 1_300_000_000)

    studio.recipe.count = 8

    found = studio.estimates.estimate
    assert found is not None
    assert not found.fits
    lower = studio.estimates.lower_choice
    assert lower is not None
    assert lower.words == "2 variations instead of 8"
    studio.estimates.choose_lower()
    assert studio.recipe.count == 2
    assert studio.estimates.estimate is not None
    assert studio.estimates.estimate.fits
    assert studio.estimates.lower_choice is None


def test_another_device_than_the_best_was_not_measured(studio: Studio) -> None:
    generated(studio)
    request = studio.estimates.request
    assert request is not None

    assert studio.estimates.of(replace(request, device="cpu")) is not None
    studio.models.device = "NVIDIA H200, bfloat16"
    assert studio.estimates.of(replace(request, device="cpu")) is None


def test_lower_setting_of_a_failed_take_is_known_without_measurements(studio: Studio) -> None:
    request = studio.estimates.request
    assert request is not None

    lower = studio.estimates.lower(replace(request, count=4))

    assert lower is not None
    assert (lower.request.count, lower.words) == (2, "2 variations instead of 4")


def test_model_is_measured_on_demand(studio: Studio, engine: MeasuringEngine) -> None:
    bundle = studio.recipe.bundle

    async def whole() -> None:
        assert studio.estimates.obstacle_to_measure(bundle) == ""
        studio.estimates.measure(bundle)
        assert "is being measured" in studio.estimates.obstacle_to_measure(bundle)
        await studio.estimates.ended()

    asyncio.run(asyncio.wait_for(whole(), 60))

    assert {(r.count, r.options["steps"]) for r in engine.requests} == {
        (1, 4), (1, 12), (4, 4), (4, 12),
    }  # fmt: skip
    assert len(studio.estimates.table.points) == len(engine.requests) - 1
    assert studio.estimates.estimate is not None


def test_measuring_that_fails_is_told(studio: Studio, engine: MeasuringEngine) -> None:
    engine.fail_after = 0

    async def whole() -> None:
        studio.estimates.measure(studio.recipe.bundle)
        await studio.estimates.ended()

    asyncio.run(asyncio.wait_for(whole(), 60))

    assert studio.notices.current is not None
    assert "Measuring failed: broken" in studio.notices.current.text


def test_nothing_is_measured_beside_a_generation(studio: Studio, engine: MeasuringEngine) -> None:
    engine.hold_after = 0
    request = studio.estimates.request
    assert request is not None

    async def whole() -> None:
        studio.queue.add(Take(request))
        why = studio.estimates.obstacle_to_measure(studio.recipe.bundle)
        assert "A generation is running" in why
        studio.queue.stop_all()
        await studio.queue.all_ended()

    asyncio.run(asyncio.wait_for(whole(), 60))
