"""A take: one generation, from what was asked over every step to the result.

Every step leaves a small state, so a take that was paused, stopped or whose engine has died goes
on from any step with the same outcome as if nothing had happened.
"""

from __future__ import annotations

import asyncio
import operator
import time
import uuid
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from PySide6.QtCore import QObject

from core.requests import (
    GenerationFinished,
    GenerationGrown,
    GenerationRequest,
    GenerationStarted,
    GenerationStepped,
)
from core.takes.contents import SETTLED, Contents, Spot
from core.token_edits import TokenEdits
from studio.observable import Field, Observable
from studio.state.takes.failures import Cause, cause_of, explained
from studio.state.takes.frame_file import FrameFile, Frames
from studio.state.takes.pace import Pace, Unit, decided

MOST_STEPS, MOST_STEP_BYTES = 256, 192 << 20
"""How many steps are kept to look back at, and how much of them. When there are more, every second
one is let go."""


class Phase(Enum):
    """Where a take stands. `value` is what the window says."""

    IDLE = "Ready"
    WAITING = "Waiting"
    PREPARING = "Preparing"
    DECODING = "Decoding"
    HALTING = "Stopping"
    PAUSED = "Paused"
    STOPPED = "Stopped"
    FINISHED = "Finished"
    FAILED = "Interrupted"


RUNNING = frozenset({Phase.PREPARING, Phase.DECODING, Phase.HALTING})


class Runs(Protocol):
    """The engine, as far as it is needed here."""

    def run(self, request: Any) -> AsyncGenerator[Any, None]: ...


class Take(Observable):
    """One generation. The queue says when it runs.

    Attributes:
        id: tells it from all others, also of other projects.
        made: when it was asked for.
        request: what was asked, without a state to resume from.
        unit: what a step of the job is to the user: all tokens anew, or one of them decided.
        phase: where it stands.
        failure: why it was interrupted, a sentence, or ""; cause: of what kind that is.
        started: grid and filled clip of the window that is decoded, or None while the clip is
            being encoded.
        steps: the steps of that window, or as many of them as there is room for; after going back
            to a step, those up to it.
        chosen: index of the step that is looked at; None = the newest.
        settled: frames of a result longer than one window that change no more, uint8
            (n, count, H, W, 3); they lie on the disk. None before the first.
        finished: the result, or None.
        marks: what a person has marked on its tokens.
        done: number of decode steps that are done, of all windows.
        pace: steps a second, eta: seconds that are left at this pace; None while unknown.
    """

    phase = Field(Phase.IDLE)
    failure = Field("")
    cause: Field[Cause] = Field("")
    started: Field[GenerationStarted | None] = Field(None, same=operator.is_)
    steps: Field[tuple[GenerationStepped, ...]] = Field((), same=operator.is_)
    chosen: Field[int | None] = Field(None)
    settled: Field[Frames | None] = Field(None, same=operator.is_)
    finished: Field[GenerationFinished | None] = Field(None, same=operator.is_)
    marks: Field[Mapping[Spot, TokenEdits]] = Field({})
    done = Field(0)
    pace: Field[float | None] = Field(None)
    eta: Field[float | None] = Field(None)

    def __init__(
        self,
        request: GenerationRequest,
        unit: Unit = "step",
        parent: QObject | None = None,
        *,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        super().__init__(parent)
        self.id = uuid.uuid4().hex
        self.made = datetime.now().astimezone()
        self.request, self.unit = request, unit
        self._job: asyncio.Task[Phase] | None = None
        self._halted = Phase.STOPPED
        self._pace = Pace(clock)
        self._file = FrameFile()
        self._settled_at_start = 0  # frames that were settled when the window began
        self._last: GenerationStepped | None = None  # also when its window is over
        self._borrowed: GenerationStepped | None = None  # of the take that it branches from

    @property
    def running(self) -> bool:
        return self.phase in RUNNING

    @property
    def total(self) -> int:
        """Number of decode steps, 0 while unknown."""
        return self.started.total if self.started else 0

    @property
    def resumable(self) -> bool:
        """Whether it can be gone on with."""
        return self.phase in (Phase.PAUSED, Phase.STOPPED, Phase.FAILED)

    @property
    def looked_at(self) -> int:
        """Index in `steps` of the step that is looked at; -1 without one."""
        return len(self.steps) - 1 if self.chosen is None else self.chosen

    @property
    def settled_before(self) -> Frames | None:
        """Those of `settled` that no step of this window changes."""
        return None if self.settled is None else self.settled[: self._settled_at_start]

    @property
    def final_state(self) -> bytes | None:
        """The state after the last step of a finished take, else None."""
        if self.phase is not Phase.FINISHED or self._last is None:
            return None
        return self._last.state

    # How it is kept

    def keep_in(self, folder: Path) -> None:
        """Frames that settle from now on are written into a folder, where they stay."""
        self._file = FrameFile(folder, SETTLED)

    @property
    def contents(self) -> Contents:
        """All that there is of it now."""
        return Contents(
            self.started,
            self.steps,
            self._last,
            self.settled,
            self._settled_at_start,
            self.finished,
            self.marks,
        )

    def restore(
        self, contents: Contents, phase: Phase, failure: str = "", cause: Cause = ""
    ) -> None:
        """Become a take that was kept; `contents` are from the folder that it is kept in."""
        self.started, self.steps, self._last = contents.started, contents.steps, contents.last
        self.settled, self._settled_at_start = contents.settled, contents.settled_before
        self.finished, self.marks = contents.finished, contents.marks
        self.done = contents.last.step + 1 if contents.last else 0
        self.failure, self.cause = failure, cause
        self.phase = phase

    def branch_from(
        self, started: GenerationStarted, step: GenerationStepped, frames: Frames | None
    ) -> None:
        """What is seen of it until it has a step of its own: the one that it branches from.

        Args:
            frames: (n, count, H, W, 3), those before its first window; None where that is the
                result's first.
        """
        if frames is not None and len(frames):
            self.settled = self._file.put(0, np.asarray(frames))
            self._settled_at_start = len(frames)
        self._borrowed = step
        self.started, self.steps = started, (step,)

    # How it runs

    def run(self, engine: Runs) -> None:
        """Begin, or go on after the last step; one that runs already is stopped first."""
        request = replace(self.request, resume=self._last.state) if self._last else self.request
        before = self._job
        if before is not None:
            before.cancel()
        self._pace.forget()
        self.pace = self.eta = None
        self.failure, self.cause = "", ""
        self.phase = Phase.PREPARING
        self._job = asyncio.ensure_future(self._run(engine, request, before))
        self._job.add_done_callback(self._note_end)

    def halt(self, phase: Phase) -> None:
        """End the run, or the wait for it, in that phase; what was decoded stays."""
        if self._job is not None and self.running:
            self._halted = phase
            self.phase = Phase.HALTING
            self._job.cancel()
        elif self.phase in (Phase.WAITING, Phase.PAUSED, Phase.FAILED):
            self.phase = phase

    def go_back(self, step: int) -> None:
        """Forget all that came after a step, by its index in `steps`; to be run again."""
        self.steps = self.steps[: step + 1]
        self.settled = self.settled_before
        self.finished = self.chosen = None
        self._last, self.done = self.steps[step], self.steps[step].step + 1

    def forget(self) -> None:
        """Stop, and let go of all steps and of the result."""
        if self._job is not None:
            self._halted = Phase.IDLE
            self._job.cancel()
        self.started = self.finished = self.chosen = self.pace = self.eta = None
        self.steps = ()
        self.done = 0
        self.settled, self._settled_at_start, self._last = None, 0, None
        self._file.close()
        self.phase = Phase.IDLE

    def look_at(self, step: int) -> None:
        """Look at a step; the newest is followed as the decoding goes on."""
        last = len(self.steps) - 1
        self.chosen = None if step >= last else max(0, step)

    async def ended(self) -> None:
        """Returns when it does not run any more."""
        while self._job is not None:
            await asyncio.wait([self._job])

    async def _run(
        self, engine: Runs, request: GenerationRequest, before: asyncio.Task[Phase] | None
    ) -> Phase:
        """How the run ended; when it is cancelled, `_halted` says how."""
        try:
            if before is not None:
                await asyncio.wait([before])
            async with aclosing(engine.run(request)) as updates:
                async for update in updates:
                    self.take(update)
        except Exception as error:
            self.cause, self.failure = cause_of(error), explained(error)
        else:
            return Phase.FINISHED
        return Phase.FAILED

    def _note_end(self, job: asyncio.Task[Phase]) -> None:
        # Not in `_run`: a job that is cancelled before it begins never gets there.
        if self._job is job:  # else a newer job has taken over
            self._job, self.pace, self.eta = None, None, None
            self.phase = self._halted if job.cancelled() else job.result()

    # What it hears

    def take(self, update: object) -> None:
        """What the engine reports."""
        match update:
            case GenerationStarted():
                self._begin_window(update)
                self.phase = Phase.DECODING
            case GenerationStepped():
                self._pace.note(update, self.started, self.unit)
                self._last, self.done = update, update.step + 1
                self._add_step(update)
                self.pace, self.eta = self._pace.rate, self._pace.left_s
            case GenerationGrown():
                frames = np.moveaxis(update.clips, 1, 0)
                self.settled = self._file.put(update.first, frames)
            case GenerationFinished():
                self.finished = update

    def _begin_window(self, started: GenerationStarted) -> None:
        """The steps of the window before make room; going on in the same one keeps them."""
        if self.started is None or started.first != self.started.first:
            self.chosen = None
            self.steps = ()
            self._settled_at_start = 0 if self.settled is None else len(self.settled)
        self._pace.interrupt()
        self.started = started

    def _add_step(self, step: GenerationStepped) -> None:
        if self._borrowed in self.steps:
            self.steps = ()
        newest = self.steps[-1] if self.steps else None
        if decided(step, self.started, self.unit) == decided(newest, self.started, self.unit):
            return  # it reads what is known, and says meanwhile that it lives
        steps = (*self.steps, step)
        if len(steps) > MOST_STEPS or sum(map(_size, steps)) > MOST_STEP_BYTES:
            looked_at = None if self.chosen is None else steps[self.chosen]
            held = (looked_at, step)
            steps = tuple(s for k, s in enumerate(steps) if k % 2 == 0 or s in held)
            # First, so that it is never beyond the end: the fewer steps come after.
            self.chosen = None if looked_at is None else steps.index(looked_at)
        self.steps = steps


def _size(step: GenerationStepped) -> int:
    """Bytes that a step takes."""
    preview = 0 if step.preview is None else step.preview.nbytes
    arrays = (step.tokens, step.masked, step.confidence)
    return preview + sum(array.nbytes for array in arrays) + len(step.state)
