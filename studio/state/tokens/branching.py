"""Branches: a new take that goes on from a step of the one that is looked at, which stays."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject

from core.cards import ModelCard
from core.options import Option, Value
from core.requests import DecoderEntry, GenerationRequest, GenerationStepped
from core.schedules import masked_after
from core.tasks import TASKS
from studio.state.models.models import Models
from studio.state.notices import Notices
from studio.state.recipe import LARGEST_SEED
from studio.state.takes.generation import Generation
from studio.state.takes.queue import Queue
from studio.state.takes.result import Result
from studio.state.tokens.token_marks import TokenMarks


@dataclass(frozen=True)
class Settings:
    """What a branch may do otherwise than its take.

    Attributes:
        seed, count: of the first variation, and how many there are.
        decoder: a name; options: its values that differ from the usual ones.
        label: a class, or None.
    """

    seed: int
    count: int
    decoder: str
    options: Mapping[str, Value]
    label: str | None


class Branching(QObject):
    """Begins branches. The marks of the step go along: what is marked is decided again, what is
    pinned stays."""

    def __init__(
        self,
        generation: Generation,
        queue: Queue,
        result: Result,
        marks: TokenMarks,
        models: Models,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._generation, self._queue = generation, queue
        self._result, self._marks = result, marks
        self._models, self._notices = models, notices

    @property
    def obstacle(self) -> str:
        """Why the step that is looked at cannot be branched, or ""."""
        if not self._generation.steps:
            return "Nothing is generated yet."
        if not self._models.decoders:
            return "The engine is starting."
        if self.card is None:
            return "The model of this take is not installed any more."
        return ""

    @property
    def obstacle_to_repaint(self) -> str:
        """Why nothing can be gone on with the marks, or ""."""
        if self.obstacle:
            return self.obstacle
        edits = self._marks.edits
        if edits is None or edits.empty:
            return "No token is marked. Turn the token lens on and mark some."
        if edits == self._given_marks():
            return "Nothing was marked since this take was begun."
        return ""

    @property
    def card(self) -> ModelCard | None:
        """Of the take's model."""
        request = self._generation.request
        return None if request is None else self._models.card(request.bundle)

    @property
    def decoders(self) -> Mapping[str, DecoderEntry]:
        """Those that can go on with it, by name."""
        return self._models.decoders_of(self.card)

    @property
    def classes(self) -> tuple[str, ...]:
        """Those that the take's task knows; none where it has no use for one."""
        request, card = self._generation.request, self.card
        if request is None or card is None or not TASKS[request.task].needs_label:
            return ()
        return card.classes

    @property
    def place(self) -> str:
        """The step that is looked at, in words."""
        job = self._generation
        return f"{job.unit} {job.steps[job.looked_at].step + 1:,}" if job.steps else ""

    @property
    def about(self) -> str:
        """What a branch from here takes over, in sentences."""
        masked, edits = self._masked(), self._marks.edits
        kept = 1 - float(masked.mean())
        count = self._generation.request.count if self._generation.request else 1
        which = f", variation {self._marks.variation + 1}" if count > 1 else ""
        parts = [
            f"A new take goes on from {self.place}{which}: {kept:.0%} of its tokens are decided "
            "and stay. This take stays as it is."
        ]
        if edits is not None and not edits.empty:
            again, pinned = int(edits.again.sum()), int(edits.pinned.sum())
            parts.append(f"Marked: {again:,} to be decided again, {pinned:,} to be kept.")
        return " ".join(parts)

    def left(self, settings: Settings) -> str:
        """How much is still to be decided with these settings, a sentence."""
        masked = int(self._masked().sum())
        if not masked:
            return "All tokens are decided: mark some, or go back to an earlier step."
        values = {option.name: option.default for option in self.schema(settings.decoder)}
        values |= settings.options
        schedule, steps = values.get("schedule"), values.get("steps")
        if not isinstance(schedule, str) or not isinstance(steps, int):
            return f"{masked:,} tokens are still to be decided."
        counts = masked_after(schedule, steps, self._masked().size)
        left = steps - sum(count >= masked for count in counts)
        return f"{masked:,} tokens are still to be decided, in {left} of {steps} steps."

    def _masked(self) -> NDArray[np.bool_]:
        """What a branch from here has to decide, bool (t, h, w)."""
        job, edits = self._generation, self._marks.edits
        masked = job.steps[job.looked_at].masked[self._marks.variation]
        return masked if edits is None else (masked | edits.again) & ~edits.pinned

    @property
    def settings(self) -> Settings:
        """Those of the take, for a start."""
        request = self._generation.request
        assert request is not None
        decoder, options = self._decoder(request)
        return Settings(request.seed + self._marks.variation, 1, decoder, options, request.label)

    def schema(self, decoder: str) -> tuple[Option, ...]:
        """The options of a decoder."""
        entry = self.decoders.get(decoder)
        return entry.options if entry else ()

    def repaint(self) -> None:
        """Go on with the marks and with new noise; all else is as it was."""
        request = self._generation.request
        if not self.obstacle_to_repaint and request is not None:
            self._begin(replace(self.branch(request), seed=another_seed(request.seed)))

    def begin(self, settings: Settings) -> None:
        """Go on with other settings."""
        request = self._generation.request
        if self.obstacle or request is None:
            return
        self._begin(
            replace(
                self.branch(request),
                seed=settings.seed,
                count=settings.count,
                decoder=settings.decoder,
                options=dict(settings.options),
                label=settings.label,
            )
        )

    def branch(self, request: GenerationRequest) -> GenerationRequest:
        """What goes on from the step and the variation that are looked at, with their marks."""
        step = self._generation.steps[self._generation.looked_at]
        edits = self._marks.edits
        inherited = edits is None or (edits.empty and request.edits is None)
        decoder, options = self._decoder(request)
        branch = request.branched(step.state, self._marks.variation, None if inherited else edits)
        return replace(branch, decoder=decoder, options=options)

    def _decoder(self, request: GenerationRequest) -> tuple[str, Mapping[str, Value]]:
        """A decoder and its options: the take's, or, where that was a refinement, which changes
        more than what is marked, the usual one."""
        if request.decoder in self.decoders:
            return request.decoder, request.options
        return next(iter(self.decoders)), {}

    def _begin(self, request: GenerationRequest) -> None:
        """A take that still runs is paused: the branch is wanted now."""
        job, before = self._generation, self._generation.take
        assert before is not None
        assert job.started is not None
        started, step, known = job.started, self._shown(request.count), job.settled_before
        self._notices.dismiss()
        if before.running:
            self._queue.pause(before)
        branch = job.begin(request, job.unit, first=True)
        frames = None if known is None else known[:, request.parent, None]
        branch.branch_from(
            started, step, None if frames is None else np.repeat(frames, request.count, axis=1)
        )
        job.show(branch)

    def _shown(self, count: int) -> GenerationStepped:
        """The step and variation that are looked at, as they will be gone on with so often."""
        job, variation = self._generation, self._marks.variation
        step, clips = job.steps[job.looked_at], self._result.clips_of(job.looked_at)

        def each(array: NDArray[Any]) -> NDArray[Any]:
            return np.repeat(array[variation, None], count, axis=0)

        masked = np.repeat(self._masked()[None], count, axis=0)
        return replace(
            step,
            tokens=each(step.tokens),
            masked=masked,
            confidence=each(step.confidence),
            preview=None if clips is None else each(np.asarray(clips.live)),
        )

    def _given_marks(self) -> object:
        """What the take was begun with, as marks."""
        request = self._generation.request
        return request.edits.settled() if request is not None and request.edits else None


def another_seed(seed: int) -> int:
    """By chance, and never the same."""
    return (seed + random.randint(1, LARGEST_SEED)) % (LARGEST_SEED + 1)
