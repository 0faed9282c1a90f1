"""The sample clips of a model, decoded in a thread."""

from __future__ import annotations

import logging
import operator
from collections.abc import Generator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject

from core.cards import sample_clips
from core.errors import UserError
from core.media.reading import open_clip
from core.tasks import TASKS
from studio.observable import Field, Observable
from studio.state.background import Background

MOST_CLIPS, MOST_FRAMES, MOST_HEIGHT = 8, 64, 160
"""A model may come from anywhere: so much of it is played."""
_ORDER = sorted(TASKS, key=lambda name: not (TASKS[name].painted or TASKS[name].continues))

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class SampleClip:
    """Attributes:
    caption: what the model was asked, in words.
    frames: uint8 (n, H, W, 3); rate: frames a second.
    """

    caption: str
    frames: np.ndarray
    rate: float


class SampleClips(Observable):
    """Attributes:
    clips: those of the model that is looked at, as far as they are decoded.
    """

    clips: Field[tuple[SampleClip, ...]] = Field((), same=operator.is_)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = Background("samples", self)
        self._background.updated.connect(lambda clips: setattr(self, "clips", clips))

    def look_at(self, folder: Path) -> None:
        """Decode the clips of another model."""
        self.clips = ()
        self._background.start(lambda: _decoded(folder))

    def end(self) -> None:
        self._background.stop()


def _decoded(folder: Path) -> Generator[tuple[SampleClip, ...], None, None]:
    clips: tuple[SampleClip, ...] = ()
    paths = sorted(sample_clips(folder), key=lambda path: [*_ORDER, path.stem].index(path.stem))
    for path in islice(paths, MOST_CLIPS):
        try:
            with open_clip(path) as reader:
                numbers = range(min(len(reader), MOST_FRAMES))
                height = min(reader.size[1], MOST_HEIGHT)
                frames = np.stack([reader.thumbnail(number, height) for number in numbers])
                rate = float(reader.rate)
        except UserError as error:
            log.info("a sample clip cannot be shown: %s", error)
            continue
        task = TASKS.get(path.stem)
        clips = (*clips, SampleClip(task.label if task else path.stem, frames, rate))
        yield clips
