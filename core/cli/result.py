"""The clip with what was generated in it, written while the rest is still being generated."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from math import ceil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.cards import ModelCard
from core.cli.output import Output
from core.compositing import composited_clip, composited_length
from core.jobs.clock import Clock
from core.media.reading import ClipReader
from core.media.writing import write_clip
from core.provenance import provenance
from core.requests import GenerationRequest

Picture = NDArray[np.uint8]


class ResultFile:
    """One file with one variation. No more of it is held than what arrived last.

    Args:
        out: how it is written.
        variation: number of the one that it shows.
        clock: gets the parts "composite" and "file", which holds the other one.

    Attributes:
        total: frames of the file: of the whole clip, or the generated frames alone where there is
            none. Sound ends where that of the clip ends.
    """

    def __init__(
        self,
        target: Path,
        out: Output,
        request: GenerationRequest,
        variation: int,
        card: ModelCard,
        reader: ClipReader | None,
        clock: Clock,
    ) -> None:
        self.target, self._request, self._reader, self._clock = target, request, reader, clock
        self._frames = composited_length(request, len(reader)) if reader else request.covered.frames
        self._given = 0  # frames of the clip that there are pieces of
        self._written = 0
        self._pieces: deque[Iterator[Picture]] = deque()
        rate = reader.rate if reader else Fraction(card.rate).limit_denominator(1000)
        self._pace = out.shape.paced(rate) / rate
        self.total = out.shape.counted(self._frames, rate)
        self._writing = write_clip(
            out.shape.shaped(self._pictures(), self._frames, rate),
            target,
            writer=out.writer.name,
            rate=out.shape.paced(rate),
            options=out.options,
            audio=reader.audio_span(0, len(reader)) if reader and out.sound else None,
            colour=reader.colour if reader else None,
            tag=provenance(request, variation).to_tag(),
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
            end = self._frames if last else window.first + arrived * window.stride
            piece = composited_clip(
                self._reader, self._request, frames, self._given, end, begins=first
            )
        self._pieces.append(piece)
        self._given = end
        # At another rate: as many as show no frame after those that there are.
        reached = self.total if last else min(self.total, ceil(end * self._pace))
        ready = islice(self._writing, reached - self._written)
        for written in self._clock.each("file", ready):
            self._written = written
            yield written
        if last:
            with self._clock.part("file"):
                next(self._writing, None)  # there is no further frame: this puts it in its place

    def close(self) -> None:
        """Lets go of a file that was not finished: nothing of it stays."""
        self._writing.close()

    def _pictures(self) -> Iterator[Picture]:
        while self._pieces:
            yield from self._clock.each("composite", self._pieces.popleft())
