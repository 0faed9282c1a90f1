"""Training clips: folders of videos, decoded once, cut at random from a seed.

What a step sees depends on (seed, step) alone, so that a run that was killed goes on with the
clips that it would have seen.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import av
import cv2
import numpy as np
import torch
from torch import Tensor

from core.clip import Frames
from core.errors import UserError
from core.training.recipe import DataSource, InLegs, Recipe

SUFFIXES = {".mp4", ".mkv", ".mov", ".webm", ".avi"}


@dataclass(frozen=True, eq=False)
class Video:
    """A decoded video: uint8 frames (T, H, W, 3), its class, its chance to be drawn, its name."""

    frames: Frames
    label: int
    weight: float
    flip: bool
    name: str


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
    """

    frames: Frames
    label: int
    name: str


class Footage:
    """All videos of some sources, in memory.

    Attributes:
        classes: names of the classes, in the order of their labels.
    """

    def __init__(self, videos: Sequence[Video], classes: Sequence[str]) -> None:
        self.videos, self.classes = tuple(videos), tuple(classes)
        weights = np.array([video.weight for video in videos])
        self._chances = weights / weights.sum()

    @property
    def frame_count(self) -> int:
        return sum(len(video.frames) for video in self.videos)

    def draw(self, rng: np.random.Generator, cut: Cut) -> Drawn:
        """A random clip."""
        video = self.videos[rng.choice(len(self.videos), p=self._chances)]
        return Drawn(cut_clip(video, rng, cut), video.label, video.name)


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


def cut_clip(video: Video, rng: np.random.Generator, cut: Cut) -> Frames:
    """One random clip (T, size, size, 3): random time, square, scale; a short video repeats."""
    total, height, width = video.frames.shape[:3]
    most = max(1, min(cut.strides, (total - 1) // max(cut.frames - 1, 1)))
    stride = int(rng.integers(1, most + 1))
    start = int(rng.integers(0, max(total - (cut.frames - 1) * stride, 1)))
    index = np.minimum(start + stride * np.arange(cut.frames), total - 1)
    side = round(min(height, width) * rng.uniform(cut.zoom, 1))
    top, left = int(rng.integers(0, height - side + 1)), int(rng.integers(0, width - side + 1))
    square = video.frames[index, top : top + side, left : left + side]
    if video.flip and rng.random() < 0.5:
        square = square[:, :, ::-1]
    return _resize(square, cut.size)


def _resize(frames: Frames, size: int) -> Frames:
    how = cv2.INTER_AREA if frames.shape[1] >= size else cv2.INTER_LINEAR
    return np.stack(
        [cv2.resize(np.ascontiguousarray(f), (size, size), interpolation=how) for f in frames]
    )


def load_footage(
    sources: Sequence[DataSource], folder: Path, classes: Sequence[str] = ()
) -> Footage:
    """Decodes every video of the sources; a source's weight is shared by its videos by length.

    Args:
        folder: what the sources' folders are relative to.
        classes: the names to use, for footage that a trained model is shown; found when empty.

    Raises:
        UserError: a folder is missing or holds no video.
    """
    found = [(source, path, label) for source in sources for path, label in _files(source, folder)]
    classes = classes or sorted({label for _, _, label in found})
    decoded = [(source, path, label, decode(path)) for source, path, label in found]
    lengths = {id(source): 0 for source in sources}
    for source, _, _, frames in decoded:
        lengths[id(source)] += len(frames)
    videos = [
        Video(
            frames,
            classes.index(label) if label in classes else len(classes),
            source.weight * len(frames) / lengths[id(source)],
            source.flip,
            f"{path.parent.name}/{path.name}",
        )
        for source, path, label, frames in decoded
    ]
    return Footage(videos, classes)


def _files(source: DataSource, folder: Path) -> list[tuple[Path, str]]:
    root = (folder / source.folder).resolve()
    if not root.is_dir():
        raise UserError(f"The recipe's data folder {root} does not exist.")
    paths = sorted(path for path in root.rglob("*") if path.suffix.lower() in SUFFIXES)
    if source.licences:
        allowed = _licensed(root, source.licences)
        paths = [path for path in paths if path.name in allowed]
    if not paths:
        raise UserError(f"The recipe's data folder {root} holds no video that may be used.")
    return [(path, source.label or path.parent.name) for path in paths]


def _licensed(root: Path, licences: Sequence[str]) -> set[str]:
    """Names of the files whose `licence_class` is allowed, by the nearest manifest.json."""
    for place in (root, root.parent):
        manifest = place / "manifest.json"
        if manifest.is_file():
            items = json.loads(manifest.read_text(encoding="utf-8"))["items"]
            return {Path(i["file"]).name for i in items if i["licence_class"] in licences}
    raise UserError(f"{root} has no manifest.json that states the licences of its files.")


def decode(path: Path) -> Frames:
    """All frames of a video, uint8 (T, H, W, 3)."""
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])
