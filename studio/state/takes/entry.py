"""A take of the project, whether it is in memory or only on the disk."""

from __future__ import annotations

import operator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from PySide6.QtCore import QObject

from core.takes.card import TakeCard, light
from core.takes.film import Backdrop
from studio.observable import Field, Observable
from studio.state.takes.pace import Unit
from studio.state.takes.take import RUNNING, Phase, Take


class Entry(Observable):
    """Attributes:
    card: what is known of it in any case.
    take: the take itself while it is looked at, runs or waits; else None.
    pictures: how often pictures of it were written into its folder, since it was opened.
    folder: that it is kept in; None when it is in memory alone.
    backdrop: number of a frame of the result, and what lies under it, once it is decoded.
    """

    card: Field[TakeCard] = Field(cast(TakeCard, None))  # there is one from the beginning
    take: Field[Take | None] = Field(None, same=operator.is_)
    pictures = Field(0)

    def __init__(self, card: TakeCard, folder: Path | None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.card, self.folder = card, folder
        self.backdrop: tuple[int, Backdrop] | None = None

    @property
    def phase(self) -> Phase:
        return Phase[self.card.phase.upper()] if self.take is None else self.take.phase

    @property
    def running(self) -> bool:
        return self.phase in RUNNING

    @property
    def unit(self) -> Unit:
        return "token" if self.card.unit == "token" else "step"

    def change(self, **fields: Any) -> None:
        """Change fields of the card."""
        self.card = replace(self.card, **fields)

    def star(self, variation: int) -> None:
        """Give a variation a star, or take it away."""
        self.change(favourites=tuple(sorted({*self.card.favourites} ^ {variation})))

    def follow(self, take: Take) -> None:
        """Write on the card where its take stands."""
        finished = take.finished
        self.change(
            phase=take.phase.name.lower(),
            failure=take.failure,
            cause=take.cause,
            done=take.done,
            total=take.total or self.card.total,
            timings=finished.timings if finished else None,
            device=finished.device if finished else "",
        )


def card_of(take: Take, title: str, rate: float) -> TakeCard:
    """The card of a new take; `title` of its model, `rate` of its result in frames a second."""
    return TakeCard(
        take.id,
        take.made,
        light(take.request),
        take.unit,
        title,
        rate,
        take.phase.name.lower(),
    )
