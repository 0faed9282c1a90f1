"""What tests of readers share: pictures that say their number, and how a data set is opened."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np

from core.clip import Clip, Frames
from core.training.readers import Layout, Listed, Place, find_layout
from core.training.readers.tree import tree_of
from tests.core.training.conftest import write_video


def grey_frames(count: int = 6, size: int = 16, first: int = 0) -> Frames:
    """Frame k is grey, 20·k + `first` bright."""
    levels = (20 * np.arange(count) + first).astype(np.uint8)
    return np.broadcast_to(levels[:, None, None, None], (count, size, size, 3)).copy()


def numbers_in(frames: Frames, first: int = 0) -> list[int]:
    """The numbers that grey frames say."""
    return [round((float(frame.mean()) - first) / 20) for frame in frames]


def make_video(path: Path, frames: int = 6, size: int = 16) -> None:
    write_video(Clip(grey_frames(frames, size), Fraction(10)), path)


def opened(root: Path, **place: object) -> tuple[Layout, list[Listed]]:
    """A folder as its own layout lists it."""
    where = Place(tree_of(root), **place)  # type: ignore[arg-type]
    layout = find_layout("auto", where)
    return layout, layout.listed(where)


def rows(videos: list[Listed]) -> list[tuple[str, str, str]]:
    """Name, class, split of each."""
    return [(video.name, video.label, video.split) for video in videos]


def read(layout: Layout, listed: Listed, numbers: list[int]) -> Frames:
    return np.stack(list(layout.open(listed).frames(numbers)))
