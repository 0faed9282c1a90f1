"""Training clips, cut at random out of the videos of a recipe's sources.

What a draw gives depends on the random generator that it is given alone: not on what was drawn
before, nor on which process draws.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor

from core.clip import Frames
from core.errors import UserError
from core.media.pictures import Picture
from core.training.held import HELD_BYTES, Videos
from core.training.readers import Video
from core.training.recipe import DataSource, InLegs, Recipe
from core.training.sources import Entry, find_videos

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Cut:
    """How clips are cut out of videos: see the fields of the same names in `Recipe`."""

    frames: int
    size: int
    strides: int = 2
    zoom: float = 0.6

    @classmethod
    def of(cls, recipe: Recipe) -> Cut:
        return cls(recipe.frames, recipe.size, recipe.strides, recipe.zoom)


@dataclass(frozen=True, eq=False)
class Drawn:
    """A clip that was drawn: uint8 frames (T, size, size, 3), its class, its video's name.

    Attributes:
        label: index in `Footage.classes`; their number when the class is none of them.
        path: of the video; numbers: its frames that these are.
    """

    frames: Frames
    label: int
    name: str
    path: Path
    numbers: tuple[int, ...]


class Footage:
    """The videos of some sources. It holds no frames when it is pickled; each process decodes for
    itself what is drawn, and keeps at most `held_bytes` of it.

    Attributes:
        classes: names of the classes, in the order of their labels.
        skipped: why a video cannot be used, by name. Damage inside a file is met when the file is
            drawn for the first time; another video is then drawn in its place.
    """

    def __init__(
        self,
        entries: Sequence[Entry],
        classes: Sequence[str],
        skipped: dict[str, str] | None = None,
        held_bytes: int = HELD_BYTES,
    ) -> None:
        self.classes, self.skipped = tuple(classes), skipped or {}
        self._entries, self._held_bytes = tuple(entries), held_bytes
        self._ends = np.cumsum([entry.weight for entry in entries])
        self._unusable: set[int] = set()
        self.videos = Videos(self._open, held_bytes)

    def __len__(self) -> int:
        """How many videos there are."""
        return len(self._entries)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the videos."""
        return tuple(entry.name for entry in self._entries)

    @property
    def fingerprint(self) -> str:
        """A number that changes with the videos, their lengths, classes or chances."""
        rows = [(e.name, e.label, e.weight, e.flip) for e in self._entries]
        return hashlib.sha256(repr((self.classes, rows)).encode()).hexdigest()

    def draw(self, rng: np.random.Generator, cut: Cut) -> Drawn:
        """A random clip.

        Raises:
            UserError: none of the videos can be used.
        """
        seed = int(rng.integers(2**62))  # one number, however many videos turn out to be damaged
        place = np.random.default_rng(seed).random() * self._ends[-1]
        first = int(np.searchsorted(self._ends, place, side="right"))
        for tried in range(len(self)):
            number = (first + tried) % len(self)
            drawn = self._clip(number, np.random.default_rng((seed, tried)), cut)
            if drawn is not None:
                return drawn
        raise UserError(_none_left(self.skipped))

    def _clip(self, number: int, rng: np.random.Generator, cut: Cut) -> Drawn | None:
        """A random clip of a video; None when it turns out that it cannot be used."""
        if number in self._unusable:
            return None
        entry = self._entries[number]
        try:
            frames, numbers = cut_clip(self.videos[number], rng, cut, entry.flip)
        except UserError as error:
            _LOG.warning("%s is left out: %s", entry.name, error)
            self._unusable.add(number)
            self.skipped[entry.name] = str(error)
            return None
        known = entry.label in self.classes
        label = self.classes.index(entry.label) if known else len(self.classes)
        return Drawn(frames, label, entry.name, entry.listed.path, numbers)

    def _open(self, number: int) -> Video:
        entry = self._entries[number]
        return entry.layout.open(entry.listed)

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"videos": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.videos = Videos(self._open, self._held_bytes)


@dataclass(frozen=True)
class Crops:
    """Examples for a tokenizer: random crops, "frames" uint8 (T, size, size, 3).

    A crop has the recipe's scale; where a leg's size is smaller, it is a random part.

    Attributes:
        cut: of the recipe; training: says the size of each step.
    """

    seed: int
    stream: int
    cut: Cut
    training: InLegs

    def count(self, step: int) -> int:
        return self.training.leg_at(step).batch

    def __call__(self, footage: Footage, step: int, index: int) -> dict[str, Tensor]:
        rng = np.random.default_rng((self.seed, self.stream, step, index))
        size = self.training.leg_at(step).size
        whole = replace(self.cut, size=max(self.cut.size, size))
        frames = footage.draw(rng, whole).frames
        top, left = rng.integers(0, whole.size - size + 1, size=2)
        crop = frames[:, top : top + size, left : left + size]
        return {"frames": torch.from_numpy(np.ascontiguousarray(crop))}


def cut_clip(
    video: Video, rng: np.random.Generator, cut: Cut, flip: bool = False
) -> tuple[Frames, tuple[int, ...]]:
    """One random clip (T, size, size, 3) and the numbers of its frames: random time, square, scale;
    a short video repeats its last frame.

    Args:
        flip: mirror it, or not, at random.

    Raises:
        UserError: its frames cannot be read.
    """
    total, (width, height) = len(video), video.size
    most = max(1, min(cut.strides, (total - 1) // max(cut.frames - 1, 1)))
    stride = int(rng.integers(1, most + 1))
    start = int(rng.integers(0, max(total - (cut.frames - 1) * stride, 1)))
    numbers = np.minimum(start + stride * np.arange(cut.frames), total - 1).tolist()
    side = max(1, round(min(height, width) * rng.uniform(cut.zoom, 1)))
    top, left = int(rng.integers(0, height - side + 1)), int(rng.integers(0, width - side + 1))
    mirrored = flip and rng.random() < 0.5
    squares = (frame[top : top + side, left : left + side] for frame in video.frames(numbers))
    frames = np.stack([_resized(square, cut.size) for square in squares])
    return np.ascontiguousarray(frames[:, :, ::-1]) if mirrored else frames, tuple(numbers)


def _resized(square: Picture, size: int) -> Picture:
    how = cv2.INTER_AREA if len(square) >= size else cv2.INTER_LINEAR
    return cv2.resize(np.ascontiguousarray(square), (size, size), interpolation=how)


def load_footage(
    sources: Sequence[DataSource],
    folder: Path,
    classes: Sequence[str] = (),
    split: str = "train",
    held_bytes: int = HELD_BYTES,
) -> Footage:
    """Finds the videos of some sources; none is decoded yet.

    Args:
        folder: what the sources' folders are relative to.
        classes: the names to use, for footage that a trained model is shown; found when empty.
        split: "train" or "val", of sources that do not name one themselves.
        held_bytes: of decoded frames, at most, in each process.

    Raises:
        UserError: a folder is missing or holds no video that can be used.
    """
    found = [find_videos(source, folder, split) for source in sources]
    skipped = {name: why for one in found for name, why in one.skipped.items()}
    if skipped:
        _LOG.warning("%s", skipped_report(skipped))
    labels = frozenset[str]().union(*(one.labels for one in found))
    entries = [entry for one in found for entry in one.entries]
    return Footage(entries, classes or sorted(labels), skipped, held_bytes)


def skipped_report(skipped: dict[str, str]) -> str:
    """A sentence or two about videos that cannot be used; the first few are named."""
    few = list(skipped.items())[:_NAMED]
    more = [f"… and {len(skipped) - _NAMED} more"] if len(skipped) > _NAMED else []
    return "\n".join([f"{len(skipped)} videos are left out:", *(why for _, why in few), *more])


_NAMED = 10


def _none_left(skipped: dict[str, str]) -> str:
    reasons = "\n".join(list(skipped.values())[:_NAMED])
    return f"None of the videos can be used:\n{reasons}"
