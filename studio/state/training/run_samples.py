"""What a model does with the same conditions as it learns: a sample after so many steps, beside
what its parent did before the first."""

from __future__ import annotations

import operator
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject

from core.media.reading import open_clip
from core.runs.reading import RunLook, Sample
from core.training.samples import CLIPS, GAP
from studio.observable import Field, Observable
from studio.state.background import Background

Frames = NDArray[np.uint8]

MOST_KEPT = 6
"""Samples whose frames stay in memory."""


@dataclass(frozen=True, eq=False)
class Shown:
    """Attributes:
    ways: name → the clips seen that way, uint8 (T, H, W, 3) each. rate: frames per second.
    """

    ways: dict[str, list[Frames]]
    rate: float


class RunSamples(Observable):
    """Attributes:
    samples: of one phase of the run that is looked at, the earliest first.
    chosen: index of the one that is looked at; None: the newest, also when a newer one comes.
    shown: what there is to see; None while nothing is read.
    """

    samples: Field[tuple[Sample, ...]] = Field(())
    chosen: Field[int | None] = Field(None)
    shown: Field[Shown | None] = Field(None, same=operator.is_)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._read: dict[Path, tuple[Frames, float]] = {}
        self._work = Background("samples", self)
        self._work.updated.connect(lambda shown: setattr(self, "shown", shown))
        self.changed("samples").connect(lambda _samples: self._show())
        self.changed("chosen").connect(lambda _chosen: self._show())

    def look_at(self, look: RunLook | None, phase: str) -> None:
        """The samples of a phase of a run."""
        found = look.samples if look else ()
        samples = tuple(sample for sample in found if sample.phase == phase)
        if samples[:1] != self.samples[:1]:
            self._read.clear()
            self.chosen = None
        self.samples = samples

    def choose(self, index: int) -> None:
        """Look at one of them; the newest is followed as newer ones come."""
        self.chosen = None if index >= len(self.samples) - 1 else max(index, 0)

    @property
    def sample(self) -> Sample | None:
        """The one that is looked at."""
        if not self.samples:
            return None
        return self.samples[-1 if self.chosen is None else self.chosen]

    def _show(self) -> None:
        sample = self.sample
        if sample is None:
            self._work.stop()
            self.shown = None
            return
        first = self.samples[0] if self.samples[0].step == 0 else None
        self._work.start(lambda: self._made(sample, first))

    def _made(self, sample: Sample, first: Sample | None) -> Generator[Shown, None, None]:
        """What there is to see; in a thread of its own, as files are read."""
        frames, rate = self._frames(sample)
        *given, after = in_ways(frames)
        ways = dict(zip(("Original", "Given"), given, strict=False))
        if first is not None:
            ways["Before"] = in_ways(self._frames(first)[0])[-1]
        if sample is not first:
            ways[f"Step {sample.step:,}"] = after
        yield Shown(ways, rate)

    def _frames(self, sample: Sample) -> tuple[Frames, float]:
        if sample.moving not in self._read:
            reader = open_clip(sample.moving)
            try:
                frames = np.stack([reader.frame(number) for number in range(len(reader))])
                self._read[sample.moving] = frames, float(reader.rate)
            finally:
                reader.close()
        while len(self._read) > MOST_KEPT:
            del self._read[next(iter(self._read))]
        return self._read[sample.moving]


def in_ways(frames: Frames) -> list[list[Frames]]:
    """The clips of a sample (T, H, W, 3), in which they stand side by side, and below each other
    the ways to see them."""
    _, height, width, _ = frames.shape
    side = (width + GAP) // CLIPS - GAP  # clips are square
    places = [range(0, length - side + 1, side + GAP) for length in (height, width)]
    return [
        [frames[:, top : top + side, left : left + side] for left in places[1]] for top in places[0]
    ]
