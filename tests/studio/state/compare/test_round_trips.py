"""Round trips are made once per window, and say why when they are not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace

import pytest

from core.errors import UserError
from core.requests import RoundTripRequest
from core.window import Window
from studio.state.compare.round_trips import MOST_KEPT, RoundTrips
from studio.state.notices import Notices
from tests.studio.fakes import FRAMES, ROUND_TRIP_LEVEL, SIDE, ReplayingEngine
from tests.studio.window import run, until

pytestmark = pytest.mark.usefixtures("qapp")
WINDOW = Window(0, 0, 32, 32, 0, 2 * FRAMES, SIDE, SIDE)
FIRST = RoundTripRequest("/models/tiny", "/clips/a.mkv", WINDOW)


def window(first: int) -> RoundTripRequest:
    return replace(FIRST, window=replace(WINDOW, first=first))


class Failing(ReplayingEngine):
    """Fails after the first part, as long as `error` is one."""

    async def run(self, request: object) -> AsyncGenerator[object, None]:
        async for update in super().run(request):
            yield update
            if self.error is not None:
                raise self.error


def test_frames_come_in_parts_and_are_kept() -> None:
    async def scenario() -> None:
        engine = ReplayingEngine()
        trips = RoundTrips(engine, Notices())
        counts: list[int] = []
        trips.changed("frames").connect(
            lambda frames: counts.append(0 if frames is None else len(frames))
        )
        trips.want(FIRST)
        await trips.ended()
        assert counts == [FRAMES, 2 * FRAMES]
        assert trips.frames is not None
        assert (trips.frames == ROUND_TRIP_LEVEL).all()

        trips.want(window(3))
        assert trips.frames is None
        await trips.ended()
        trips.want(FIRST)
        assert trips.frames is not None
        assert len(engine.pixels) == 2

    run(scenario())


def test_window_that_is_not_wanted_any_more_is_not_finished() -> None:
    async def scenario() -> None:
        engine = ReplayingEngine()
        engine.hold_pixels = True
        trips = RoundTrips(engine, Notices())
        trips.want(FIRST)
        await until(lambda: engine.pixels)
        engine.hold_pixels = False
        trips.want(window(1))
        await trips.ended()
        assert trips.frames is not None

        trips.want(FIRST)  # it was not kept
        assert trips.frames is None
        await trips.ended()
        assert [asked.window.first for asked in engine.pixels] == [0, 1, 0]

    run(scenario())


def test_oldest_window_makes_room() -> None:
    async def scenario() -> None:
        engine = ReplayingEngine()
        trips = RoundTrips(engine, Notices())
        for first in range(MOST_KEPT + 1):
            trips.want(window(first))
            await trips.ended()
        trips.want(window(1))
        assert trips.frames is not None
        trips.want(window(0))
        assert trips.frames is None
        await trips.ended()

    run(scenario())


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (UserError("There is no such bundle."), "There is no such bundle."),
        (RuntimeError("broken"), "The tokenizer round trip failed: broken."),
    ],
)
def test_failure_is_a_sentence_and_can_be_tried_again(error: Exception, said: str) -> None:
    async def scenario() -> None:
        engine, notices = Failing(), Notices()
        engine.error = error
        trips = RoundTrips(engine, notices)
        trips.want(FIRST)
        await trips.ended()
        assert trips.failure.startswith(said)
        assert notices.current is not None
        assert notices.current.kind == "error"
        trips.want(FIRST)  # asked for by every frame that is shown: it does not start over
        assert len(engine.pixels) == 1

        engine.error = None
        notices.act()
        await trips.ended()
        assert trips.failure == ""
        assert trips.frames is not None
        assert len(trips.frames) == 2 * FRAMES

    run(scenario())


def test_forgetting_stops_what_is_made() -> None:
    async def scenario() -> None:
        engine = ReplayingEngine()
        engine.hold_pixels = True
        trips = RoundTrips(engine, Notices())
        trips.want(FIRST)
        await until(lambda: engine.pixels)
        trips.forget()
        await asyncio.wait_for(trips.ended(), 5)
        assert trips.frames is None

    run(scenario())
