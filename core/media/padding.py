"""A clip on a larger canvas: the pictures of a source with margins around them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.margins import Margins
from core.media.colour import Colour
from core.media.pictures import Picture
from core.media.timeline import Timeline

if TYPE_CHECKING:
    from core.media.reading import Source


@dataclass
class PaddedSource:
    """Another source whose pictures lie on a canvas; what lies beyond them repeats their border.

    Attributes:
        source: of the pictures.
        margins: of the canvas around them.
    """

    source: Source
    margins: Margins

    def __post_init__(self) -> None:
        self.path: Path = self.source.path
        self.timeline: Timeline = self.source.timeline
        self.facts = self.source.facts
        self.has_audio = self.source.has_audio
        self.clock = self.source.clock

    @property
    def size(self) -> tuple[int, int]:
        return self.margins.canvas(self.source.size)

    @property
    def colour(self) -> Colour:
        return self.source.colour

    @property
    def damaged(self) -> frozenset[int]:
        return self.source.damaged

    def upto(self, number: int, kept: int) -> Iterator[tuple[int, Picture]]:
        for found, picture in self.source.upto(number, kept):
            yield found, self.margins.around(picture)

    def mark_damaged(self, number: int) -> None:
        self.source.mark_damaged(number)

    def twin(self) -> PaddedSource:
        return PaddedSource(self.source.twin(), self.margins)

    def close(self) -> None:
        self.source.close()
