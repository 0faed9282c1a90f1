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

from PySide6.QtCore import QObject

from core.engine.client import EngineDied
from core.errors import UserError
from core.requests import (
    GenerationFinished,
    GenerationRequest,
    GenerationStarted,
    GenerationStepped,
)
from studio.observable import Field, Observable
from studio.state.notices import Notices

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
        started: grid and filled clip of the job, or None while the clip is being encoded.
        steps: every step so far; after going back to a step, those up to it.
        chosen: the step that is looked at; None = the newest.
        finished: the result, or None.
        eta: seconds that are left by the time of the steps so far, or None while unknown.
    """

    phase = Field(Phase.IDLE)
    request: Field[GenerationRequest | None] = Field(None, same=operator.is_)
    started: Field[GenerationStarted | None] = Field(None, same=operator.is_)
    steps: Field[tuple[GenerationStepped, ...]] = Field((), same=operator.is_)
    chosen: Field[int | None] = Field(None)
    finished: Field[GenerationFinished | None] = Field(None, same=operator.is_)
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
        self._engine, self._notices, self._clock = engine, notices, clock
        self._job: asyncio.Task[Phase] | None = None
        self._halted = Phase.STOPPED
        self._step_times: list[float] = []

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

    def begin(self, request: GenerationRequest) -> None:
        """Run a new request; what ran before is stopped and forgotten."""
        self.forget()
        self.request = request
        self._start(request)

    def forget(self) -> None:
        """Stop, and let go of all steps and of the result."""
        if self._job is not None:
            self._halted = Phase.IDLE
            self._job.cancel()
        self.request = self.started = self.finished = self.chosen = self.eta = None
        self.steps = ()
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
            state = self.steps[-1].state if self.steps else None
            self._start(replace(self.request, resume=state))

    def continue_from(self, step: int) -> None:
        """Go back to a step and decode again from there; later steps are forgotten."""
        if self.request is None or step >= len(self.steps):
            return
        self.steps = self.steps[: step + 1]
        self.finished = self.chosen = None
        self._start(replace(self.request, resume=self.steps[step].state))

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
        self._step_times = []
        self.eta = None
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
            self._job, self.eta = None, None
            self.phase = self._halted if job.cancelled() else job.result()

    def _take(self, update: object) -> None:
        match update:
            case GenerationStarted():
                self.started = update
                self.phase = Phase.DECODING
                self._step_times = [self._clock()]
            case GenerationStepped():
                self._step_times.append(self._clock())
                self.steps = (*self.steps, update)
                self.eta = self._time_left(update)
            case GenerationFinished():
                self.finished = update

    def _time_left(self, step: GenerationStepped) -> float | None:
        # The first step also warms the network up: it says little about the others.
        measured = self._step_times[1:]
        if len(measured) < 2:
            return None
        seconds = (measured[-1] - measured[0]) / (len(measured) - 1)
        return seconds * (step.total - step.step - 1)

    def _offer_again(self, cause: str) -> None:
        number = self.steps[-1].step + 1 if self.steps else 0
        offer = f"Continue from step {number}" if number else "Generate again"
        self._notices.tell("error", cause, offer, self.resume)
