"""The queue as the user sees it: what runs, what waits and for how long, what needs a decision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice

from PySide6.QtCore import QObject

from core.estimates.words import NOT_MEASURED, gigabytes, spoken
from studio.observable import Field, Observable, watch
from studio.state.estimates import Estimates
from studio.state.models.models import Models
from studio.state.notices import Notices
from studio.state.takes.entry import Entry
from studio.state.takes.gallery import Pick
from studio.state.takes.generation import Generation
from studio.state.takes.history import History
from studio.state.takes.queue import Queue
from studio.state.takes.results import Results
from studio.state.takes.take import Phase, Take

CPU = "cpu"
MOST_HALTED = 20
"""So many that were interrupted or paused are listed; the results have all of them."""


@dataclass(frozen=True)
class Expected:
    """What a job will take, in words.

    Attributes:
        fits: whether there is memory for it; True as long as nobody knows.
        seconds: likely; None while nothing like it was measured.
    """

    words: str
    fits: bool = True
    seconds: float | None = None


@dataclass(frozen=True)
class Offer:
    """Something that can be done about a job that does not go on by itself."""

    words: str
    act: Callable[[], object]


class Jobs(Observable):
    """
    Attributes:
        running: what the engine works on. waiting: what comes after it, in this order.
        halted: what was interrupted or paused and is not in the queue, newest first.
    """

    running: Field[Entry | None] = Field(None)
    waiting: Field[tuple[Entry, ...]] = Field(())
    halted: Field[tuple[Entry, ...]] = Field(())

    def __init__(
        self,
        queue: Queue,
        history: History,
        generation: Generation,
        results: Results,
        estimates: Estimates,
        models: Models,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._queue, self._history, self._generation = queue, history, generation
        self._results, self._estimates = results, estimates
        self._models, self._notices = models, notices
        self._followed: set[Entry] = set()
        queue.ended.connect(self._tell_ready)
        watch(queue, "running waiting held", self._list)
        watch(history, "entries", self._follow)

    # What they will take

    def expected(self, entry: Entry) -> Expected:
        """How long a job will take, and whether it fits, before it starts."""
        found = self._estimates.of(entry.card.request)
        if found is None:
            return Expected(NOT_MEASURED)
        if not found.fits:
            why = f"{found.why[0].lower()}{found.why[1:]}" if found.why else "too little memory"
            return Expected(f"Does not fit: {why}", fits=False, seconds=found.seconds)
        low, high = (spoken(seconds) for seconds in found.seconds_range)
        words = f"About {low}" if low == high else f"{low} to {high}"
        if found.of:
            words += f"  ·  {gigabytes(found.memory)} of {gigabytes(found.of)}"
        return Expected(words, seconds=found.seconds)

    def begins_in(self, entry: Entry) -> float | None:
        """Seconds until a waiting job begins; None where nobody knows."""
        if self._queue.held:
            return None
        before = self.waiting[: self.waiting.index(entry)]
        left = [self.expected(other).seconds for other in before]
        if self._queue.running is not None:
            left.append(self._queue.running.eta)
        known = [seconds for seconds in left if seconds is not None]
        return sum(known) if len(known) == len(left) else None

    # What is done with them

    def remove(self, entry: Entry) -> None:
        """Take a job out of the list; what was decoded stays among the results."""
        if entry.take is not None:
            self._queue.stop(entry.take)
        else:
            entry.change(phase=Phase.STOPPED.name.lower())

    def move(self, entry: Entry, place: int) -> None:
        """Put a waiting job at a place of the list; what was held while it ran stays the first."""
        held = len(self.waiting) - len(self._queue.waiting)
        if entry.take is not None:
            self._queue.move(entry.take, max(0, place - held))

    def go_on(self, entry: Entry) -> None:
        """Let a job go on after its last step, before all others."""
        take = self._history.take(entry)
        if take is not None:
            self._queue.add(take, first=True)

    def offers(self, entry: Entry) -> tuple[Offer, ...]:
        """What can be done about a job that was interrupted or paused, the best first."""
        card = entry.card
        again = f"Go on from {card.unit} {card.done:,}" if card.done else "Try again"
        offers = [Offer(again, lambda: self.go_on(entry))]
        if entry.phase is not Phase.FAILED:
            return tuple(offers)
        if card.cause == "memory":
            offers = self._lower(entry) + offers
        if card.cause in ("memory", "device"):
            offers += self._other_device(entry)
        if card.cause == "request":
            pick = Pick(entry, 0)
            offers.append(Offer("Use its settings", lambda: self._results.use_settings(pick)))
        if card.cause in ("", "device", "engine"):
            offers.append(Offer("Show log", self._notices.log_wanted.emit))
        return tuple(offers)

    def _lower(self, entry: Entry) -> list[Offer]:
        found = self._estimates.lower(entry.card.request)
        if found is None:
            return []
        lower = found.request
        count, options, length = lower.count, lower.options, lower.length

        def act() -> None:
            self._instead(entry, count=count, options=options, length=length)

        return [Offer(found.words, act)]

    def _other_device(self, entry: Entry) -> list[Offer]:
        if self._models.device.startswith("CPU") or entry.card.request.device == CPU:
            return []
        return [Offer("On the CPU", lambda: self._instead(entry, device=CPU))]

    def _instead(self, entry: Entry, **changes: object) -> None:
        """Generate the same with other settings, before all others, in the place of a job."""
        request = self._history.request(entry)
        if request is None:
            return
        changed = replace(request, resume=None, **changes)  # type: ignore[arg-type]
        self.remove(entry)
        self._generation.begin(changed, entry.unit, first=True)

    # Internals

    def _tell_ready(self, take: Take) -> None:
        """A result that is not on the canvas has come."""
        entry = self._history.entry(take)
        if entry is None or take.phase is not Phase.FINISHED or self._generation.take is take:
            return
        name = entry.card.name or f"{entry.card.task}, seed {entry.card.request.seed}"
        show = partial(self._results.show, Pick(entry, 0))
        self._notices.tell("info", f"A result is ready: {name}.", "Show", show)

    def _follow(self) -> None:
        for entry in self._history.entries:
            if entry not in self._followed:
                entry.changed("card").connect(lambda _card: self._list())
        self._followed = set(self._history.entries)
        self._list()

    def _list(self) -> None:
        history, queue = self._history, self._queue
        waiting = (history.entry(take) for take in queue.order if take is not queue.running)
        self.running = history.entry(queue.running)
        self.waiting = tuple(entry for entry in waiting if entry is not None)
        busy = {take.id for take in queue.order}
        halted = (
            entry
            for entry in history.entries
            if entry.phase in (Phase.FAILED, Phase.PAUSED) and entry.card.id not in busy
        )
        self.halted = tuple(islice(halted, MOST_HALTED))
