"""A generation as it runs: its steps, and pause, resume, stop and continue from any step.

Every step leaves a small state, so a job that was paused, stopped or whose engine has died goes on
from any step with the same outcome as if nothing had happened.
"""

from __future__ import annotations

import asyncio
import logging
import operator
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from enum import Enum
from typing import Any, Protocol

import numpy as np
from PySide6.QtCore import QObject

from core.engine.client import EngineDied
from core.errors import UserError
from core.requests import (
    GenerationFinished,
    GenerationGrown,
    GenerationRequest,
    GenerationStarted,
    GenerationStepped,
)
from studio.observable import Field, Observable
from studio.state.frame_file import FrameFile, Frames
from studio.state.notices import Notices
from studio.state.pace import Pace, Unit, decided

MOST_STEPS, MOST_STEP_BYTES = 256, 192 << 20
"""How many steps are kept to look back at, and how much of them. When there are more, every second
one is let go."""

log = logging.getLogger(__name__)


class Phase(Enum):
    """Where a job stands. `value` is what the window says."""

    IDLE = "Ready"
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


class Generation(Observable):
    """The job that is running or ran last.

    Attributes:
        phase: where it stands.
        request: what was asked, without a state to resume from; None before the first job.
        unit: what a step of the job is to the user: all tokens anew, or one of them decided.
        started: grid and filled clip of the window that is decoded, or None while the clip is
            being encoded.
        steps: the steps of that window, or as many of them as there is room for; after going back
            to a step, those up to it.
        chosen: index of the step that is looked at; None = the newest.
        settled: frames of a result longer than one window that change no more, uint8
            (n, count, H, W, 3); they lie on the disk. None before the first.
        finished: the result, or None.
        done: number of decode steps that are done, of all windows.
        pace: steps a second, eta: seconds that are left at this pace; None while unknown.
    """

    phase = Field(Phase.IDLE)
    request: Field[GenerationRequest | None] = Field(None, same=operator.is_)
    unit: Field[Unit] = Field("step")
    started: Field[GenerationStarted | None] = Field(None, same=operator.is_)
    steps: Field[tuple[GenerationStepped, ...]] = Field((), same=operator.is_)
    chosen: Field[int | None] = Field(None)
    settled: Field[Frames | None] = Field(None, same=operator.is_)
    finished: Field[GenerationFinished | None] = Field(None, same=operator.is_)
    done = Field(0)
    pace: Field[float | None] = Field(None)
    eta: Field[float | None] = Field(None)

    def __init__(
        self,
        engine: Runs,
        notices: Notices,
        parent: QObject | None = None,
        *,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        super().__init__(parent)
        self._engine, self._notices = engine, notices
        self._job: asyncio.Task[Phase] | None = None
        self._halted = Phase.STOPPED
        self._pace = Pace(clock)
        self._file = FrameFile()
        self._settled_at_start = 0  # frames that were settled when the window began
        self._last: GenerationStepped | None = None  # also when its window is over

    @property
    def running(self) -> bool:
        return self.phase in RUNNING

    @property
    def total(self) -> int:
        """Number of decode steps, 0 while unknown."""
        return self.started.total if self.started else 0

    @property
    def resumable(self) -> bool:
        """Whether there is an unfinished job to go on with."""
        return self.request is not None and self.phase in (
            Phase.PAUSED,
            Phase.STOPPED,
            Phase.FAILED,
        )

    @property
    def looked_at(self) -> int:
        """Index in `steps` of the step that is looked at; -1 without one."""
        return len(self.steps) - 1 if self.chosen is None else self.chosen

    @property
    def obstacle_to_continue(self) -> str:
        """Why decoding cannot go on from the step that is looked at, or ""."""
        if not self.steps:
            return "Nothing is generated yet."
        if self.chosen is None:
            return "Choose a step in the strip first."
        return ""

    @property
    def settled_before(self) -> Frames | None:
        """Those of `settled` that no step of this window changes."""
        return None if self.settled is None else self.settled[: self._settled_at_start]

    @property
    def final_state(self) -> bytes | None:
        """The state after the last step of a job that has finished, else None."""
        if self.phase is not Phase.FINISHED or self._last is None:
            return None
        return self._last.state

    def begin(self, request: GenerationRequest, unit: Unit = "step") -> None:
        """Run a new request; what ran before is stopped and forgotten."""
        self._let_go()
        self.unit = unit
        self.request = request
        self._start(request)

    def forget(self) -> None:
        """Stop, and let go of all steps and of the result."""
        self._let_go()
        self.request = None

    def _let_go(self) -> None:
        if self._job is not None:
            self._halted = Phase.IDLE
            self._job.cancel()
        self.started = self.finished = self.chosen = self.pace = self.eta = None
        self.steps = ()
        self.done = 0
        self.settled, self._settled_at_start, self._last = None, 0, None
        self._file.close()
        self.phase = Phase.IDLE

    def pause(self) -> None:
        self._halt(Phase.PAUSED)

    def stop(self) -> None:
        """Stop for good; what was decoded stays."""
        if self.phase is Phase.PAUSED:
            self.phase = Phase.STOPPED
        self._halt(Phase.STOPPED)

    def resume(self) -> None:
        """Go on after the last step."""
        if self.resumable and self.request is not None:
            self._start(replace(self.request, resume=self._last.state if self._last else None))

    def continue_from(self, step: int) -> None:
        """Go back to a step and decode again from there; later steps are forgotten."""
        if self.request is None or step >= len(self.steps):
            return
        self.steps = self.steps[: step + 1]
        self.settled = self.settled_before
        self.finished = self.chosen = None
        self._last, self.done = self.steps[step], self.steps[step].step + 1
        self._start(replace(self.request, resume=self._last.state))

    def continue_from_chosen(self) -> None:
        if self.chosen is not None:
            self.continue_from(self.chosen)

    def look_at(self, step: int) -> None:
        """Look at a step; the newest is followed as the decoding goes on."""
        last = len(self.steps) - 1
        self.chosen = None if step >= last else max(0, step)

    def look_beside(self, direction: int) -> None:
        """Look at the step before (-1) or after (1) the one looked at."""
        if self.steps:
            self.look_at(self.looked_at + direction)

    async def ended(self) -> None:
        """Returns when no job runs any more."""
        while self._job is not None:
            await asyncio.wait([self._job])

    def _halt(self, phase: Phase) -> None:
        if self._job is not None and self.running:
            self._halted = phase
            self.phase = Phase.HALTING
            self._job.cancel()

    def _start(self, request: GenerationRequest) -> None:
        before = self._job
        if before is not None:
            before.cancel()
        self._pace.forget()
        self.pace = self.eta = None
        self.phase = Phase.PREPARING
        self._job = asyncio.ensure_future(self._run(request, before))
        self._job.add_done_callback(self._note_end)

    async def _run(self, request: GenerationRequest, before: asyncio.Task[Phase] | None) -> Phase:
        """How the job ended; when it is cancelled, `_halted` says how."""
        try:
            if before is not None:
                await asyncio.wait([before])
            async with aclosing(self._engine.run(request)) as updates:
                async for update in updates:
                    self._take(update)
        except EngineDied as died:
            self._offer_again(str(died))
        except UserError as error:
            self._notices.tell("error", str(error))
        except Exception as error:
            log.exception("a generation failed")
            self._notices.tell("error", f"Generating failed: {error}. The log has the details.")
        else:
            return Phase.FINISHED
        return Phase.FAILED

    def _note_end(self, job: asyncio.Task[Phase]) -> None:
        # Not in `_run`: a job that is cancelled before it begins never gets there.
        if self._job is job:  # else a newer job has taken over
            self._job, self.pace, self.eta = None, None, None
            self.phase = self._halted if job.cancelled() else job.result()

    def _take(self, update: object) -> None:
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

    def _offer_again(self, cause: str) -> None:
        offer = f"Continue from {self.unit} {self.done:,}" if self.done else "Generate again"
        self._notices.tell("error", cause, offer, self.resume)


def _size(step: GenerationStepped) -> int:
    """Bytes that a step takes."""
    preview = 0 if step.preview is None else step.preview.nbytes
    arrays = (step.tokens, step.masked, step.confidence)
    return preview + sum(array.nbytes for array in arrays) + len(step.state)
