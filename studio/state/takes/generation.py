"""The take on the canvas: its fields as if they were of one object, and what is done with it."""

from __future__ import annotations

import operator
import time
from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtCore import QMetaObject, QObject

from core.margins import NONE, Margins
from core.requests import (
    GenerationFinished,
    GenerationRequest,
    GenerationStarted,
    GenerationStepped,
)
from core.takes.contents import Spot
from core.token_edits import TokenEdits
from studio.observable import Field, Observable
from studio.state.takes.frame_file import Frames
from studio.state.takes.pace import Unit
from studio.state.takes.queue import Queue
from studio.state.takes.take import RUNNING, Phase, Take

_SHARED = (
    "started", "settled", "marks", "steps", "chosen", "finished", "done", "pace", "eta", "phase",
)  # fmt: skip
"""Fields of a take that are mirrored, in the order in which another take's are shown: what points
into the steps comes after them."""


class Generation(Observable):
    """Mirrors the take that is looked at; see `Take` for its fields.

    Attributes:
        take: the one that is looked at, or None.
        request: of it, on the canvas as it is; or None.
    """

    take: Field[Take | None] = Field(None, same=operator.is_)
    request: Field[GenerationRequest | None] = Field(None, same=operator.is_)
    unit: Field[Unit] = Field("step")
    phase = Field(Phase.IDLE)
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
        queue: Queue,
        parent: QObject | None = None,
        *,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        super().__init__(parent)
        self._queue, self._clock = queue, clock
        self._mirrored: list[QMetaObject.Connection] = []
        self._margins = NONE

    @property
    def running(self) -> bool:
        return self.phase in RUNNING

    @property
    def total(self) -> int:
        """Number of decode steps, 0 while unknown."""
        return self.started.total if self.started else 0

    @property
    def resumable(self) -> bool:
        """Whether there is an unfinished take to go on with."""
        return self.take is not None and self.take.resumable

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
        return None if self.take is None else self.take.settled_before

    @property
    def final_state(self) -> bytes | None:
        """The state after the last step of a finished take, else None."""
        return None if self.take is None else self.take.final_state

    # Which take

    def begin(
        self, request: GenerationRequest, unit: Unit = "step", *, first: bool = False
    ) -> Take:
        """Queue a new take, before all others if it shall be the `first`. It is looked at when it
        begins at once, or when nothing else is."""
        take = Take(request, unit, clock=self._clock)
        self._queue.add(take, first=first)
        if take.running or self.take is None:
            self.show(take)
        return take

    def show(self, take: Take | None) -> None:
        """Look at a take, or at none; the one before goes on if it runs."""
        if take is self.take:
            return
        self._let_go()
        self.take = take
        if take is None:
            self.request = None
            return
        self.unit = take.unit
        # Never None in between: what is framed would start over.
        self.request = take.request.on_canvas(self._margins)
        for name in _SHARED:
            setattr(self, name, getattr(take, name))
            changed = take.changed(name)
            self._mirrored.append(changed.connect(partial(setattr, self, name)))

    def lay_on(self, margins: Margins) -> None:
        """The canvas has other margins: the take moves along with the pictures."""
        self._margins = margins
        if self.take is not None:
            self.request = self.take.request.on_canvas(margins)

    def _let_go(self) -> None:
        for connection in self._mirrored:
            QObject.disconnect(connection)
        self._mirrored.clear()
        self.started = self.finished = self.chosen = self.pace = self.eta = None
        self.steps = ()
        self.done, self.settled, self.marks = 0, None, {}
        self.phase = Phase.IDLE

    # What is done with it

    def pause(self) -> None:
        if self.take is not None:
            self._queue.pause(self.take)

    def stop(self) -> None:
        """Stop for good; what was decoded stays."""
        if self.take is not None:
            self._queue.stop(self.take)

    def resume(self) -> None:
        """Go on after the last step."""
        if self.take is not None and self.take.resumable:
            self._queue.add(self.take, first=True)

    def continue_from(self, step: int) -> None:
        """Go back to a step and decode again from there; later steps are forgotten."""
        if self.take is not None and step < len(self.steps):
            self.take.go_back(step)
            self._queue.add(self.take, first=True)

    def continue_from_chosen(self) -> None:
        if self.chosen is not None:
            self.continue_from(self.chosen)

    def forget(self) -> None:
        """Stop the take and let go of it."""
        take = self.take
        if take is not None:
            self._queue.stop(take)
            self.show(None)
            take.forget()

    def look_at(self, step: int) -> None:
        """Look at a step; the newest is followed as the decoding goes on."""
        if self.take is not None:
            self.take.look_at(step)

    def look_beside(self, direction: int) -> None:
        """Look at the step before (-1) or after (1) the one looked at."""
        if self.steps:
            self.look_at(self.looked_at + direction)

    async def ended(self) -> None:
        """Returns when the take does not run any more."""
        if self.take is not None:
            await self.take.ended()
