"""A clip that is not on the disk: black frames, for a result that needs no picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np

from core.media.colour import FULL, Colour
from core.media.pictures import Picture
from core.media.reading import ClipReader
from core.media.timeline import Timeline

NAME = "New clip"


class BlankClip(ClipReader):
    """A clip of black frames; its path is only a name.

    Args:
        size: width and height in pixels.
        frames: at least 1.
        rate: frames per second.
    """

    def __init__(self, size: tuple[int, int], frames: int, rate: Fraction) -> None:
        timeline = Timeline(rate, np.zeros(frames, np.int64))  # one picture for all frames
        super().__init__(Path(NAME), _Black(size, timeline))


@dataclass
class _Black:
    """A source of one black picture, as a clip reader wants it."""

    size: tuple[int, int]
    timeline: Timeline
    path: Path = Path(NAME)
    facts: list[str] = field(default_factory=list)
    has_audio: bool = False
    clock: float = 0.0
    colour: Colour = field(default_factory=lambda: Colour(range=FULL))
    damaged: frozenset[int] = frozenset()

    def upto(self, number: int, kept: int) -> Iterator[tuple[int, Picture]]:  # noqa: ARG002
        yield number, np.zeros((self.size[1], self.size[0], 3), np.uint8)

    def mark_damaged(self, number: int) -> None:
        raise AssertionError(f"black picture {number} is always there")

    def twin(self) -> _Black:
        return self

    def close(self) -> None:
        """There is no file."""
