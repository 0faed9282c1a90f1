"""What was generated, as the user sees it: put back into the clip, of any step, on any frame."""

from __future__ import annotations

import operator

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject

from core.compositing import composited_frame
from core.requests import GenerationRequest
from studio.observable import Field, Observable, watch
from studio.state.generation import Generation
from studio.state.session import Picture

Clips = NDArray[np.uint8]
Sources = tuple[Clips | None, Picture, int, int]


class Result(Observable):
    """The pixels of the step that is looked at, or of the finished generation.

    Attributes:
        clips: uint8 (count, T, H, W, 3) at the model's size, or None before the first pixels.
        variation: which of them is shown.
        last: the last clip frame that is replaced (the out mark), or None for the window's end.
    """

    clips: Field[Clips | None] = Field(None, same=operator.is_)
    variation = Field(0)
    last: Field[int | None] = Field(None)

    def __init__(self, generation: Generation, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._generation = generation
        # The frame being shown is composited once, from these: clips, original, variation, frame.
        self._made_of: Sources | None = None
        self._made: Picture = np.zeros((1, 1, 3), np.uint8)
        watch(generation, "started steps chosen finished", self._follow)

    @property
    def request(self) -> GenerationRequest | None:
        return self._generation.request

    @property
    def frames(self) -> range:
        """The clip's frames that hold generated pixels; empty without a result."""
        if self.clips is None or self.request is None:
            return range(0)
        covered = self.request.window.range
        stop = covered.stop if self.last is None else min(covered.stop, self.last + 1)
        return range(covered.start, stop)

    @property
    def count(self) -> int:
        """Number of variations that there are pixels of."""
        return 0 if self.clips is None else len(self.clips)

    def show_beside(self, direction: int) -> None:
        """Show the next (1) or the previous (-1) variation, around the end."""
        if self.count:
            self.variation = (self.variation + direction) % self.count

    @property
    def chosen_clip(self) -> Clips | None:
        """Uint8 (T, H, W, 3) of the chosen variation."""
        if self.clips is None:
            return None
        return self.clips[min(self.variation, len(self.clips) - 1)]

    def picture(self, frame: int, original: Picture) -> Picture:
        """A frame with its generated pixels; `original` itself where there are none."""
        clip = self.chosen_clip
        if clip is None or self.request is None or frame not in self.frames:
            return original
        made_of = (self.clips, original, self.variation, frame)
        if not _same(self._made_of, made_of):
            self._made = composited_frame(original, frame, self.request, clip)
            self._made_of = made_of
        return self._made

    def step_picture(self, step: int, original: Picture | None, frame: int) -> Picture | None:
        """The working window of a frame as it stood after a step, put back into the clip.

        Args:
            original: the clip's frame of that number; without one nothing is put back.
        """
        clips, request = self._pixels_upto(step), self.request
        if clips is None or request is None:
            return None
        clip = clips[min(self.variation, len(clips) - 1)]
        number = request.window.model_frame(frame)
        if number is None or original is None:
            return clip[len(clip) // 2]
        picture = composited_frame(original, frame, request, clip)
        return picture[request.window.rows, request.window.columns]

    def _follow(self) -> None:
        generation = self._generation
        if generation.request is None:
            self.clips, self.variation, self._made_of = None, 0, None
        elif generation.finished is not None and generation.chosen is None:
            self.clips = generation.finished.clips
        else:
            self.clips = self._pixels_upto(generation.looked_at)

    def _pixels_upto(self, step: int) -> Clips | None:
        """The newest preview up to a step; before the first one, the filled clip."""
        for done in reversed(self._generation.steps[: step + 1]):
            if done.preview is not None:
                return done.preview
        started = self._generation.started
        return None if started is None else started.condition[None]


def _same(known: Sources | None, wanted: Sources) -> bool:
    """Whether both are made of the same arrays (not of equal ones), variation and frame."""
    if known is None:
        return False
    return known[0] is wanted[0] and known[1] is wanted[1] and known[2:] == wanted[2:]
