"""Marks that a person makes on tokens of a step: to be decided again, or kept whatever comes.

Every step of a take has its own, for each of its variations. A branch begins with those of the step
that it goes on from; what was pinned for it is pinned in all of its steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
from PySide6.QtCore import QObject

from core.takes.contents import Spot
from core.token_edits import AGAIN, FREE, Place, Places, TokenEdits
from studio.commands import EditMarks
from studio.observable import Field, Observable, watch
from studio.state.painting.masks import Masks
from studio.state.takes.generation import Generation
from studio.state.takes.result import Result
from studio.state.takes.take import Take


class TokenMarks(Observable):
    """The marks of the step and variation that are looked at. They share the undo history of the
    masks.

    Attributes:
        edits: None while no step is there.
    """

    edits: Field[TokenEdits | None] = Field(None)

    def __init__(
        self,
        generation: Generation,
        result: Result,
        masks: Masks,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._generation, self._result, self._masks = generation, result, masks
        watch(generation, "marks chosen steps", self._follow)
        watch(result, "variation", self._follow)

    @property
    def variation(self) -> int:
        """Of the take, that is looked at."""
        request = self._generation.request
        return 0 if request is None else min(self._result.variation, request.count - 1)

    @property
    def spot(self) -> Spot | None:
        """Number of the step that is looked at, and the variation."""
        steps = self._generation.steps
        return (steps[self._generation.looked_at].step, self.variation) if steps else None

    @property
    def marked_steps(self) -> Mapping[int, int]:
        """How many tokens are marked on each step of the take, by its number."""
        found: dict[int, int] = {}
        for (step, _variation), edits in self._generation.marks.items():
            found[step] = found.get(step, 0) + int((edits.marks != FREE).sum())
        return {step: count for step, count in found.items() if count}

    def mark(self, places: Places, mark: int) -> None:
        """Give tokens a mark, where they can have it.

        Args:
            places: bool (t, h, w). mark: of `core.token_edits`.
        """
        take, spot, before = self._generation.take, self.spot, self.edits
        if take is None or spot is None or before is None:
            return
        after = before.marked(places & self._markable(mark), mark)
        if after != before:
            show = partial(self._show, take, spot)
            self._masks.history.push(EditMarks(_named(mark), take.marks.get(spot), after, show))

    def mark_one(self, place: Place, mark: int) -> None:
        """Give one token a mark."""
        if self.edits is not None:
            alone = np.zeros(self.edits.grid, bool)
            alone[place] = True
            self.mark(alone, mark)

    def clear(self) -> None:
        """No token of this step is marked."""
        if self.edits is not None:
            self.mark(np.ones(self.edits.grid, bool), FREE)

    def obstacle_to(self, mark: int, place: Place) -> str:
        """Why a token cannot have a mark, or ""."""
        if self.edits is None:
            return "Nothing is generated yet."
        if self._markable(mark)[place]:
            return ""
        started = self._generation.started
        if started is not None and started.given[place]:
            return "It came from the clip, and stays."
        return "It is not decided yet."

    def _markable(self, mark: int) -> Places:
        """Which tokens can have a mark. A model that decides token after token keeps those that
        are given, and has none to keep where nothing is decided."""
        started, steps = self._generation.started, self._generation.steps
        assert started is not None
        if mark == FREE or self._generation.unit == "step":
            return np.ones(started.given.shape, bool)
        masked = steps[self._generation.looked_at].masked[self.variation]
        return np.asarray(~started.given & ~masked)

    def _show(self, take: Take, spot: Spot, edits: TokenEdits | None) -> None:
        """Make these the marks of a step, which is looked at."""
        rest = {other: known for other, known in take.marks.items() if other != spot}
        take.marks = rest if edits is None else {**rest, spot: edits}
        self._generation.show(take)
        numbers = [step.step for step in take.steps]
        if spot != self.spot and spot[0] in numbers:
            self._result.variation = spot[1]
            self._generation.look_at(numbers.index(spot[0]))

    def _follow(self) -> None:
        take, spot = self._generation.take, self.spot
        self.edits = None if take is None or spot is None else marks_at(take, spot)


def marks_at(take: Take, spot: Spot) -> TokenEdits:
    """The marks on a step of a take; where it has none of its own, what it was begun with."""
    if spot in take.marks:
        return take.marks[spot]
    begun = take.request.edits
    if begun is not None and not take.request.length:
        return begun.settled()
    t, h, w = take.steps[0].tokens.shape[1:]
    return TokenEdits.none((t, h, w))


def _named(mark: int) -> str:
    if mark == FREE:
        return "Remove marks"
    return "Mark tokens to be decided again" if mark == AGAIN else "Pin tokens"
