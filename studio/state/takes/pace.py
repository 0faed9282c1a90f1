"""How fast a job decodes, and how long the rest takes at this pace."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Literal

from core.requests import GenerationStarted, GenerationStepped

OVER_S = 1.5
"""The pace is that of the last steps, over about this time."""

Unit = Literal["step", "token"]


class Pace:
    """Attributes:
    rate: steps, or tokens, a second; left_s: seconds that are left. None while unknown.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._noted: deque[tuple[float, int]] = deque()  # time, and what was decided then
        self.forget()

    def forget(self) -> None:
        """Nothing is known any more."""
        self.rate: float | None = None
        self.left_s: float | None = None
        self.interrupt()

    def interrupt(self) -> None:
        """The time until the next step is not spent on decoding."""
        self._noted.clear()

    def note(self, step: GenerationStepped, started: GenerationStarted | None, unit: Unit) -> None:
        """A step is done. Counting begins at the end of the first one, which warms the network."""
        now, here = self._clock(), decided(step, started, unit)
        if self._noted and self._noted[-1][1] == here:
            self.interrupt()  # what is known was read
        self._noted.append((now, here))
        while len(self._noted) > 2 and now - self._noted[0][0] > OVER_S:
            self._noted.popleft()
        begun, first = self._noted[0]
        if now > begun and here > first:
            self.rate = (here - first) / (now - begun)
            self.left_s = _left(step, started, unit) / self.rate


def decided(step: GenerationStepped | None, started: GenerationStarted | None, unit: Unit) -> int:
    """How far a window is: its last step, or its decided tokens, given ones among them.

    Args:
        step: None for the window's start.
        started: of the window.
    """
    if unit == "step" or started is None:
        return -1 if step is None else step.step
    if step is None:
        return int(started.given.sum())
    return step.masked[0].size - int(step.masked[0].sum())


def _left(step: GenerationStepped, started: GenerationStarted | None, unit: Unit) -> int:
    """How many steps are still to do; given tokens are none."""
    steps = step.total - step.step - 1
    if unit == "step" or started is None:
        return steps
    further_windows = steps // step.masked[0].size
    return int(step.masked[0].sum()) + further_windows * int((~started.given).sum())
