"""The history: every take of the project with its full request, newest first.

A take lies in a folder of its own, and is in memory only while it is looked at, runs or waits.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, cast
from weakref import WeakValueDictionary

from PySide6.QtCore import QObject, Signal

from core.errors import UserError
from core.requests import GenerationRequest
from core.takes.card import TakeCard
from core.takes.contents import read_contents
from core.takes.files import (
    ORDER,
    begin,
    list_cards,
    read_order,
    read_request,
    remove,
    write_card,
    write_json,
)
from studio.observable import Field, Observable, watch
from studio.state.notices import Kind, Notices
from studio.state.takes.entry import Entry, card_of
from studio.state.takes.failures import Cause
from studio.state.takes.generation import Generation
from studio.state.takes.keeper import Keeper, revived
from studio.state.takes.queue import Queue
from studio.state.takes.take import Phase, Take

Described = Callable[[GenerationRequest], tuple[str, float]]
"""Title of the model of a request, and frames a second of its result."""
Tell = Callable[[Kind, str, str, Callable[[], object]], object]

log = logging.getLogger(__name__)


class History(Observable):
    """Attributes:
    entries: all takes of the project, newest first, without those in the trash.
    trash: those that were deleted, the last one last; it is emptied when the project is closed.
    opening: whether the takes of the project are still being listed.
    """

    entries: Field[tuple[Entry, ...]] = Field(())
    trash: Field[tuple[Entry, ...]] = Field(())
    opening = Field(False)
    _listed = Signal(object, object, object)

    def __init__(
        self,
        queue: Queue,
        generation: Generation,
        notices: Notices,
        describe: Described,
        tell_at_opening: Tell,
        parent: QObject | None = None,
    ) -> None:
        """`tell_at_opening` tells what shall not be put away by the clip that is being opened."""
        super().__init__(parent)
        self._queue, self._generation, self._notices = queue, generation, notices
        self._describe, self._tell_at_opening = describe, tell_at_opening
        self._folder: Path | None = None
        self._writer = ThreadPoolExecutor(1, "takes")
        self._known: dict[str, Entry] = {}  # also those of a project before that are still at work
        self._keepers: dict[str, Keeper] = {}
        self._takes: WeakValueDictionary[str, Take] = WeakValueDictionary()  # whoever holds them
        self._listed.connect(self._take_listed)
        watch(queue, "waiting running", self._follow_queue)
        watch(generation, "take", self._let_go)

    # Of the project

    def open(self, folder: Path | None) -> None:
        """Keep takes in a folder, and list those that are there; None keeps them in memory."""
        self._empty_trash()
        self._folder, self.entries = folder, ()
        at_work = {take.id for take in self._queue.order}
        for take, entry in self._known.items():
            if take not in at_work:  # what is only looked at may be in the new folder too
                self._release(entry)
        self._let_go()
        self.opening = folder is not None
        if folder is not None:
            self._later(self._list, folder)

    async def written(self) -> None:
        """Returns when all that there is now is on the disk."""
        for keeper in self._keepers.values():
            keeper.hurry()
        await asyncio.wrap_future(self._writer.submit(lambda: None))

    async def end(self) -> None:
        """Empty the trash; returns when everything is on the disk."""
        self._empty_trash()
        await self.written()
        self._writer.shutdown()
        for keeper in self._keepers.values():
            keeper.end()
        self._keepers.clear()

    def entry(self, take: Take | None) -> Entry | None:
        """The entry of a take, if it is of this project."""
        entry = None if take is None else self._known.get(take.id)
        return entry if entry in self.entries else None

    def take(self, entry: Entry) -> Take | None:
        """The take of an entry, from the disk if need be; a notice tells when it is damaged."""
        if entry.take is None:
            try:
                take = self._takes.get(entry.card.id) or _read(entry)
            except UserError as error:
                self._notices.tell("error", str(error))
                return None
            self._keep(entry, take)
        return entry.take

    def request(self, entry: Entry) -> GenerationRequest | None:
        """The full request of an entry, as `take` finds it."""
        if entry.take is not None or entry.folder is None:
            return entry.take.request if entry.take else entry.card.request
        try:
            return read_request(entry.folder)
        except UserError as error:
            self._notices.tell("error", str(error))
            return None

    # The trash

    def delete(self, entries: Sequence[Entry]) -> None:
        """Put takes into the trash, from which they can be put back; what runs is stopped."""
        entries = [entry for entry in entries if entry in self.entries]
        if not entries:
            return
        self.entries = tuple(entry for entry in self.entries if entry not in entries)
        self.trash = (*self.trash, *entries)
        for entry in entries:
            entry.change(deleted=True)
            if entry.take is not None:
                self._queue.stop(entry.take)
                if self._generation.take is entry.take:
                    self._generation.show(None)
        words = f"{len(entries)} takes were" if len(entries) > 1 else "The take was"
        self._notices.tell("info", f"{words} deleted.", "Put back", partial(self.put_back, entries))

    def put_back(self, entries: Sequence[Entry] = ()) -> None:
        """Take them out of the trash again; the one that was deleted last when none are named."""
        back = [entry for entry in entries or self.trash[-1:] if entry in self.trash]
        for entry in back:
            entry.change(deleted=False)
        self.trash = tuple(entry for entry in self.trash if entry not in back)
        self.entries = _newest_first((*self.entries, *back))

    def _empty_trash(self) -> None:
        trash, self.trash = self.trash, ()
        for entry in trash:
            self._release(entry)
            if entry.folder is not None:
                self._later(remove, entry.folder)

    # What is in memory

    def _follow_queue(self) -> None:
        for take in self._queue.order:
            entry = self._known.get(take.id) or self._add(take)
            self._keep(entry, take)
        if self._folder is not None and not self.opening:
            ids = [take.id for take in self._queue.order if self.entry(take) is not None]
            self._later(write_json, self._folder / ORDER, ids)
        self._let_go()

    def _add(self, take: Take) -> Entry:
        folder = None if self._folder is None else self._folder / take.id
        entry = self._know(card_of(take, *self._describe(take.request)), folder)
        if folder is not None:
            self._later(begin, folder, entry.card, take.request)
        self.entries = _newest_first((*self.entries, entry))
        return entry

    def _know(self, card: TakeCard, folder: Path | None) -> Entry:
        entry = self._known[card.id] = Entry(card, folder, self)
        if folder is not None:
            entry.changed("card").connect(partial(self._later, write_card, folder))
        return entry

    def _keep(self, entry: Entry, take: Take) -> None:
        entry.take = self._takes[take.id] = take
        if take.id not in self._keepers:
            keeper = self._keepers[take.id] = Keeper(entry, take, self._writer, self)
            keeper.written.connect(self._let_go)
            keeper.failed.connect(self._tell_unwritten)
            entry.follow(take)

    def _let_go(self) -> None:
        """Forget the takes that nobody looks at, as soon as they are on the disk."""
        needed = {take.id for take in (*self._queue.order, self._generation.take) if take}
        for take, keeper in list(self._keepers.items()):
            entry = self._known[take]
            if take not in needed and keeper.idle and entry.folder is not None:
                self._release(entry)
        for take, entry in list(self._known.items()):
            if entry.take is None and entry not in (*self.entries, *self.trash):
                del self._known[take]
                entry.deleteLater()

    def _release(self, entry: Entry) -> None:
        keeper = self._keepers.pop(entry.card.id, None)
        if keeper is not None:
            keeper.end()
            if keeper.idle:  # else the thread still tells it something
                keeper.deleteLater()
        entry.take = None

    # The disk

    def _list(self, folder: Path) -> None:
        """In the thread."""
        folder.mkdir(parents=True, exist_ok=True)
        cards = [revived(card, folder / card.id) for card in list_cards(folder)]
        self._listed.emit(folder, cards, read_order(folder))

    def _take_listed(self, folder: Path, cards: Sequence[TakeCard], order: Sequence[str]) -> None:
        if folder != self._folder or not self.opening:
            return  # another project was opened meanwhile
        listed = [self._listed_entry(card, folder / card.id) for card in cards]
        self.trash = tuple(entry for entry in listed if entry.card.deleted)
        there = [entry for entry in listed if not entry.card.deleted]
        self.entries = _newest_first({*self.entries, *there})
        self.opening = False
        take = self._generation.take
        entry = self.entry(take)
        if take is not None and entry is not None:
            self._keep(entry, take)
        self._wait_again(there, order)
        self._follow_queue()

    def _listed_entry(self, card: TakeCard, folder: Path) -> Entry:
        """A new entry, or that of a take which is at work since the folder was open before."""
        known = self._known.get(card.id)
        return known if known is not None and known.folder == folder else self._know(card, folder)

    def _wait_again(self, entries: Sequence[Entry], order: Sequence[str]) -> None:
        """What waited when the program ended waits again, until a person lets it begin."""
        places = {take: place for place, take in enumerate(order)}
        waited = [entry for entry in entries if entry.card.phase in ("waiting", "paused")]
        for entry in waited:
            if entry.card.id not in places and entry.phase is Phase.WAITING:
                entry.change(phase="stopped")
        queued = [entry for entry in waited if entry.card.id in places]
        queued.sort(key=lambda entry: places[entry.card.id])
        takes = [take for take in map(self.take, queued) if take is not None]
        self._queue.wait(takes)
        if takes:
            words = f"{len(takes)} jobs wait" if len(takes) > 1 else "A job waits"
            self._tell_at_opening(
                "info", f"{words} since the project was closed.", "Go on", self._queue.release
            )

    def _later(self, do: Callable[..., object], *arguments: Any) -> None:
        """Do it in the thread, after all that it was told before."""
        self._writer.submit(do, *arguments).add_done_callback(_log_trouble)

    def _tell_unwritten(self, why: str) -> None:
        self._notices.tell(
            "error",
            f"A take cannot be kept in {self._folder}: {why}. It stays in memory; make room there, "
            "and it is written with its next step.",
        )


def _read(entry: Entry) -> Take:
    """The take of a folder.

    Raises:
        UserError: it is damaged.
    """
    card, folder = entry.card, entry.folder
    if folder is None:
        raise UserError("This take was only kept in memory, and is gone.")
    contents = read_contents(folder)
    take = Take(read_request(folder), entry.unit)
    take.id, take.made = card.id, card.made
    phase = Phase.FINISHED if contents.finished else entry.phase
    take.restore(contents, phase, card.failure, cast(Cause, card.cause))
    return take


def _newest_first(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    return tuple(sorted(entries, key=lambda entry: entry.card.made, reverse=True))


def _log_trouble(job: Future[Any]) -> None:
    if job.exception() is not None:
        log.error("the takes of the project cannot be kept", exc_info=job.exception())
