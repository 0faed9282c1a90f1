"""Which results are listed, and which of them are chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from PySide6.QtCore import QObject

from core.takes.card import TakeCard
from studio.observable import Field, Observable, watch
from studio.state.takes.entry import Entry
from studio.state.takes.history import History
from studio.state.takes.take import Phase

Which = Literal["all", "finished", "unfinished"]
WHICH: dict[Which, str] = {
    "all": "All",
    "finished": "Finished",
    "unfinished": "Unfinished",
}


@dataclass(frozen=True, eq=False)
class Pick:
    """One variation of a take."""

    entry: Entry
    variation: int

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Pick)
            and self.entry is other.entry
            and self.variation == other.variation
        )

    def __hash__(self) -> int:
        return hash((self.entry.card.id, self.variation))

    @property
    def starred(self) -> bool:
        return self.variation in self.entry.card.favourites


class Gallery(Observable):
    """
    Attributes:
        query: words by which takes are found. starred: whether only variations with a star are
            listed; here: only those of the open clip; which: only finished, or unfinished ones.
        shown: what is listed of these, take by take, newest first.
        chosen: those that something shall be done with.
    """

    query = Field("")
    starred = Field(False)
    here = Field(False)
    which: Field[Which] = Field("all")
    shown: Field[tuple[Pick, ...]] = Field(())
    chosen: Field[tuple[Pick, ...]] = Field(())

    def __init__(
        self,
        history: History,
        is_here: Callable[[TakeCard], bool],
        parent: QObject | None = None,
    ) -> None:
        """`is_here` says whether a take is of the open clip."""
        super().__init__(parent)
        self._history, self._is_here = history, is_here
        self._followed: set[Entry] = set()
        self._pictured: dict[Entry, bool] = {}  # of all, when they were listed
        watch(history, "entries", self._follow)
        watch(self, "query starred here which", self.renew)

    @property
    def narrowed(self) -> bool:
        """Whether it is less than everything that is listed."""
        return bool(self.query.strip() or self.starred or self.here or self.which != "all")

    @property
    def current(self) -> Pick | None:
        """The only one that is chosen."""
        return self.chosen[0] if len(self.chosen) == 1 else None

    def show_all(self) -> None:
        self.query, self.starred, self.here, self.which = "", False, False, "all"

    def renew(self) -> None:
        """Look again at what is listed."""
        now = datetime.now().astimezone()
        self._pictured = {entry: _pictured(entry) for entry in self._history.entries}
        self.shown = tuple(
            pick
            for entry in self._history.entries
            if self._wanted(entry, now)
            for pick in self._picks(entry)
        )
        self.chosen = tuple(pick for pick in self.chosen if pick in self.shown)

    def _wanted(self, entry: Entry, now: datetime) -> bool:
        finished = entry.phase is Phase.FINISHED
        if self.which != "all" and finished != (self.which == "finished"):
            return False
        if self.here and not self._is_here(entry.card):
            return False
        return not self.query or entry.card.matches(self.query, now)

    def _picks(self, entry: Entry) -> list[Pick]:
        """Its variations; one stands for all as long as there is no picture of them."""
        if not self._pictured[entry]:
            return [] if self.starred else [Pick(entry, 0)]
        picks = [Pick(entry, variation) for variation in range(entry.card.request.count)]
        return [pick for pick in picks if pick.starred or not self.starred]

    def _follow(self) -> None:
        """A card that changes may be listed no more, or only now."""
        for entry in self._history.entries:
            if entry not in self._followed:
                entry.changed("card").connect(self._note_card)
        self._followed = set(self._history.entries)
        self.renew()

    def _note_card(self, _card: TakeCard) -> None:
        if self.narrowed or any(
            pictured != _pictured(entry) for entry, pictured in self._pictured.items()
        ):
            self.renew()


def _pictured(entry: Entry) -> bool:
    """Whether there are, or soon will be, pictures of a take."""
    return entry.running or entry.card.done > 0
