"""Takes wait for their turn, change places, are held, and go on."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import replace

import pytest

from core.engine.client import EngineDied
from core.requests import GenerationRequest
from core.window import whole
from studio.state.notices import Notices
from studio.state.takes.queue import Queue
from studio.state.takes.take import Phase, Take
from tests.studio.fakes import FRAMES, SIDE, TOTAL, ReplayingEngine

REQUEST = GenerationRequest(
    bundle="/models/tiny",
    task="paint",
    clip="clip.mp4",
    window=whole((64, 48), (FRAMES, SIDE, SIDE)),
)


class Line:
    """A queue with a replaying engine."""

    def __init__(self) -> None:
        self.engine, self.notices = ReplayingEngine(), Notices()
        self.queue = Queue(self.engine, self.notices)
        self.ended: list[Take] = []
        self.queue.ended.connect(self.ended.append)

    def add(self, count: int) -> list[Take]:
        takes = [Take(replace(REQUEST, seed=seed)) for seed in range(count)]
        for take in takes:
            self.queue.add(take)
        return takes

    async def reach(self, take: Take, steps: int) -> None:
        while len(take.steps) < steps:
            await asyncio.sleep(0)

    @property
    def seeds(self) -> list[int]:
        return [request.seed for request in self.engine.requests]


@pytest.fixture
def line() -> Line:
    return Line()


def run(coroutine: Coroutine[object, object, None]) -> None:
    asyncio.run(asyncio.wait_for(coroutine, 5))


def test_takes_run_one_after_the_other(line: Line) -> None:
    async def scenario() -> None:
        takes = line.add(3)
        assert line.queue.running is takes[0]
        assert line.queue.waiting == tuple(takes[1:])
        await line.queue.all_ended()
        assert line.ended == takes

    run(scenario())

    assert line.seeds == [0, 1, 2]
    assert {take.phase for take in line.ended} == {Phase.FINISHED}


def test_waiting_takes_change_places(line: Line) -> None:
    async def scenario() -> None:
        takes = line.add(3)
        line.queue.move(takes[2], 0)
        await line.queue.all_ended()

    run(scenario())

    assert line.seeds == [0, 2, 1]


def test_stopped_takes_never_run(line: Line) -> None:
    async def scenario() -> None:
        line.engine.hold_after = 1
        first, second, third = line.add(3)
        await line.reach(first, 1)
        line.queue.stop(second)
        assert (second.phase, line.queue.waiting) == (Phase.STOPPED, (third,))
        line.queue.stop_all()
        await line.queue.all_ended()

    run(scenario())

    assert line.seeds == [0]


def test_held_queue_goes_on_where_it_was(line: Line) -> None:
    async def scenario() -> None:
        line.engine.hold_after = 2
        first, second = line.add(2)
        await line.reach(first, 2)
        line.queue.hold()
        await line.queue.all_ended()
        assert (first.phase, second.phase) == (Phase.PAUSED, Phase.WAITING)
        line.engine.hold_after = None
        line.queue.release()
        await line.queue.all_ended()
        assert [step.step for step in first.steps] == list(range(TOTAL))

    run(scenario())

    assert line.seeds == [0, 0, 1]
    assert line.engine.requests[1].resume == b"state 1"


def test_paused_take_lets_the_next_one_run(line: Line) -> None:
    async def scenario() -> None:
        line.engine.hold_after = 1
        first, second = line.add(2)
        await line.reach(first, 1)
        line.engine.hold_after = None
        line.queue.pause(first)
        await line.queue.all_ended()
        assert (first.phase, second.phase) == (Phase.PAUSED, Phase.FINISHED)

    run(scenario())


def test_failed_take_is_told_and_the_next_one_runs(line: Line) -> None:
    async def scenario() -> None:
        line.engine.fail_after, line.engine.error = 2, EngineDied(-9)
        first, second = line.add(2)
        await line.queue.all_ended()
        assert (first.phase, second.phase) == (Phase.FAILED, Phase.FINISHED)
        assert "SIGKILL" in first.failure
        assert line.notices.current.action == "Continue from step 2"

    run(scenario())
