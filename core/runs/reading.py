"""A run as its folder shows it now: the same of a process of this machine and of another one.

Nothing but the folder is asked, so a window can be closed and opened again, and a run on a shared
folder can be followed from anywhere.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Literal

from core.runs.asking import Wish
from core.runs.asking import asked as wish
from core.runs.checkpoints import SAMPLES, Kept, find_checkpoints
from core.runs.elsewhere import SCRIPT
from core.runs.life import SILENT_S, Life, State, read_life
from core.runs.metrics import METRICS, Line, MetricsTail
from core.runs.plan import RECIPE, REQUEST, Asked, Plan, read_asked, read_plan

Status = Literal[State, "waiting", "lost", "gone"]
PACE_LINES = 5
"""The last so many reports say how fast a training is."""
PARTS = {"tokenizer": "tokenizer", "vqvae": "tokenizer", "transformer": "prior", "prior": "prior"}
"""Which part of a model a phase trains."""
LITTLE_MEMORY = 400 << 20
"""With so few bytes left, a system ends processes."""
_SAMPLE = re.compile(r"(\w+)-(\d+)\.png")


@dataclass(frozen=True)
class Sample:
    """What the model did with the fixed conditions after so many steps.

    Attributes:
        still, moving: picture and clip, see `core.training.samples`.
    """

    phase: str
    step: int
    still: Path

    @property
    def moving(self) -> Path:
        return self.still.with_suffix(".mp4")


@dataclass(frozen=True, eq=False)
class RunLook:
    """Attributes:
    status: what its process said last; "waiting": nobody has begun it; "lost": the process that
        worked on it is no more, or is silent; "gone": there is no such folder any more.
    words: a sentence on it; "" where the status says all.
    silent_s: seconds since the last sign of life.
    phases: name → steps, in their order.
    done: steps of all phases that are done, of `total`.
    eta: seconds that are left, or None while unknown.
    wish: what somebody asks of it, while it is not obeyed; or None.
    elsewhere: whether it was written for other machines.
    """

    folder: Path
    status: Status
    words: str = ""
    life: Life | None = None
    silent_s: float = 0.0
    asked: Asked | None = None
    plan: Plan = field(default_factory=Plan)
    lines: tuple[Line, ...] = ()
    samples: tuple[Sample, ...] = ()
    checkpoints: tuple[Kept, ...] = ()
    done: int = 0
    total: int = 0
    eta: float | None = None
    wish: Wish | None = None
    elsewhere: bool = False

    @property
    def name(self) -> str:
        """Of the model that comes of it."""
        asked = self.asked.request.name if self.asked else ""
        return asked or self.plan.name or self.folder.name

    @property
    def here(self) -> bool:
        """Whether a process of this machine works, or worked, on it."""
        return self.life is not None and self.life.here

    @property
    def working(self) -> bool:
        return self.status in ("preparing", "training", "saving")

    @property
    def phases(self) -> Mapping[str, int]:
        return self.plan.phases


class RunReader:
    """Looks at a run's folder again and again; it changes nothing there.

    Args:
        clock: seconds from any start; now: seconds since 1970.
    """

    def __init__(
        self,
        folder: Path,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.folder = folder
        self._clock, self._now = clock, now
        self._tail = MetricsTail(folder)
        self._said: float | None = None  # the time of the last sign of life, by its own clock
        self._heard = 0.0  # and when it was heard, by ours

    def look(self) -> RunLook:
        """The run as it is now.

        Raises:
            OSError: the folder is there and cannot be read.
        """
        if not self.folder.is_dir():
            return RunLook(self.folder, "gone", "The folder of this run is not there any more.")
        self._tail.look()
        life, plan, asked = read_life(self.folder), read_plan(self.folder), read_asked(self.folder)
        silent = self._silence(life)
        status, words = _status(life, silent)
        lines = self._tail.lines
        return RunLook(
            self.folder,
            status,
            words,
            life,
            silent,
            asked,
            plan,
            lines,
            _samples(self.folder),
            find_checkpoints(self.folder, list(plan.phases)),
            _done(plan, lines, life),
            sum(plan.phases.values()),
            _eta(plan, lines, asked) if status == "training" else None,
            wish(self.folder),
            (self.folder / SCRIPT).exists(),
        )

    def _silence(self, life: Life | None) -> float:
        """Seconds since the last sign of life. Clocks of two machines differ, so what counts is
        when a new one is seen here; for the first one there is only its own time."""
        if life is None:
            return 0.0
        now = self._clock()
        if self._said is None:
            self._heard = now - min(max(self._now() - life.time, 0.0), SILENT_S * 10)
        elif life.time != self._said:
            self._heard = now
        self._said = life.time
        return now - self._heard


def is_run(folder: Path) -> bool:
    """Whether a folder looks like that of a run."""
    return any((folder / name).is_file() for name in (REQUEST, RECIPE, METRICS))


def _status(life: Life | None, silent_s: float) -> tuple[Status, str]:
    if life is None:
        return "waiting", "Nobody has begun this run yet."
    if not life.working:
        return life.state, life.words
    if life.here:
        return (life.state, life.words) if life.goes_on else ("lost", _cause(life))
    if silent_s > SILENT_S:
        minutes = max(round(silent_s / 60), 1)
        ago = "a minute" if minutes == 1 else f"{minutes} minutes"
        return "lost", (
            f"“{life.machine}” has given no sign of life for {ago}. It may be switched off, or "
            "its folder may not be reached."
        )
    return life.state, life.words


def _cause(life: Life) -> str:
    """Why a process of this machine may have ended without a word."""
    ended = f"Process {life.process}, which trained it, ended without a word"
    if life.free is not None and life.free < LITTLE_MEMORY:
        left = life.free >> 20
        return (
            f"{ended}. At its last sign of life the system had {left} MB of memory left, so the "
            "system has probably ended it. Close other programs, then go on."
        )
    return f"{ended}: it was killed, it crashed, or the machine was switched off."


def _samples(folder: Path) -> tuple[Sample, ...]:
    found = ((path, _SAMPLE.fullmatch(path.name)) for path in (folder / SAMPLES).glob("*.png"))
    samples = (Sample(match[1], int(match[2]), path) for path, match in found if match)
    return tuple(sorted(samples, key=lambda sample: (sample.still.stat().st_mtime, sample.step)))


def _done(plan: Plan, lines: tuple[Line, ...], life: Life | None) -> int:
    """Steps of all phases: those of phases before the last that reported are all done."""
    last = lines[-1] if lines else None
    if last is None or last.phase not in plan.phases:
        return 0
    order = list(plan.phases)
    before = sum(plan.phases[name] for name in order[: order.index(last.phase)])
    said = life.step if life is not None and life.phase == last.phase and life.working else 0
    return before + max(last.step, said)


def _eta(plan: Plan, lines: tuple[Line, ...], asked: Asked | None) -> float | None:
    """Seconds for the rest of the phase that is trained, and for the phases after it at the pace
    that was measured for them; None before anything was reported."""
    last = [line for line in lines[-PACE_LINES:] if line.phase == lines[-1].phase]
    paces = [line.figures["seconds"] for line in last if line.figures.get("seconds")]
    if not paces or lines[-1].phase not in plan.phases:
        return None
    order, pace = list(plan.phases), median(paces)
    now = order.index(lines[-1].phase)
    measured = asked.seconds if asked else {}
    later = (plan.phases[name] * measured.get(PARTS[name], pace) for name in order[now + 1 :])
    return (plan.phases[order[now]] - lines[-1].step) * pace + sum(later)
