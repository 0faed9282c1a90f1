"""The queue: takes that wait for the engine, and the one that it works on."""

from __future__ import annotations

import asyncio
import operator
from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from studio.observable import Field, Observable
from studio.state.notices import Notices
from studio.state.takes.take import Phase, Runs, Take


class Queue(Observable):
    """Runs takes one after the other, in their order.

    Attributes:
        waiting: those whose turn is still to come, the next one first.
        running: the one that the engine works on, or None.
        held: whether nothing new begins; the one that ran when the queue was held is paused.

    Signals:
        added: a take that was never queued before.
        ended: a take that has run, in whatever way it ended.
    """

    added = Signal(Take)
    ended = Signal(Take)
    waiting: Field[tuple[Take, ...]] = Field(())
    running: Field[Take | None] = Field(None, same=operator.is_)
    held = Field(False)

    def __init__(self, engine: Runs, notices: Notices, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine, self._notices = engine, notices
        self._resumed: Take | None = None  # what goes on when the queue is held no longer

    @property
    def order(self) -> tuple[Take, ...]:
        """All that is still to be done: what runs, or was held while it ran, and what waits."""
        first, held = self.running, self._resumed
        if first is None and self.held and held is not None and held.phase is Phase.PAUSED:
            first = held
        rest = (take for take in self.waiting if take is not first)
        return tuple(rest) if first is None else (first, *rest)

    def add(self, take: Take, *, first: bool = False) -> None:
        """Run a take when its turn comes: at the end, or before all others that wait."""
        known = take is self.running or take in self.waiting or take.phase is not Phase.IDLE
        if take is self.running:
            take.run(self._engine)
            return
        rest = tuple(other for other in self.waiting if other is not take)
        take.phase = Phase.WAITING
        self.waiting = (take, *rest) if first else (*rest, take)
        if not known:
            self.added.emit(take)
        self._go_on()

    def wait(self, takes: Sequence[Take]) -> None:
        """Let takes of an earlier program wait; nothing begins before `release`."""
        if takes:
            self.held = True
            for take in takes:
                take.phase = Phase.WAITING
            self.waiting = (*self.waiting, *takes)

    def move(self, take: Take, place: int) -> None:
        """Put a waiting take at a place among the others."""
        if take in self.waiting:
            rest = [other for other in self.waiting if other is not take]
            rest.insert(place, take)
            self.waiting = tuple(rest)

    def pause(self, take: Take) -> None:
        """Halt a take; the next one begins, and it goes on when it is added again."""
        self._halt(take, Phase.PAUSED)

    def stop(self, take: Take) -> None:
        """Halt a take for good, or take it out of the queue; what was decoded stays."""
        self._halt(take, Phase.STOPPED)

    def stop_all(self) -> None:
        """Stop what runs and what waits."""
        for take in (*self.waiting, *([self.running] if self.running else [])):
            self.stop(take)

    def hold(self) -> None:
        """Pause what runs, and begin nothing new."""
        self.held = True
        self._resumed = self.running
        if self.running is not None:
            self.pause(self.running)

    def release(self) -> None:
        """Go on with what ran when the queue was held, and then with the rest."""
        self.held, take = False, self._resumed
        self._resumed = None
        if take is not None and take.phase in (Phase.PAUSED, Phase.HALTING):
            self.add(take, first=True)
        self._go_on()

    async def all_ended(self) -> None:
        """Returns when nothing runs and nothing can begin."""
        while (take := self.running) is not None:
            await take.ended()
            await asyncio.sleep(0)  # the end of a take is told after its last await

    def _halt(self, take: Take, phase: Phase) -> None:
        self.waiting = tuple(other for other in self.waiting if other is not take)
        take.halt(phase)

    def _go_on(self) -> None:
        if self.running is not None or self.held or not self.waiting:
            return
        take, *rest = self.waiting
        self.waiting = tuple(rest)
        self.running = take
        take.run(self._engine)
        take.changed("phase").connect(self._look)

    def _look(self, _phase: Phase) -> None:
        """Whether the take that runs has come to its end."""
        take = self.running
        if take is None or take.running:
            return
        take.changed("phase").disconnect(self._look)
        self.running = None
        if take.phase is Phase.FAILED:
            self._tell(take)
        self.ended.emit(take)
        self._go_on()

    def _tell(self, take: Take) -> None:
        offer = f"Continue from {take.unit} {take.done:,}" if take.done else "Generate again"
        self._notices.tell("error", take.failure, offer, lambda: self.add(take, first=True))
