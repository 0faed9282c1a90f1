"""A job runs in a thread of its own; only the newest is heard."""

from __future__ import annotations

import threading
from collections.abc import Generator

import pytest
from pytestqt.qtbot import QtBot

from core.errors import UserError
from studio.state.background import Background

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture
def background() -> Background:
    return Background("test")


def test_updates_arrive_and_the_last_one_always(qtbot: QtBot, background: Background) -> None:
    heard: list[int] = []
    background.updated.connect(heard.append)

    with qtbot.waitSignal(background.ended):
        background.start(lambda: (number for number in range(1000)))

    assert heard == sorted(heard)
    assert heard[-1] == 999
    assert len(heard) < 1000


def test_failure_is_a_sentence(qtbot: QtBot, background: Background) -> None:
    def fails() -> Generator[None, None, None]:
        yield
        raise UserError("There is no room.")

    said: list[str] = []
    background.failed.connect(said.append)
    with qtbot.waitSignal(background.ended):
        background.start(fails)

    assert said == ["There is no room."]


def test_any_other_error_is_a_sentence_too(qtbot: QtBot, background: Background) -> None:
    def breaks() -> Generator[None, None, None]:
        yield
        raise RuntimeError("bad luck")

    said: list[str] = []
    background.failed.connect(said.append)
    with qtbot.waitSignal(background.ended):
        background.start(breaks)

    assert said == ["This has failed: bad luck. The log has the details."]


def test_stopped_job_is_closed_and_not_heard_any_more(qtbot: QtBot, background: Background) -> None:
    go_on, closed = threading.Event(), threading.Event()

    def waits() -> Generator[str, None, None]:
        try:
            yield "first"
            go_on.wait(5)
            yield "second"
        finally:
            closed.set()

    heard: list[str] = []
    background.updated.connect(heard.append)
    with qtbot.waitSignal(background.updated):
        background.start(waits)
    background.stop()
    go_on.set()
    assert closed.wait(5)
    with qtbot.waitSignal(background.ended):
        background.start(lambda: (word for word in ["new"]))

    assert heard == ["first", "new"]
