"""Two models on the user's clip: the same window, mask, task and seed, one beside the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject

from core.requests import GenerationRequest
from studio.observable import Observable
from studio.state.compare.comparing import Comparing
from studio.state.models.models import Models
from studio.state.recipe import Recipe
from studio.state.takes.generation import Generation
from studio.state.takes.pace import Unit
from studio.state.takes.queue import Queue
from studio.state.takes.take import Phase, Take


class Versus(Observable):
    """Has both models generate what is chosen, and compares the results on the canvas."""

    def __init__(
        self,
        models: Models,
        recipe: Recipe,
        queue: Queue,
        generation: Generation,
        comparing: Comparing,
        asked: Callable[[], GenerationRequest | None],
        parent: QObject | None = None,
    ) -> None:
        """`asked` gives what is chosen as a request, or tells the user why there is none."""
        super().__init__(parent)
        self._models, self._recipe, self._queue = models, recipe, queue
        self._generation, self._comparing, self._asked = generation, comparing, asked
        self._pair: tuple[Take, Take] | None = None
        self._title = ""

    def obstacle(self, before: str, after: str) -> str:
        """Why two models, by their folders, cannot be compared, or ""."""
        old, new = self._models.card(before), self._models.card(after)
        if new is None:
            return "There is no model of this run yet."
        if old is None:
            return "The model that it was trained from is not there any more."
        label = self._recipe.label
        if label is not None and label not in old.classes:
            return f"“{old.title}” does not know the class “{label}”. Choose another class or task."
        return ""

    def begin(self, before: str, after: str) -> None:
        """Generate with both, the old one first; the new one is chosen."""
        old = self._models.card(before)
        if self.obstacle(before, after) or old is None:
            return
        self._recipe.bundle = after
        request = self._asked()
        if request is None:
            return
        unit: Unit = "token" if self._recipe.causal else "step"
        first, second = Take(replace(request, bundle=before), unit), Take(request, unit)
        self._pair, self._title = (first, second), old.title
        first.changed("phase").connect(lambda _phase: self._turn(first))
        self._queue.add(first)
        self._queue.add(second)
        self._generation.show(first)

    def _turn(self, take: Take) -> None:
        """When the old model is done, its result is held beside what the new one makes."""
        if self._pair is None or take is not self._pair[0] or take.phase is not Phase.FINISHED:
            return
        (first, second), self._pair = self._pair, None
        comparing = self._comparing
        self._generation.show(first)
        comparing.hold()
        if comparing.held is not None:
            comparing.held = replace(comparing.held, title=self._title)
        self._generation.show(second)
        comparing.left, comparing.right = "step", "result"
        if comparing.mode == "off":
            comparing.mode = "wipe"
