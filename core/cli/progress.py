"""Progress for whoever looks: a line or a bar on a terminal, plain lines, or JSON lines."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bars

from core.requests import GenerationStarted, GenerationStepped, TrainUpdate

CLEAR_LINE = "\r\x1b[K"
LINE_EVERY_S = 20.0
"""At least so long between two plain lines of a training."""


class Progress:
    """Args:
    json_lines: print each event as one JSON object on stdout instead of a line on stderr.
    """

    def __init__(self, json_lines: bool) -> None:
        self.json_lines = json_lines
        self.on_terminal = not json_lines and sys.stderr.isatty()

    def event(self, name: str, text: str, **facts: object) -> None:
        """Something happened: `text` for people, `facts` for programs."""
        if self.json_lines:
            print(json.dumps({"event": name, **facts}), flush=True)
        elif self.on_terminal:
            print(CLEAR_LINE + text, end="", file=sys.stderr, flush=True)

    def close(self) -> None:
        """Leaves the terminal with an empty line."""
        if self.on_terminal:
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


class TrainingProgress:
    """How a training goes, until it is closed: a bar for each phase on a terminal; elsewhere a line
    now and then.

    Args:
        json_lines: print each update as one JSON object on stdout instead.
    """

    def __init__(self, json_lines: bool, clock: Callable[[], float] = time.perf_counter) -> None:
        self._plain = Progress(json_lines)
        self._clock, self._said = clock, -LINE_EVERY_S
        self._phase, self._bars = (
            "",
            Bars(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[text]}"),
                console=Console(stderr=True),
            ),
        )

    def __enter__(self) -> Self:
        if self._plain.on_terminal:
            self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._plain.on_terminal:
            self._bars.stop()

    def show(self, update: TrainUpdate) -> None:
        if self._plain.json_lines:
            self._plain.event("finished" if update.bundle else "trained", "", **_facts(update))
        elif self._plain.on_terminal:
            self._show_bar(update)
        else:
            self._print_line(update)

    def _show_bar(self, update: TrainUpdate) -> None:
        if update.message:
            self._bars.console.print(update.message)
        if not update.total:
            return
        if update.phase != self._phase:
            self._phase = update.phase
            self._task = self._bars.add_task(update.phase, total=update.total, text="")
        self._bars.update(self._task, completed=update.step, text=_figures(update))

    def _print_line(self, update: TrainUpdate) -> None:
        due = self._clock() - self._said >= LINE_EVERY_S or update.step == update.total
        if update.message:
            print(update.message, file=sys.stderr, flush=True)
        elif due and not update.bundle:
            self._said = self._clock()
            line = f"{update.phase} {update.step}/{update.total}  {_figures(update)}"
            print(line, file=sys.stderr, flush=True)


def _figures(update: TrainUpdate) -> str:
    """ "l2 0.0123  psnr 20.1 · 12.3 clips/s · waits 2 % · 1:05 left"."""
    named = "  ".join(f"{name} {value:.4g}" for name, value in update.figures.items())
    speed = f"{update.samples_per_second:.1f} clips/s · waits {update.waiting:.0%}"
    return f"{named} · {speed} · {_clock_time(update.eta_s)} left"


def _clock_time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _facts(update: TrainUpdate) -> dict[str, object]:
    """All fields, as JSON has them."""
    samples = [str(path) for path in update.samples]
    return asdict(update) | {"samples": samples, "bundle": _text(update.bundle)}


def _text(path: Path | None) -> str | None:
    return str(path) if path else None
