"""Presentation times to a constant frame rate: which picture shows in which frame."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

ASSUMED_RATE = Fraction(25)
"""For streams that carry no times."""

FASTEST_RESAMPLED = 60
"""A varying rate is never resampled to more frames a second than this."""

LONGEST_HOLD_S = 60.0
"""A longer gap between two pictures is a jump of the clock, not a picture that stands still."""

_USUAL_RATES = [Fraction(n) for n in (1, 2, 5, 8, 10, 12, 15, 20, 24, 25, 30, 48, 50, 60)]
_USUAL_RATES += [Fraction(n * 1000, 1001) for n in (24, 30, 48, 60)]


@dataclass(frozen=True)
class Timeline:
    """A constant-rate view of pictures.

    Attributes:
        rate: frames per second.
        pictures: int (frames,): the picture that each frame shows, never decreasing.
        note: a sentence when frames were repeated or left out, else "".
    """

    rate: Fraction
    pictures: NDArray[np.int64]
    note: str = ""


def constant_rate(
    times: NDArray[np.float64], last_duration: float, stated: Iterable[Fraction | None]
) -> Timeline:
    """Fit a constant rate to presentation times.

    Args:
        times: seconds (pictures,), increasing; any start.
        last_duration: seconds that the last picture stands, 0 when unknown.
        stated: rates that the file claims, most trusted first.
    """
    count = len(times)
    rates = [rate for rate in stated if rate]
    if count == 1:
        usable = [rate for rate in rates if 1 <= rate <= 240]
        return Timeline(usable[-1] if usable else ASSUMED_RATE, np.zeros(1, np.int64))
    times = _without_jumps(times - times[0])
    mean = Fraction((count - 1) / times[-1]).limit_denominator(1001) if times[-1] else ASSUMED_RATE
    for rate in (*rates, mean):
        if np.array_equal(_slots(times, rate), np.arange(count)):
            return Timeline(rate, np.arange(count))
    return _resampled(times, last_duration, rates)


def _slots(times: NDArray[np.float64], rate: Fraction) -> NDArray[np.int64]:
    """The frame nearest to each time."""
    return np.floor(times * float(rate) + 0.5).astype(np.int64)


def _resampled(
    times: NDArray[np.float64], last_duration: float, stated: list[Fraction]
) -> Timeline:
    gaps = np.diff(times)
    shortest = max(float(np.quantile(gaps[gaps > 0], 0.1)), 1 / FASTEST_RESAMPLED)
    rate = _usual(1 / shortest, stated)
    length = max(1, round(Fraction(times[-1] + (last_duration or shortest)) * rate))
    starts = _slots(times, rate)
    pictures = np.searchsorted(starts, np.arange(length), side="right") - 1
    slowest, fastest = 1 / gaps.max(), 1 / gaps[gaps > 0].min()
    missing = int(starts[-1]) + 1 - len(times)
    if np.abs(times * float(rate) - starts).max() < 0.1 and missing > 0:
        note = f"{missing} frames are missing in the file; the one before each is shown instead."
    else:
        note = (
            f"The frame rate varies ({slowest:.3g} to {fastest:.3g} a second); "
            f"shown at a constant {float(rate):.5g} a second, so that speed stays right."
        )
    return Timeline(rate, pictures.astype(np.int64), note)


def _usual(rate: float, stated: list[Fraction]) -> Fraction:
    """The stated or usual rate within 4 % of `rate`, else `rate` itself as a fraction."""
    for known in (stated, _USUAL_RATES):
        near = [other for other in known if abs(float(other) / rate - 1) < 0.04]
        if near:
            return min(near, key=lambda other: abs(float(other) - rate))
    return Fraction(rate).limit_denominator(1001)


def _without_jumps(times: NDArray[np.float64]) -> NDArray[np.float64]:
    gaps = np.diff(times)
    usual = float(np.median(gaps))
    gaps[gaps > max(LONGEST_HOLD_S, 4 * usual)] = usual
    return np.concatenate([[0.0], np.cumsum(gaps)])
