"""A sample becomes what is open: its clip, and all chosen so that only “Generate” is left."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject

from core.assets import asset
from core.mask_shapes import ellipse
from core.media.reading import ClipReader
from core.tasks import TASKS
from studio.samples import Sample
from studio.state.clip.framing import Framing
from studio.state.clip.growing import Growing
from studio.state.clip.playback import Playback
from studio.state.clip.session import Session
from studio.state.models.models import Models, obstacle
from studio.state.painting.masks import Masks
from studio.state.recipe import Recipe


class Trying(QObject):
    """Opens samples.

    Args:
        new_clip: opens a blank clip of the model's size.
    """

    def __init__(
        self,
        session: Session,
        playback: Playback,
        masks: Masks,
        models: Models,
        recipe: Recipe,
        framing: Framing,
        growing: Growing,
        new_clip: Callable[[], None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._playback, self._masks = session, playback, masks
        self._models, self._recipe, self._framing = models, recipe, framing
        self._growing = growing
        self._new_clip = new_clip
        self._awaited: tuple[Path, Sample] | None = None
        session.changed("clip").connect(self._look)

    def obstacle(self, sample: Sample) -> str:
        """Why a sample cannot be tried, or ""."""
        folder = self._folder(sample)
        if folder is None:
            return f"The model “{sample.model}” is not installed."
        card = self._models.card(folder)
        if card is None or sample.task not in card.tasks:
            return f"The model “{sample.model}” was not trained on this."
        return ""

    def open(self, sample: Sample) -> None:
        """Open a sample's clip, or a blank one, and choose what is tried on it."""
        if self.obstacle(sample):
            return
        self._choose(sample)
        if sample.clip:
            path = asset(f"samples/{sample.clip}")
            self._awaited = path, sample
            self._session.open(path)
        else:
            self._new_clip()

    def paint(self, sample: Sample) -> None:
        """Paint what a sample has painted, on the clip that is open."""
        clip = self._session.clip
        if clip is not None and sample.painted is not None:
            (width, height), (left, top, wide, high) = clip.size, sample.painted
            corners = (left * width, top * height), ((left + wide) * width, (top + high) * height)
            self._masks.paint(sample.frame, ellipse(clip.size, *corners))

    def _look(self, clip: ClipReader | None) -> None:
        awaited, self._awaited = self._awaited, None
        if awaited is not None and clip is not None and clip.path == awaited[0]:
            self._place(awaited[1])

    def _choose(self, sample: Sample) -> None:
        recipe = self._recipe
        recipe.bundle, recipe.task = self._folder(sample) or "", sample.task
        if TASKS[sample.task].needs_label:
            recipe.label = sample.label
        recipe.seed, recipe.count = sample.seed, 1

    def _place(self, sample: Sample) -> None:
        """Once the clip is open: what is painted on it, and where it stands."""
        self._playback.go(sample.frame)
        self.paint(sample)
        if sample.canvas:
            self._growing.extend_to(sample.canvas)
        card = self._recipe.card
        if TASKS[sample.task].continues:
            self._framing.continue_here()
        elif card is not None:  # as much as the model makes at once: it is there in seconds
            self._playback.mark(sample.frame, sample.frame + card.frames - 1)

    def _folder(self, sample: Sample) -> str | None:
        usable = (entry for entry in self._models.bundles if not obstacle(entry))
        return next((e.folder for e in usable if Path(e.folder).name == sample.model), None)
