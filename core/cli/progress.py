"""Progress for whoever looks: a line that rewrites itself on a terminal, or JSON lines."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

from core.requests import GenerationStarted, GenerationStepped

CLEAR_LINE = "\r\x1b[K"


class Progress:
    """Args:
    json_lines: print each event as one JSON object on stdout instead of a line on stderr.
    """

    def __init__(self, json_lines: bool) -> None:
        self.json_lines = json_lines
        self._terminal = not json_lines and sys.stderr.isatty()

    def event(self, name: str, text: str, **facts: object) -> None:
        """Something happened: `text` for people, `facts` for programs."""
        if self.json_lines:
            print(json.dumps({"event": name, **facts}), flush=True)
        elif self._terminal:
            print(CLEAR_LINE + text, end="", file=sys.stderr, flush=True)

    def close(self) -> None:
        """Leaves the terminal with an empty line."""
        if self._terminal:
            print(CLEAR_LINE, end="", file=sys.stderr, flush=True)


class Pace:
    """How fast a decode decides its tokens. Tokens that were given are not counted, nor is the time
    between two windows.

    Attributes:
        rate: tokens of one variation per second; 0 until it is known.
        left_s: seconds that the rest takes at that rate; None until it is known.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._begin = clock()
        self._seconds = 0.0  # spent in all windows so far
        self._tokens = 0  # decided in the windows that are done
        self._window = 0  # tokens to be decided in this window
        self.rate = 0.0
        self.left_s: float | None = None

    def start(self, started: GenerationStarted) -> None:
        """A window begins."""
        self._tokens += self._window
        self._window = int((~started.given).sum())
        self._begin = self._clock() - self._seconds

    def step(self, stepped: GenerationStepped) -> None:
        self._seconds = self._clock() - self._begin
        left = int(stepped.masked[0].sum())
        decided = self._tokens + self._window - left
        if decided and self._seconds:
            windows = (stepped.total - stepped.step - 1) // stepped.masked[0].size
            self.rate = decided / self._seconds
            self.left_s = (left + windows * self._window) / self.rate

    @property
    def facts(self) -> dict[str, float | None]:
        """Both for a program."""
        return {"tokens_per_second": self.rate, "seconds_left": self.left_s}

    def __str__(self) -> str:
        """Both for a person: " · 480 tokens/s · 1:05 left"; empty while unknown."""
        if self.left_s is None:
            return ""
        rate = f"{self.rate:.0f}" if self.rate >= 10 else f"{self.rate:.1f}"
        minutes, seconds = divmod(round(self.left_s), 60)
        return f" · {rate} tokens/s · {minutes}:{seconds:02} left"
