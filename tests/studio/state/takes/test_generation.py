"""A job runs, pauses, resumes, goes back to a step and survives the death of the engine."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import replace

import numpy as np
import pytest

from core.engine.client import EngineDied
from core.errors import UserError
from core.requests import GenerationRequest, GenerationStepped
from core.window import whole
from studio.state.notices import Notices
from studio.state.takes.generation import Generation
from studio.state.takes.queue import Queue
from studio.state.takes.take import MOST_STEP_BYTES, MOST_STEPS, Phase, Take
from tests.studio.fakes import (
    CAUSAL_BUNDLE,
    CAUSAL_FRAMES,
    FRAMES,
    SIDE,
    TOTAL,
    ReplayingEngine,
    causal_updates,
    level,
    stepped,
)

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
        self.queue = Queue(self.engine, self.notices)
        self.generation = Generation(self.queue)

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


def test_new_request_waits_for_the_running_one(job: Job) -> None:
    async def scenario() -> None:
        job.engine.hold_after = 2
        first = job.generation.begin(REQUEST)
        await job.reach(2)
        second = job.generation.begin(REQUEST)
        assert (second.phase, job.queue.waiting) == (Phase.WAITING, (second,))
        assert job.generation.take is first
        job.engine.hold_after = None
        job.queue.stop(first)
        await job.queue.all_ended()
        assert (first.phase, second.phase) == (Phase.STOPPED, Phase.FINISHED)

    run(scenario())


def test_request_that_shall_be_first_runs_before_the_others(job: Job) -> None:
    async def scenario() -> None:
        job.engine.hold_after = 2
        first = job.generation.begin(REQUEST)
        await job.reach(2)
        job.generation.begin(replace(REQUEST, seed=1))
        job.generation.begin(replace(REQUEST, seed=2), first=True)
        job.engine.hold_after = None
        job.queue.stop(first)
        await job.queue.all_ended()

    run(scenario())

    assert [request.seed for request in job.engine.requests] == [0, 2, 1]


def test_another_take_is_looked_at_with_its_own_steps(job: Job) -> None:
    async def scenario() -> None:
        job.generation.begin(REQUEST)
        await job.generation.ended()

    run(scenario())
    finished = job.generation.take
    job.generation.look_at(1)

    job.generation.show(None)
    assert (job.generation.steps, job.generation.phase) == ((), Phase.IDLE)
    job.generation.show(finished)

    assert (job.done_steps, job.generation.looked_at) == (list(range(TOTAL)), 1)


def test_job_that_is_stopped_at_once_has_ended(job: Job) -> None:
    async def scenario() -> None:
        job.generation.begin(REQUEST)
        job.generation.stop()
        await job.generation.ended()

    run(scenario())

    assert job.generation.phase is Phase.STOPPED
    assert job.engine.requests == []
    assert job.queue.running is None


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
    generation = Generation(Queue(engine, Notices()), clock=lambda: next(ticks))
    heard: list[float | None] = []
    generation.changed("eta").connect(heard.append)

    async def scenario() -> None:
        generation.begin(REQUEST)
        await generation.ended()

    run(scenario())

    assert heard == [4.0, 2.0, 0.0, None]


# ── token after token, and results longer than a window ────────────────────────────────────────

CAUSAL_REQUEST = GenerationRequest(
    bundle=CAUSAL_BUNDLE,
    task="continue",
    clip="clip.mp4",
    window=whole((64, 48), (CAUSAL_FRAMES, SIDE, SIDE)),
    kept=4,
)
LONG_REQUEST = replace(CAUSAL_REQUEST, length=24, overlap=4)  # five windows


def test_dead_engine_offers_to_go_on_from_the_token(job: Job) -> None:
    async def scenario() -> None:
        job.engine.fail_after, job.engine.error = 47, EngineDied(-9)
        job.generation.begin(CAUSAL_REQUEST, "token")
        await job.generation.ended()

    run(scenario())

    assert job.notices.current.action == "Continue from token 40"


def test_pace_is_that_of_the_last_second_or_so() -> None:
    steps, times = [0, 100, 200, 300, 310, 320], [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    clock = iter(times)
    take = Take(REQUEST, clock=lambda: next(clock))

    for step in steps:
        take.take(replace(stepped(0, 1000), step=step))

    assert take.pace == 10
    assert take.eta == (1000 - 320 - 1) / 10


def test_given_tokens_of_further_windows_take_no_time(job: Job) -> None:
    seconds = iter(range(1000))
    generation = Generation(job.queue, clock=lambda: next(seconds))
    heard: list[tuple[int, float, float]] = []
    generation.changed("eta").connect(
        lambda eta: eta is not None and heard.append((generation.done, generation.pace, eta))
    )

    async def scenario() -> None:
        generation.begin(LONG_REQUEST, "token")
        await generation.ended()

    run(scenario())

    assert {pace for _done, pace, _eta in heard} == {8.0}  # tokens a step, a second each
    assert heard[0] == (48, 8.0, (16 + 4 * 32) / 8)
    assert heard[-1] == (5 * 64, 8.0, 0)


def test_step_that_is_told_again_after_a_pause_is_one_step() -> None:
    times = iter([0.0, 0.1, 0.2, 1.2])
    take = Take(CAUSAL_REQUEST, "token", clock=lambda: next(times))
    started, first, *_rest = causal_updates(CAUSAL_REQUEST)
    last = replace(first, step=first.step + 8, masked=np.zeros_like(first.masked))

    again = replace(first, preview=None)
    for update in (started, first, again, again, last):
        take.take(update)

    assert take.steps == (first, last)
    assert take.pace == 24  # all that were left, in a second


def test_given_tokens_that_are_read_are_no_steps() -> None:
    take = Take(CAUSAL_REQUEST, "token")
    started, first, *_rest = causal_updates(CAUSAL_REQUEST)
    reading = replace(first, step=15, masked=~started.given[None], state=b"reading")

    for update in (started, reading, first):
        take.take(update)

    assert take.steps == (first,)
    assert take.done == first.step + 1


def test_further_window_lets_go_of_the_steps_of_the_one_before(job: Job) -> None:
    most = 0

    def count(steps: tuple[GenerationStepped, ...]) -> None:
        nonlocal most
        most = max(most, len(steps))

    job.generation.changed("steps").connect(count)

    async def scenario() -> None:
        job.generation.begin(LONG_REQUEST, "token")
        await job.generation.ended()

    run(scenario())

    assert most == 4  # half a window is given, the rest comes in four steps
    assert job.done_steps[-1] == 5 * 64 - 1
    assert len(job.generation.settled) == 20
    assert job.generation.finished.first == 20


def test_paused_long_result_goes_on_in_its_window(job: Job) -> None:
    async def scenario() -> None:
        job.engine.hold_after = 2 * 64 + 47  # in the third window
        job.generation.begin(LONG_REQUEST, "token")
        while not job.generation.steps or job.generation.steps[-1].step < 2 * 64 + 39:
            await asyncio.sleep(0)
        job.generation.pause()
        await job.generation.ended()
        assert len(job.generation.settled) == 12
        job.engine.hold_after = None
        job.generation.resume()
        await job.generation.ended()

    run(scenario())

    greys = [*job.generation.settled[:, 0, 0, 0, 0], *job.generation.finished.clips[0, :, 0, 0, 0]]
    assert greys == [level(n) for n in range(24)]


def test_job_that_pauses_between_two_windows_goes_on_there(job: Job) -> None:
    async def scenario() -> None:
        job.engine.hold_after = 2 * 64 + 39  # the first step of the third window
        job.generation.begin(LONG_REQUEST, "token")
        while job.generation.started is None or job.generation.started.first < 8:
            await asyncio.sleep(0)
        assert job.generation.steps == ()
        assert job.generation.done == 2 * 64
        job.generation.pause()
        await job.generation.ended()
        job.engine.hold_after = None
        job.generation.resume()
        await job.generation.ended()

    run(scenario())

    assert job.engine.requests[1].resume == f"state {2 * 64 - 1}".encode()
    assert len(job.generation.settled) == 20


def test_going_back_keeps_what_settled_before_the_window(job: Job) -> None:
    async def scenario() -> None:
        job.generation.begin(LONG_REQUEST, "token")
        await job.generation.ended()
        job.generation.continue_from(0)
        assert len(job.generation.settled) == 20
        await job.generation.ended()

    run(scenario())

    assert job.engine.requests[1].resume == f"state {4 * 64 + 39}".encode()
    assert job.generation.phase is Phase.FINISHED


def test_forgotten_result_lets_go_of_its_file(job: Job) -> None:
    async def scenario() -> None:
        job.generation.begin(LONG_REQUEST, "token")
        await job.generation.ended()

    run(scenario())
    take = job.generation.take
    job.generation.forget()

    assert job.generation.settled is None
    assert take._file._file is None


def test_only_so_many_steps_are_kept_and_the_chosen_one_among_them(job: Job) -> None:
    take = Take(REQUEST)
    job.generation.show(take)
    for number in range(MOST_STEPS):
        take.take(replace(stepped(0, 8192), step=number, preview=None))
    job.generation.look_at(101)

    for number in range(MOST_STEPS, 8192):
        take.take(replace(stepped(0, 8192), step=number, preview=None))

    assert MOST_STEPS // 2 <= len(job.generation.steps) <= MOST_STEPS
    assert (job.done_steps[0], job.done_steps[-1]) == (0, 8191)
    assert job.generation.steps[job.generation.chosen].step == 101
    assert job.done_steps == sorted(job.done_steps)


def test_large_previews_are_let_go_of_sooner() -> None:
    take = Take(REQUEST)
    large = np.zeros((8, 16, 256, 256, 3), np.uint8)  # 24 MB

    for number in range(40):
        take.take(replace(stepped(0, 8192), step=number, preview=large))

    assert len(take.steps) * large.nbytes <= MOST_STEP_BYTES + large.nbytes
