"""What the queue says of its jobs before they start, and what it offers when one fails."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.engine.client import DeviceFailed, EngineDied, JobFailed
from core.errors import OutOfMemory, UserError
from core.estimates.prediction import Estimate
from core.requests import GenerationRequest
from core.window import whole
from studio.state.estimates import Estimates
from studio.state.studio import Studio
from studio.state.takes.take import Phase
from tests.studio.clips import write_numbered
from tests.studio.fakes import FRAMES, SIDE, TOTAL, ReplayingEngine, capabilities
from tests.studio.window import run, until

Scenario = Callable[[Studio, ReplayingEngine], Coroutine[Any, Any, None]]


def request(clip: Path, **fields: Any) -> GenerationRequest:
    window = whole((64, 48), (FRAMES, SIDE, SIDE))
    return GenerationRequest("/models/tiny", "FP", str(clip), window, **fields)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_numbered(tmp_path / "clip.mkv")


def play(scenario: Scenario, device: str = "CPU") -> None:
    async def whole_of_it() -> None:
        engine = ReplayingEngine(replace(capabilities(), device=device))
        studio = Studio(engine, model_places=())
        try:
            await studio.models.ask()
            await scenario(studio, engine)
        finally:
            await studio.end()

    run(whole_of_it(), 30)


def estimated(monkeypatch: pytest.MonkeyPatch, **fields: Any) -> None:
    """Every job takes as long as its seed says, in seconds."""

    def of(_self: Estimates, asked: GenerationRequest) -> Estimate:
        span = (0.5 * asked.seed, 2.0 * asked.seed)
        known: dict[str, Any] = {"memory": 2_000_000_000, "of": 8_000_000_000, "fits": True}
        return Estimate(float(asked.seed), span, **(known | {"why": ""} | fields))

    monkeypatch.setattr(Estimates, "of", of)


def test_jobs_say_how_long_they_take_and_when_they_begin(
    clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    estimated(monkeypatch)

    async def scenario(studio: Studio, engine: ReplayingEngine) -> None:
        engine.hold_after = 2
        for seed in (10, 20, 30):
            studio.generation.begin(request(clip, seed=seed))
        await until(lambda: studio.queue.running is not None)
        studio.queue.running.eta = 5.0
        first, second = studio.jobs.waiting
        assert studio.jobs.running.card.request.seed == 10
        expected = studio.jobs.expected(first)
        assert (expected.words, expected.fits) == ("10 s to 40 s  ·  2.0 GB of 8.0 GB", True)
        assert studio.jobs.begins_in(first) == 5.0
        assert studio.jobs.begins_in(second) == 25.0
        studio.queue.hold()
        await studio.queue.all_ended()
        assert studio.jobs.begins_in(second) is None

    play(scenario)


def test_job_that_does_not_fit_says_so_before_it_starts(
    clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    estimated(monkeypatch, fits=False, why="It needs 9 GB.")

    async def scenario(studio: Studio, _engine: ReplayingEngine) -> None:
        studio.queue.held = True
        studio.generation.begin(request(clip))
        expected = studio.jobs.expected(studio.jobs.waiting[0])
        assert (expected.words, expected.fits) == ("Does not fit: it needs 9 GB.", False)

    play(scenario)


def test_waiting_jobs_are_moved_and_removed(clip: Path) -> None:
    async def scenario(studio: Studio, engine: ReplayingEngine) -> None:
        engine.hold_after = 2
        takes = [studio.generation.begin(request(clip, seed=seed)) for seed in range(4)]
        await until(lambda: takes[0].steps)
        studio.jobs.move(studio.jobs.waiting[2], 0)
        assert [entry.card.request.seed for entry in studio.jobs.waiting] == [3, 1, 2]
        studio.jobs.remove(studio.jobs.waiting[1])
        assert [entry.card.request.seed for entry in studio.jobs.waiting] == [3, 2]
        assert takes[1].phase is Phase.STOPPED
        studio.queue.hold()
        await studio.queue.all_ended()
        assert [entry.card.request.seed for entry in studio.jobs.waiting] == [0, 3, 2]
        studio.jobs.move(studio.jobs.waiting[2], 1)
        assert [entry.card.request.seed for entry in studio.jobs.waiting] == [0, 2, 3]

    play(scenario)


@pytest.mark.parametrize(
    ("error", "device", "offered"),
    [
        (OutOfMemory("no room"), "CPU", ["2 variations instead of 4", "Go on from step 2"]),
        (
            EngineDied(-9),
            "GPU",
            ["2 variations instead of 4", "Go on from step 2", "On the CPU"],
        ),
        (EngineDied(-11), "CPU", ["Go on from step 2", "Show log"]),
        (DeviceFailed("lost", ""), "GPU", ["Go on from step 2", "On the CPU", "Show log"]),
        (UserError("the mask is empty"), "GPU", ["Go on from step 2", "Use its settings"]),
        (JobFailed("ValueError", ""), "GPU", ["Go on from step 2", "Show log"]),
    ],
)
def test_failed_job_offers_what_fits_its_cause(
    clip: Path, error: Exception, device: str, offered: list[str]
) -> None:
    async def scenario(studio: Studio, engine: ReplayingEngine) -> None:
        engine.fail_after, engine.error = 2, error
        studio.generation.begin(request(clip, count=4))
        await studio.queue.all_ended()
        (entry,) = studio.jobs.halted
        assert [offer.words for offer in studio.jobs.offers(entry)] == offered

    play(scenario, device)


def test_lower_setting_is_generated_in_the_place_of_what_failed(clip: Path) -> None:
    async def scenario(studio: Studio, engine: ReplayingEngine) -> None:
        engine.fail_after, engine.error = 0, OutOfMemory("no room")
        studio.generation.begin(request(clip, count=4))
        await studio.queue.all_ended()
        (entry,) = studio.jobs.halted
        studio.jobs.offers(entry)[0].act()
        await studio.queue.all_ended()
        assert [asked.count for asked in engine.requests] == [4, 2]
        assert studio.jobs.halted == ()
        assert [entry.phase for entry in studio.history.entries] == [Phase.FINISHED, Phase.STOPPED]

    play(scenario)


def test_failed_device_is_replaced_by_the_cpu(clip: Path) -> None:
    async def scenario(studio: Studio, engine: ReplayingEngine) -> None:
        engine.fail_after, engine.error = 0, DeviceFailed("lost", "")
        studio.generation.begin(request(clip))
        await studio.queue.all_ended()
        offers = studio.jobs.offers(studio.jobs.halted[0])
        next(offer for offer in offers if offer.words == "On the CPU").act()
        await studio.queue.all_ended()
        assert [asked.device for asked in engine.requests] == ["", "cpu"]

    play(scenario, "GPU")


def test_result_that_is_not_on_the_canvas_is_told_and_shown(clip: Path) -> None:
    async def scenario(studio: Studio, engine: ReplayingEngine) -> None:
        studio.session.open(clip)
        await until(lambda: studio.session.clip is not None)
        engine.hold_after = 2
        first = studio.generation.begin(request(clip))
        await until(lambda: first.steps)
        second = studio.generation.begin(request(clip, seed=1))
        studio.queue.stop(first)
        engine.hold_after = None
        await studio.queue.all_ended()
        assert studio.generation.take is first
        assert studio.notices.current.text.endswith("seed 1.")
        studio.notices.act()
        assert studio.generation.take is second
        studio.asking.discard()
        assert [entry.take for entry in studio.history.entries] == [first]

    play(scenario)


def test_paused_job_goes_on_or_is_let_go_of(clip: Path) -> None:
    async def scenario(studio: Studio, engine: ReplayingEngine) -> None:
        engine.hold_after = 2
        for seed in range(2):
            take = studio.generation.begin(request(clip, seed=seed))
            await until(lambda take=take: len(take.steps) == 2)
            studio.queue.pause(take)
            await studio.queue.all_ended()
        engine.hold_after = None
        newer, older = studio.jobs.halted
        (offer,) = studio.jobs.offers(newer)
        assert offer.words == "Go on from step 2"
        studio.jobs.remove(older)
        offer.act()
        await studio.queue.all_ended()
        assert studio.jobs.halted == ()
        assert (newer.phase, older.phase) == (Phase.FINISHED, Phase.STOPPED)
        assert newer.take.done == TOTAL

    play(scenario)
