"""What a fine-tuning shall be: model, footage, what learns, for how long; and what stands in its
way."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject

from core.cards import ModelCard
from core.requests import FinetuneRequest
from core.runs.elsewhere import Machines
from core.runs.estimate import Measured, Span
from core.runs.footage import Footage, look_at
from core.runs.plan import Asked
from studio.observable import Field, Observable, watch
from studio.state.background import Background
from studio.state.clip.session import Session
from studio.state.models.models import Models
from studio.state.recipe import Recipe
from studio.state.training import run_room
from studio.state.training.run_estimate import RunEstimate
from studio.state.training.training_runs import TrainingRuns

Part = Literal["prior", "tokenizer", "both"]
Length = Literal["look", "evening", "minutes", "steps"]

MINUTES: dict[Length, float] = {"look": 5.0, "evening": 180.0}
ADAPTERS = 8
"""Their rank."""


class FineTuning(Observable):
    """Attributes:
    bundle: folder of the model that is trained further.
    paths: footage, files and folders; footage: what is known of them, in their order.
    part: what learns; adapters: whether a few weights beside the transformer's learn.
    length: for how long; minutes, steps: where that is chosen freely.
    label: the class of all clips, or ""; name: of the new model, or "" for one that is made up.
    """

    bundle = Field("")
    paths: Field[tuple[Path, ...]] = Field(())
    footage: Field[tuple[Footage, ...]] = Field(())
    part: Field[Part] = Field("prior")
    adapters = Field(False)
    length: Field[Length] = Field("look")
    minutes = Field(30.0)
    steps = Field(200)
    label = Field("")
    name = Field("")

    def __init__(
        self,
        session: Session,
        models: Models,
        recipe: Recipe,
        runs: TrainingRuns,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._models, self._recipe, self._runs = session, models, recipe, runs
        self.estimate = RunEstimate(runs.home, self)
        self._looking = Background("footage", self)
        self._looking.updated.connect(lambda seen: setattr(self, "footage", seen))
        watch(self, "bundle part adapters paths", self._measure)
        self.changed("paths").connect(lambda _paths: self._look())

    def prepare(self) -> None:
        """Begin with what is open: its model, and its clip where nothing else is chosen."""
        if self._models.card(self.bundle) is None:
            self.bundle = self._recipe.bundle
        if not self.paths and not self.obstacle_to_use_clip:
            self.use_clip()

    def end(self) -> None:
        """Stop looking and measuring."""
        self._looking.stop()
        self.estimate.stop()

    # Footage

    @property
    def obstacle_to_use_clip(self) -> str:
        """Why the open clip cannot be added, or ""."""
        clip = self._session.clip
        if clip is None or not clip.path.exists():
            return "Open a clip first."
        return "It is in the list already." if clip.path.resolve() in self.paths else ""

    def use_clip(self) -> None:
        if self._session.clip is not None and not self.obstacle_to_use_clip:
            self.add([self._session.clip.path])

    def add(self, paths: Iterable[Path]) -> None:
        known = list(self.paths)
        self.paths = (*known, *(p for p in map(Path.resolve, paths) if p not in known))

    def remove(self, path: Path) -> None:
        self.paths = tuple(other for other in self.paths if other != path)

    # What may be chosen

    @property
    def card(self) -> ModelCard | None:
        entries = {entry.folder: entry.card for entry in self._models.bundles}
        return entries.get(self.bundle)

    def obstacle_to_part(self, part: Part) -> str:
        """Why a part cannot learn, or ""."""
        card = self.card
        if card is None:
            return "No model is chosen."
        if part != "tokenizer" and card.transformer is None:
            return f"“{card.title}” is a tokenizer alone."
        if part == "tokenizer" and card.causal and card.tokenizer.name == "vqvae":
            return "Its transformer would not fit a tokenizer that has changed. Train both."
        return ""

    @property
    def chosen_part(self) -> Part:
        """What learns: what was chosen, or what is possible."""
        parts: tuple[Part, ...] = (self.part, "prior", "tokenizer", "both")
        return next((part for part in parts if not self.obstacle_to_part(part)), self.part)

    @property
    def obstacle_to_label(self) -> str:
        """Why the clips cannot be given a class, or ""."""
        card = self.card
        if card is not None and card.causal and not card.classes:
            return f"“{card.title}” was trained without classes and can learn none."
        return "The tokenizer knows no classes." if self.chosen_part == "tokenizer" else ""

    # For how long

    @property
    def measured(self) -> Measured | None:
        """What a few steps of what is chosen said; None before they were taken."""
        return self.estimate.measured

    @property
    def chosen_minutes(self) -> float | None:
        """Minutes that are asked for; None where steps are."""
        return MINUTES.get(self.length, self.minutes if self.length == "minutes" else None)

    @property
    def expected_steps(self) -> Span | None:
        """How many steps of each part it will be; None while unknown."""
        minutes = self.chosen_minutes
        if minutes is None:
            return Span(self.steps, self.steps, self.steps)
        return self.measured.steps(minutes) if self.measured else None

    @property
    def expected_minutes(self) -> Span | None:
        """How long it will take; None while unknown."""
        steps = self.expected_steps
        if steps is None or self.measured is None:
            return None
        return self.measured.minutes(round(steps.likely))

    # What stands in the way

    @property
    def obstacle(self) -> str:
        """Why this cannot be trained at all, or ""."""
        card = self.card
        if card is None:
            return "No model is installed that could be trained further."
        if why := self.obstacle_to_part(self.chosen_part):
            return why
        if not self.paths:
            return "Choose some footage first: this clip, other clips, or a folder."
        if len(self.footage) < len(self.paths):
            return "The footage is being looked at."
        bad = [one.problem for one in self.footage if one.problem]
        return bad[0] if bad else ""

    @property
    def obstacle_to_start(self) -> str:
        """Why it cannot be trained here and now, or ""."""
        other = self._runs.trained_here
        if self.obstacle or self._runs.doing:
            return self.obstacle or f"{self._runs.doing} …"
        if other is not None:
            return (
                f"“{other.name}” is being trained on this machine. Pause it first, or run this one "
                "elsewhere."
            )
        return run_room.obstacle(self.measured, self._runs.home) if self.measured else ""

    @property
    def warning(self) -> str:
        """What is to be thought of before it starts, or ""."""
        card = self.card
        troubles = (one.trouble(card.frames) for one in self.footage) if card else ()
        trouble = next(filter(None, troubles), "")
        return trouble or (run_room.warning(self.measured) if self.measured else "")

    # Start

    @property
    def free_name(self) -> str:
        """The name of the new model: what was chosen, or made of the model's and the footage's; one
        that is not there yet."""
        card = self.card
        of_footage = self.paths[0].stem if self.paths else "footage"
        name = self.name.strip() or f"{card.name if card else 'model'}-{of_footage}"
        name = name.replace("/", "-").lstrip(".") or "model"
        names = (name, *(f"{name}-{number}" for number in range(2, 1000)))
        return next(free for free in names if not self._taken(free))

    def _taken(self, name: str) -> bool:
        return (self._runs.models_folder / name).exists() or (self._runs.home / name).exists()

    def asked(self, folder: Path | None = None, steps: int = 0) -> Asked:
        """What is chosen as a request, for a run in that folder and with so many steps; without
        them for one of this machine."""
        name, expected = self.free_name, self.expected_steps
        request = FinetuneRequest(
            bundle=self.bundle,
            clips=tuple(map(str, self.paths)),
            run=folder or self._runs.home / name,
            models=self._runs.models_folder,
            name=name,
            part=self.chosen_part,
            steps=steps or (round(expected.likely) if expected else 0),
            minutes=self.chosen_minutes or 0.0,
            lora=ADAPTERS if self.adapters and self.chosen_part == "prior" else 0,
            class_name="" if self.obstacle_to_label else self.label.strip(),
            resume=True,
        )
        title = self.card.title if self.card else ""
        paces = {} if self.measured is None else self.measured.seconds
        seconds = {part: self.measured.step(part).likely for part in paces} if self.measured else {}
        return Asked(request, title, time.time(), seconds)

    def start(self) -> None:
        """Train it here."""
        if not self.obstacle_to_start:
            self.estimate.stop()
            self._runs.begin(self.asked())
            self.name = ""

    def write_elsewhere(self, folder: Path, steps: int, machines: Machines) -> None:
        """Write it for other machines, and follow it."""
        if not self.obstacle and not machines.obstacle:
            self._runs.write_elsewhere(self.asked(folder, steps), machines)

    # Internals

    def _look(self) -> None:
        paths, known = self.paths, {one.path: one for one in self.footage}

        def job() -> Generator[tuple[Footage, ...], None, None]:
            found: list[Footage] = []
            for path in paths:
                found.append(known.get(path) or look_at(path))
                yield tuple(found)

        self.footage = ()
        if paths:
            self._looking.start(job)

    def _measure(self) -> None:
        """A few steps of what is chosen are taken, unless something is trained meanwhile."""
        if self.card is None or not self.paths or self._runs.trained_here is not None:
            self.estimate.stop()
        else:
            self.estimate.want(self.asked().request)
