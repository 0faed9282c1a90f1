"""A job runs, pauses, resumes, goes back to a step and survives the death of the engine."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

import pytest

from core.engine.client import EngineDied
from core.errors import UserError
from core.requests import GenerationRequest
from core.window import whole
from studio.state.generation import Generation, Phase
from studio.state.notices import Notices
from tests.studio.fakes import FRAMES, SIDE, TOTAL, ReplayingEngine

REQUEST = GenerationRequest(
    bundle="/models/tiny",
    task="paint",
    clip="clip.mp4",
    window=whole((64, 48), (FRAMES, SIDE, SIDE)),
)


class Job:
    """A generation with a replaying engine."""

    def __init__(self) -> None:
        self.engine, self.notices = ReplayingEngine(), Notices()
        self.generation = Generation(self.engine, self.notices)

    async def reach(self, steps: int) -> None:
        while len(self.generation.steps) < steps:
            await asyncio.sleep(0)

    @property
    def done_steps(self) -> list[int]:
        return [step.step for step in self.generation.steps]


@pytest.fixture
def job() -> Job:
    return Job()


def run(coroutine: Coroutine[object, object, None]) -> None:
    asyncio.run(asyncio.wait_for(coroutine, 5))


def test_finished_job_keeps_every_step_and_the_result(job: Job) -> None:
    async def scenario() -> None:
        job.generation.begin(REQUEST)
        assert job.generation.running
        await job.generation.ended()

    run(scenario())

    assert job.generation.phase is Phase.FINISHED
    assert job.done_steps == list(range(TOTAL))
    assert job.generation.finished is not None


def test_paused_job_goes_on_after_its_last_step(job: Job) -> None:
    async def scenario() -> None:
        job.engine.hold_after = 2
        job.generation.begin(REQUEST)
        await job.reach(2)
        job.generation.pause()
        assert job.generation.phase is Phase.HALTING
        await job.generation.ended()
        assert (job.generation.phase, job.engine.closed) == (Phase.PAUSED, 1)
        job.engine.hold_after = None
        job.generation.resume()
        await job.generation.ended()

    run(scenario())

    assert job.engine.requests[1].resume == b"state 1"
    assert job.done_steps == list(range(TOTAL))
    assert job.generation.phase is Phase.FINISHED


def test_stopped_job_keeps_what_was_decoded(job: Job) -> None:
    async def scenario() -> None:
        job.engine.hold_after = 3
        job.generation.begin(REQUEST)
        await job.reach(3)
        job.generation.stop()
        await job.generation.ended()

    run(scenario())

    assert job.generation.phase is Phase.STOPPED
    assert job.done_steps == [0, 1, 2]


def test_going_back_forgets_later_steps_and_decodes_them_again(job: Job) -> None:
    async def scenario() -> None:
        job.generation.begin(REQUEST)
        await job.generation.ended()
        job.generation.continue_from(1)
        assert job.done_steps == [0, 1]
        assert job.generation.finished is None
        await job.generation.ended()

    run(scenario())

    assert job.engine.requests[1].resume == b"state 1"
    assert job.done_steps == list(range(TOTAL))


def test_going_back_while_running_stops_the_running_job_first(job: Job) -> None:
    async def scenario() -> None:
        job.engine.hold_after = 3
        job.generation.begin(REQUEST)
        await job.reach(3)
        job.engine.hold_after = None
        job.generation.continue_from(0)
        await job.generation.ended()

    run(scenario())

    assert job.engine.closed == 1
    assert job.done_steps == list(range(TOTAL))


def test_new_request_replaces_the_running_one(job: Job) -> None:
    async def scenario() -> None:
        job.engine.hold_after = 2
        job.generation.begin(REQUEST)
        await job.reach(2)
        job.engine.hold_after = None
        job.generation.begin(REQUEST)
        await job.generation.ended()

    run(scenario())

    assert job.generation.phase is Phase.FINISHED
    assert job.done_steps == list(range(TOTAL))


def test_job_that_is_stopped_at_once_has_ended(job: Job) -> None:
    async def scenario() -> None:
        job.generation.begin(REQUEST)
        job.generation.stop()
        await job.generation.ended()

    run(scenario())

    assert job.generation.phase is Phase.STOPPED
    assert job.engine.requests == []


def test_dead_engine_is_named_and_the_job_offered_again(job: Job) -> None:
    async def scenario() -> None:
        job.engine.fail_after, job.engine.error = 2, EngineDied(-9)
        job.generation.begin(REQUEST)
        await job.generation.ended()
        assert job.generation.phase is Phase.FAILED
        assert "SIGKILL" in job.notices.current.text
        assert job.notices.current.action == "Continue from step 2"
        job.notices.act()
        await job.generation.ended()

    run(scenario())

    assert job.engine.requests[1].resume == b"state 1"
    assert job.generation.phase is Phase.FINISHED


def test_refusal_of_the_engine_is_shown_as_it_is(job: Job) -> None:
    async def scenario() -> None:
        job.engine.fail_after, job.engine.error = 0, UserError("The model is incomplete.")
        job.generation.begin(REQUEST)
        await job.generation.ended()

    run(scenario())

    assert job.notices.current.text == "The model is incomplete."
    assert job.generation.phase is Phase.FAILED


def test_time_left_comes_from_the_measured_steps() -> None:
    ticks = iter(range(0, 1000, 2))
    engine = ReplayingEngine()
    generation = Generation(engine, Notices(), clock=lambda: next(ticks))
    heard: list[float | None] = []
    generation.changed("eta").connect(heard.append)

    async def scenario() -> None:
        generation.begin(REQUEST)
        await generation.ended()

    run(scenario())

    assert heard == [4.0, 2.0, 0.0, None]
