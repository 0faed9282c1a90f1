"""A recipe small enough to train in a test, on shapes that the test draws."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.clip import Clip, Frames
from core.media.writing import write_clip
from core.training.data import Footage
from core.training.held import HeldVideo
from core.training.readers import Layout, Listed, Place, Video
from core.training.sources import Entry

RECIPE = """
name = "small"
seed = 3
frames = 4
size = 16
strides = 1
zoom = 0.8
threads = 1
save_every = 4

[[data]]
folder = "videos"

[tokenizer]
quantize_from = 2
revive_every = 3
[tokenizer.model]
filters = 32
multipliers = [1, 1]
temporal_down = [true]
res_blocks = 1
embedding_dim = 8
codebook_size = 16
[[tokenizer.legs]]
steps = 6
size = 8
batch = 2
[[tokenizer.legs]]
steps = 2
size = 16
batch = 1
[tokenizer.optimiser]
rate = 1e-3

[transformer]
steps = 12
layers = 1
hidden = 32
mlp = 64
heads = 2
batch = 6
"""


def moving_circle(colour: tuple[int, int, int], frames: int = 8, size: int = 24) -> Clip:
    pictures = np.full((frames, size, size, 3), 40, np.uint8)
    for number, picture in enumerate(pictures):
        cv2.circle(picture, (4 + 2 * number, size // 2), 4, colour, -1)
    return Clip(pictures, Fraction(10))


def write_video(clip: Clip, path: Path, writer: str = "mp4") -> None:
    """A file of that clip; the folders around it are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for _ in write_clip(clip.frames, path, writer=writer, rate=clip.rate):
        pass


@pytest.fixture
def recipe_file(tmp_path: Path) -> Path:
    """A recipe beside a folder of two classes of moving circles; one of the four is held out."""
    for name, colour in (("red", (220, 30, 30)), ("green", (30, 220, 30))):
        for number in range(2):
            write_video(moving_circle(colour), tmp_path / "videos" / name / f"{number}.mp4")
    path = tmp_path / "recipe.toml"
    path.write_text(RECIPE)
    return path


class InMemory(Layout):
    """Videos that the test has made: by number, uint8 (T, H, W, 3)."""

    def __init__(self, videos: Sequence[Frames]) -> None:
        self._videos = videos

    def recognises(self, place: Place) -> bool:  # noqa: ARG002
        return False

    def listed(self, place: Place) -> list[Listed]:  # noqa: ARG002
        return []

    def count(self, listed: Listed) -> int:
        return len(self._videos[listed.member])

    def open(self, listed: Listed) -> Video:
        return HeldVideo(self._videos[listed.member])


def footage_of(*videos: Frames, flip: bool = False) -> Footage:
    """Footage of one class, from memory."""
    layout = InMemory(videos)
    entries = [
        Entry(layout, Listed(Path(), str(number), member=number), str(number), "all", 1.0, flip)
        for number in range(len(videos))
    ]
    return Footage(entries, ("all",))
