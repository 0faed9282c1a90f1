"""What shall be generated, and how: everything of a request but the clip and its window."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QObject

from core.cards import ModelCard
from core.jobs.windows import Overlaps, Windows, overlaps
from core.margins import NONE, Margins
from core.masks import MaskTrack
from core.options import Option, Value
from core.requests import DecoderEntry, GenerationRequest
from core.tasks import CAUSAL_TASKS, MASKED_TASKS, TASKS, Task
from core.window import Window
from studio.observable import Field, Observable, watch
from studio.state.models.models import Models, obstacle

LARGEST_SEED = 2**31 - 1
MOST_VARIATIONS = 8
LONGEST_RESULT = 1_000_000
"""Frames: nine hours at 30 a second, so that a slip of the finger has an end."""
DEFAULT_DECODER = "commit"
PREFERRED_TASKS = ("paint", "continue", "continue-class")


@dataclass(frozen=True)
class _Choices:
    """What the user has chosen for the models of one family."""

    task: str
    decoder: str
    options: Mapping[str, Value]
    kept: int
    length: int
    overlap: int


class Recipe(Observable):
    """The choices of the right panel. Each family of models has its own; none is forgotten.

    Attributes:
        bundle: folder of the model, "" without one.
        task: a name of `core.tasks.TASKS`.
        label: class name, or None for the unconditional class.
        decoder: a name of `Models.decoders`; `options` are its values by name.
        seed, count: of the first variation, and how many.
        kept, length, overlap: frames, as in `GenerationRequest`, as far as the user has chosen
            them; 0 = what is usual. They count where the result may be longer than the model's
            clips; what is kept, for causal models alone.
        asked: frames that marks or painting ask for, of a masked model; room: those from the
            working window's first to the clip's end, where its result ends as well.
    """

    bundle = Field("")
    task = Field("paint")
    label: Field[str | None] = Field(None)
    decoder = Field(DEFAULT_DECODER)
    options: Field[Mapping[str, Value]] = Field({})
    seed = Field(0)
    count = Field(1)
    kept = Field(0)
    length = Field(0)
    overlap = Field(0)
    asked = Field(0)
    room = Field(0)

    def __init__(self, models: Models, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._models = models
        self._family = ""
        self._choices: dict[str, _Choices] = {}
        watch(models, "bundles", self._choose_usable_bundle)
        watch(self, "bundle", self._recall_choices)
        watch(models, "decoders", self._choose_fitting_decoder)
        watch(self, "bundle", self._choose_possible_task)
        watch(self, "bundle task", self._choose_known_class)
        self.changed("decoder").connect(self._forget_options)

    @property
    def card(self) -> ModelCard | None:
        return self._models.card(self.bundle)

    @property
    def causal(self) -> bool:
        """Whether the model decides token after token, so that it can continue a clip."""
        card = self.card
        return card is not None and card.causal

    @property
    def chosen_task(self) -> Task:
        return TASKS[self.task]

    @property
    def grid(self) -> tuple[int, int, int] | None:
        """The model's clip size (T, H, W), or None without a model."""
        card = self.card
        return (card.frames, card.height, card.width) if card else None

    @property
    def tasks(self) -> tuple[Task, ...]:
        """What models of this family are asked for; painting comes first."""
        card = self.card
        if card is not None and self.causal:
            return tuple(TASKS[name] for name in CAUSAL_TASKS if name in card.tasks)
        return tuple(
            sorted(map(TASKS.__getitem__, MASKED_TASKS), key=lambda task: not task.painted)
        )

    @property
    def decoders(self) -> dict[str, DecoderEntry]:
        """The decoders of the model, by name; empty until the engine has answered."""
        return self._models.decoders_of(self.card)

    @property
    def schema(self) -> tuple[Option, ...]:
        """The options of the chosen decoder."""
        entry = self.decoders.get(self.decoder)
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

    # How much is kept, and how long the result is

    @property
    def lasts(self) -> bool:
        """Whether the result may be longer than the model's clips; a causal model's always may."""
        card = self.card
        if card is None or self.causal:
            return card is not None
        return self.chosen_task.lasting and self._overlaps(card).possible

    @property
    def lengths(self) -> tuple[Option, ...]:
        """What can be said on them for the chosen model and task; the usual is the default."""
        card = self.card
        if card is None or not self.lasts:
            return ()
        frames, stride, able = card.frames, card.stride[0], self._overlaps(card)
        keep = Option(
            "kept", "Keep", "int", _usual_kept(card), card.context_frames or stride, frames - 1,
            stride, help="So many frames of the clip, up to the playhead, are kept and continued.",
        )  # fmt: skip
        longest = LONGEST_RESULT if able.possible else frames
        length = Option(
            "length", "Frames", "int", frames, frames, longest, stride,
            help="Length of the result. What does not fit into the model's "
            f"{frames} frames is made window by window, each going on from the one before.",
        )  # fmt: skip
        overlap = Option(
            "overlap", "Overlap", "int", able.usual, able.least, able.most, stride, advanced=True,
            help="So many frames of a window are the last ones of the window before: more of them "
            "hold the result together better, fewer make it sooner.",
        )  # fmt: skip
        offered = (keep,) if self.chosen_task.continues else ()
        return (*offered, length, overlap) if able.least < able.most else (*offered, length)

    def _overlaps(self, card: ModelCard) -> Overlaps:
        return overlaps(card.frames, card.stride[0], card.context_frames, causal=self.causal)

    @property
    def keeps(self) -> int:
        """Frames that are kept; 0 when the task continues nothing."""
        card = self.card
        if card is None or not self.causal or not self.chosen_task.continues:
            return 0
        least = card.context_frames or card.stride[0]
        return min(max(self.kept or _usual_kept(card), least), card.frames - 1)

    @property
    def windows(self) -> Windows | None:
        """How the result is made of windows of the model, or None without a model."""
        card = self.card
        if card is None:
            return None
        able = self._overlaps(card)
        if not self.lasts or not able.possible:
            return Windows(card.frames, 0, card.frames)
        wanted = self.length if self.causal else min(self.length or self.asked, self.room)
        overlap, length = able.nearest(self.overlap), max(wanted, card.frames)
        return Windows(card.frames, overlap, length, faded=not self.causal)

    def choose_lengths(self, values: Mapping[str, Value]) -> None:
        """Take over values of `lengths`; what is as before stays what is usual."""
        for name, now in self.chosen_lengths.items():
            if name in values and values[name] != now:
                setattr(self, name, int(values[name]))

    @property
    def chosen_lengths(self) -> dict[str, Value]:
        """The values of `lengths`."""
        windows = self.windows
        if windows is None:
            return {}
        return {"kept": self.keeps, "length": windows.length, "overlap": windows.overlap}

    # From the choices to a request

    def throw_dice(self) -> None:
        """Another seed, by chance."""
        self.seed = random.randint(0, LARGEST_SEED)

    def request(
        self,
        clip: str | None,
        window: Window,
        painted: MaskTrack | None,
        margins: Margins = NONE,
    ) -> GenerationRequest:
        """The request for a window of a clip on a canvas with these margins; `painted` counts for
        the painting task alone."""
        windows = self.windows
        longer = windows if windows is not None and len(windows) > 1 else None
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
            kept=self.keeps,
            length=longer.length if longer else 0,
            overlap=longer.overlap if longer else 0,
            margins=margins,
        )

    # Choices that are put right

    def _choose_usable_bundle(self) -> None:
        usable = [entry.folder for entry in self._models.bundles if not obstacle(entry)]
        if self.bundle not in usable:
            self.bundle = usable[0] if usable else ""

    def _recall_choices(self) -> None:
        """What was chosen last for the models of this family, if anything."""
        before, self._family = self._family, self.card.family if self.card else ""
        if before == self._family:
            return
        if before:
            self._choices[before] = _Choices(
                self.task, self.decoder, self.options, self.kept, self.length, self.overlap
            )
        known = self._choices.get(self._family)
        if known is not None:
            self.task, self.decoder, self.options = known.task, known.decoder, known.options
            self.kept, self.length, self.overlap = known.kept, known.length, known.overlap
        self._choose_fitting_decoder()

    def _choose_fitting_decoder(self) -> None:
        fitting = self.decoders
        if fitting and self.decoder not in fitting:
            self.decoder = DEFAULT_DECODER if DEFAULT_DECODER in fitting else next(iter(fitting))

    def _choose_possible_task(self) -> None:
        possible = [task.name for task in self.tasks if not self.obstacle(task)]
        if possible and self.task not in possible:
            self.task = next((name for name in PREFERRED_TASKS if name in possible), possible[0])

    def _choose_known_class(self) -> None:
        classes = self.card.classes if self.card else ()
        if not self.chosen_task.needs_label:
            self.label = None
        elif self.label not in classes:
            self.label = classes[0] if classes else None

    def _forget_options(self, _decoder: str) -> None:
        self.options = {}


def _usual_kept(card: ModelCard) -> int:
    """The frames that a transformer looks at, or half of its own in whole tokens."""
    stride = card.stride[0]
    half = max(card.frames // 2 // stride, 1) * stride
    return min(card.context_frames or half, card.frames - 1)
