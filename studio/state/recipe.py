"""What shall be generated, and how: everything of a request but the clip and its window."""

from __future__ import annotations

import random
from collections.abc import Mapping

from PySide6.QtCore import QObject

from core.cards import ModelCard
from core.masks import MaskTrack
from core.options import Option, Value
from core.requests import GenerationRequest
from core.tasks import TASKS, Task
from core.window import Window
from studio.observable import Field, Observable, watch
from studio.state.models import Models

LARGEST_SEED = 2**31 - 1
MOST_VARIATIONS = 8
DEFAULT_DECODER = "commit"


class Recipe(Observable):
    """The choices of the right panel.

    Attributes:
        bundle: folder of the model, "" without one.
        task: a name of `core.tasks.TASKS`.
        label: class name, or None for the unconditional class.
        decoder: a name of `Models.decoders`; `options` are its values by name.
        seed, count: of the first variation, and how many.
    """

    bundle = Field("")
    task = Field("paint")
    label: Field[str | None] = Field(None)
    decoder = Field(DEFAULT_DECODER)
    options: Field[Mapping[str, Value]] = Field({})
    seed = Field(0)
    count = Field(1)

    def __init__(self, models: Models, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._models = models
        watch(models, "bundles", self._choose_usable_bundle)
        watch(models, "decoders", self._choose_known_decoder)
        watch(self, "bundle", self._choose_possible_task)
        watch(self, "bundle task", self._choose_known_class)
        self.changed("decoder").connect(self._forget_options)

    @property
    def card(self) -> ModelCard | None:
        return self._models.card(self.bundle)

    @property
    def chosen_task(self) -> Task:
        return TASKS[self.task]

    @property
    def grid(self) -> tuple[int, int, int] | None:
        """The model's clip size (T, H, W), or None without a model."""
        card = self.card
        return (card.frames, card.height, card.width) if card else None

    @property
    def schema(self) -> tuple[Option, ...]:
        """The options of the chosen decoder."""
        entry = self._models.decoders.get(self.decoder)
        return entry.options if entry else ()

    def obstacle(self, task: Task) -> str:
        """Why the chosen model cannot do a task, or "" when it can."""
        card = self.card
        if card is None:
            return "No model is installed."
        if task.name not in card.tasks:
            return f"“{card.title}” was not trained on this task."
        if task.needs_label and not card.classes:
            return f"“{card.title}” knows no classes."
        return ""

    def throw_dice(self) -> None:
        """Another seed, by chance."""
        self.seed = random.randint(0, LARGEST_SEED)

    def request(self, clip: str, window: Window, painted: MaskTrack | None) -> GenerationRequest:
        """The request for a window of a clip; `painted` counts for the painting task alone."""
        return GenerationRequest(
            bundle=self.bundle,
            task=self.task,
            clip=clip,
            window=window,
            painted=painted if self.chosen_task.painted else None,
            label=self.label if self.chosen_task.needs_label else None,
            decoder=self.decoder,
            options=dict(self.options),
            seed=self.seed,
            count=self.count,
        )

    def _choose_usable_bundle(self) -> None:
        usable = [entry.folder for entry in self._models.bundles if entry.card is not None]
        if self.bundle not in usable:
            self.bundle = usable[0] if usable else ""

    def _choose_known_decoder(self) -> None:
        known = self._models.decoders
        if known and self.decoder not in known:
            self.decoder = DEFAULT_DECODER if DEFAULT_DECODER in known else next(iter(known))

    def _choose_possible_task(self) -> None:
        possible = [name for name, task in TASKS.items() if not self.obstacle(task)]
        if possible and self.task not in possible:
            self.task = "paint" if "paint" in possible else possible[0]

    def _choose_known_class(self) -> None:
        classes = self.card.classes if self.card else ()
        if not self.chosen_task.needs_label:
            self.label = None
        elif self.label not in classes:
            self.label = classes[0] if classes else None

    def _forget_options(self, _decoder: str) -> None:
        self.options = {}
