"""How fast a decode goes, and how long the rest takes."""

from __future__ import annotations

import numpy as np
import pytest

from core.cli.progress import Pace
from core.requests import GenerationStarted, GenerationStepped

GRID = (2, 2, 5)
"""Twenty tokens a window, of which ten are given in each of three windows."""


class Clock:
    """Stands still until it is moved."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def started() -> GenerationStarted:
    given = np.arange(20).reshape(GRID) < 10
    return GenerationStarted(60, given, (1, 1, 1), np.zeros((2, 2, 5, 3), np.uint8))


def stepped(step: int) -> GenerationStepped:
    masked = (np.arange(20).reshape(1, *GRID) > step % 20) & (np.arange(20) >= 10).reshape(GRID)
    tokens, confidence = np.zeros(masked.shape, np.int32), np.zeros(masked.shape, np.float16)
    return GenerationStepped(step, 60, tokens, masked, confidence, None, b"")


def test_nothing_is_said_before_a_token_is_decided() -> None:
    pace = Pace(Clock())
    pace.start(started())
    pace.step(stepped(9))

    assert str(pace) == ""
    assert pace.facts == {"tokens_per_second": 0.0, "seconds_left": None}


def test_given_tokens_and_the_time_between_windows_do_not_count() -> None:
    clock = Clock()
    pace = Pace(clock)
    for window, last in ((0, 19), (1, 14)):
        clock.now += 1000
        pace.start(started())
        clock.now += 2
        pace.step(stepped(20 * window + last))

    assert pace.rate == pytest.approx(15 / 4)
    assert pace.left_s == pytest.approx(15 / pace.rate)


def test_a_person_reads_whole_tokens_and_minutes() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.start(started())
    clock.now += 30
    pace.step(stepped(19))

    assert str(pace) == " · 0.3 tokens/s · 1:00 left"
