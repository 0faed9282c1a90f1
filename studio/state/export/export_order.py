"""What an export writes, picture by picture; nothing of it changes while it is written."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.comparison import (
    DifferenceOptions,
    SideBySideOptions,
    TimeLapseOptions,
    WipeOptions,
    arranged,
    difference,
    labelled,
    lapse_frames,
    side_by_side,
    sweep,
    wiped,
)
from core.compositing import composite
from core.masks import MaskTrack
from core.media.reading import ClipReader
from core.media.writing import write_clip
from core.provenance import provenance
from core.requests import GenerationRequest
from studio.state.export.export_choice import Choice
from studio.state.takes.result_clips import ResultClips, composited, generated_layer

Picture = NDArray[np.uint8]
ORIGINAL, RESULT, ROUND_TRIP = "Original", "Result", "Tokenizer"


@dataclass(frozen=True, eq=False)
class LapseStep:
    """A decode step of a time-lapse: its label, and the frames as they stood after it."""

    label: str
    clips: ResultClips


@dataclass(frozen=True, eq=False)
class Order:
    """Everything that an export needs.

    Attributes:
        clip: opens the source anew; target: where the export goes.
        choice: how it is written.
        first, end: the frames that are written, `end` exclusive; past the clip's end it stands
            still around what is generated.
        request, generated: the generation and the frames that it has brought, or None.
        variation: which of its results.
        replaced: the frames that hold generated pixels.
        painted: the painted masks, or None.
        steps: of the decode, oldest first, for a time-lapse alone; position: the playhead.
        round_trip: uint8 (n, H, W, 3) at the model's size: the frames of the request through the
            tokenizer alone; None without.
    """

    clip: Callable[[], ClipReader]
    target: Path
    choice: Choice
    first: int
    end: int
    request: GenerationRequest | None = None
    generated: ResultClips | None = None
    variation: int = 0
    replaced: range = field(default_factory=lambda: range(0))
    painted: MaskTrack | None = None
    steps: tuple[LapseStep, ...] = ()
    position: int = 0
    round_trip: NDArray[np.uint8] | None = None

    @property
    def tag(self) -> str:
        """How the pictures were made, for the file's metadata; "" for a clip as it was."""
        if self.request is None or self.choice.content == "original":
            return ""
        return provenance(self.request, self.variation, self.first).to_tag()


class Pictures:
    """The pictures of an export by number, uint8 (H, W, 3), or 4 where it is transparent.

    Args:
        reader: of the order's clip.
    """

    def __init__(self, order: Order, reader: ClipReader) -> None:
        self._order, self._reader = order, reader
        self._options = order.choice.shown
        self._lapse = self._lapse_plan()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        width, height = self._reader.size
        match self._options:
            case SideBySideOptions():
                count = 3 if self._options.round_trip else 2
                return arranged((width, height), count, below=self._options.direction == "below")
        return width, height

    def __len__(self) -> int:
        length = self._order.end - self._order.first
        return len(self._lapse) + length

    def __iter__(self) -> Iterator[Picture]:
        return (self[number] for number in range(len(self)))

    def __getitem__(self, number: int) -> Picture:
        if number < len(self._lapse):
            return self._of_step(number)
        frame = self._order.first + number - len(self._lapse)
        before = self._original(frame)
        match self._options:
            case SideBySideOptions():
                return self._beside(frame, before)
            case WipeOptions():
                seconds = float(number / self._reader.rate)
                share = sweep(seconds, self._options.seconds)
                labels = (ORIGINAL, RESULT) if self._options.labels else ()
                return wiped(before, self._result(frame, before), share, labels)
            case DifferenceOptions():
                return difference(before, self._result(frame, before), self._options.gain)
            case TimeLapseOptions():
                after = self._result(frame, before)
                return labelled(after, RESULT) if self._options.labels else after
        return before if self._order.choice.content == "original" else self._whole(frame, before)

    def _original(self, frame: int) -> Picture:
        return self._reader.frame(min(frame, len(self._reader) - 1))

    def _result(self, frame: int, before: Picture) -> Picture:
        order = self._order
        if order.request is None or order.generated is None or frame not in order.replaced:
            return before
        return composited(before, frame, order.request, order.generated, order.variation)

    def _whole(self, frame: int, before: Picture) -> Picture:
        """The result as the canvas shows it, or a part of it alone."""
        order = self._order
        match order.choice.transparency:
            case "generated" if order.request is not None and order.generated is not None:
                if frame not in order.replaced:
                    return np.zeros((*before.shape[:2], 4), np.uint8)
                size = (before.shape[1], before.shape[0])
                generated = order.generated, order.variation
                return generated_layer(size, frame, order.request, *generated)
            case "mask" if order.painted is not None:
                mask = order.painted.at(min(frame, len(self._reader) - 1))
                alpha = mask.astype(np.uint8)[..., None] * np.uint8(255)
                return np.concatenate([self._result(frame, before), alpha], axis=2)
        return self._result(frame, before)

    def _beside(self, frame: int, before: Picture) -> Picture:
        options = self._options
        pictures, labels = [before, self._result(frame, before)], [ORIGINAL, RESULT]
        if options.round_trip:
            pictures.insert(1, self._round_trip(frame, before))
            labels.insert(1, ROUND_TRIP)
        return side_by_side(
            pictures, labels if options.labels else (), below=options.direction == "below"
        )

    def _round_trip(self, frame: int, before: Picture) -> Picture:
        order = self._order
        if order.request is None or order.round_trip is None:
            return before
        window = order.request.covered
        number = window.model_frame(frame)
        if number is None or number >= len(order.round_trip):
            return before
        everywhere = np.ones((window.height, window.width), bool)
        return composite(before, order.round_trip[number], window, everywhere, 0)

    def _lapse_plan(self) -> list[tuple[LapseStep, int]]:
        """The step and the clip's frame of each picture before the result itself."""
        order, options = self._order, self._options
        if not isinstance(options, TimeLapseOptions):
            return []
        seen = range(order.first, order.end)
        still = order.position if order.position in seen else seen[len(seen) // 2]
        rate = self._reader.rate
        return [
            (step, still if options.still else seen[place % len(seen)])
            for number, step in enumerate(order.steps)
            for place in lapse_frames(number, options.seconds, rate)
        ]

    def _of_step(self, number: int) -> Picture:
        order, (step, frame) = self._order, self._lapse[number]
        before = self._original(frame)
        if order.request is None:
            return before
        variation = min(order.variation, step.clips.count - 1)
        picture = composited(before, frame, order.request, step.clips, variation)
        return labelled(picture, step.label) if self._options.labels else picture


def written(order: Order) -> Generator[tuple[int, int], None, None]:
    """Write the export; yields how many frames of how many are done.

    Raises:
        UserError: the clip cannot be read any more, or the place cannot be written.
    """
    choice = order.choice
    with order.clip() as reader:
        pictures, shape, rate = Pictures(order, reader), choice.shaped, reader.rate
        total = shape.counted(len(pictures), rate)
        heard = choice.audio and choice.has_audio and order.first < len(reader)
        writing = write_clip(
            shape.shaped(pictures, len(pictures), rate),
            order.target,
            writer=choice.writer,
            rate=shape.paced(rate),
            options=choice.written,
            audio=reader.audio_span(order.first, order.end - order.first) if heard else None,
            colour=reader.colour,
            tag=order.tag,
        )
        try:
            for done in writing:
                yield done, total
        finally:
            writing.close()
