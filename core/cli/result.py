"""The clip with what was generated in it, written while the rest is still being generated."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.cards import ModelCard
from core.compositing import composited_clip, composited_length
from core.jobs.clock import Clock
from core.media.reading import ClipReader
from core.media.writing import WRITERS, write_clip
from core.requests import GenerationRequest

WRITER_OF_SUFFIX = {writer.suffix: writer.name for writer in reversed(WRITERS.values())}
"""Of several formats with one suffix the first of the table."""

Picture = NDArray[np.uint8]


class ResultFile:
    """One file with one variation. No more of it is held than what arrived last.

    Args:
        clock: gets the parts "composite" and "file", which holds the other one.

    Attributes:
        total: frames of the file: the whole clip, or the generated frames alone where there is
            none. Sound ends where that of the clip ends.
    """

    def __init__(
        self,
        target: Path,
        request: GenerationRequest,
        card: ModelCard,
        reader: ClipReader | None,
        clock: Clock,
    ) -> None:
        self.target, self._request, self._reader, self._clock = target, request, reader, clock
        self.total = composited_length(request, len(reader)) if reader else request.covered.frames
        self._written = 0
        self._pieces: deque[Iterator[Picture]] = deque()
        self._writing = write_clip(
            self._frames(),
            target,
            writer=WRITER_OF_SUFFIX[target.suffix.lower()],
            rate=reader.rate if reader else Fraction(card.rate).limit_denominator(1000),
            audio=reader.audio_span(0, len(reader)) if reader else None,
            colour=reader.colour if reader else None,
        )

    def add(self, first: int, frames: Picture) -> Iterator[int]:
        """Writes on up to the last of these frames; yields how many of the file are written.

        With the last frames of the result the file is finished and stands under its name.

        Args:
            first: number of the first frame in the result; those before were added before.
            frames: uint8 (n, h, w, 3), of the model's size.
        """
        arrived, window = first + len(frames), self._request.covered
        last = arrived == window.frames
        if self._reader is None:
            end, piece = arrived, iter(frames)
        else:
            end = self.total if last else window.first + arrived * window.stride
            piece = composited_clip(
                self._reader, self._request, frames, self._written, end, begins=first
            )
        self._pieces.append(piece)
        ready = islice(self._writing, end - self._written)
        for written in self._clock.each("file", ready):
            self._written = written
            yield written
        if last:
            with self._clock.part("file"):
                next(self._writing, None)  # there is no further frame: this puts it in its place

    def close(self) -> None:
        """Lets go of a file that was not finished: nothing of it stays."""
        self._writing.close()

    def _frames(self) -> Iterator[Picture]:
        while self._pieces:
            yield from self._clock.each("composite", self._pieces.popleft())
