"""What was generated, as the user sees it: put back into the clip, of any step, on any frame."""

from __future__ import annotations

import operator
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QObject

from core.requests import GenerationRequest
from core.window import Window
from studio.observable import Field, Observable, watch
from studio.state.takes.generation import Generation
from studio.state.takes.result_clips import (
    Picture,
    ResultClips,
    Tokens,
    composited,
    composited_window,
    enlarged,
)

Sources = tuple[ResultClips, Picture, int, int]
_UNDECIDED = 0.35
"""How bright undecided places of a step's small picture are."""


@dataclass(frozen=True, eq=False)
class Veil:
    """What is not there yet of a frame, in tokens.

    Attributes:
        dark: bool (h, w): has no pixels yet.
        undecided: bool (h, w), part of it: its token is not decided either.
        window: of the job.
    """

    dark: Tokens
    undecided: Tokens
    window: Window


class Result(Observable):
    """The pixels of the step that is looked at, or of the finished generation.

    Attributes:
        clips: the frames that there are, or None before the first pixels.
        variation: which of them is shown.
        last: the last clip frame that is replaced (the out mark), or None for the window's end.
    """

    clips: Field[ResultClips | None] = Field(None, same=operator.is_)
    variation = Field(0)
    last: Field[int | None] = Field(None)

    def __init__(self, generation: Generation, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._generation = generation
        # The frame being shown is composited once, from these: clips, original, variation, frame.
        self._made_of: Sources | None = None
        self._made: Picture = np.zeros((1, 1, 3), np.uint8)
        generation.changed("request").connect(lambda _request: self._start_over())
        watch(generation, "started steps chosen settled finished", self._follow)

    @property
    def request(self) -> GenerationRequest | None:
        return self._generation.request

    @property
    def frames(self) -> range:
        """The frames that a result replaces or adds; empty without one."""
        if self.clips is None or self.request is None:
            return range(0)
        covered = self.request.covered.range
        stop = covered.stop if self.last is None else min(covered.stop, self.last + 1)
        return range(covered.start, max(covered.start, stop))

    @property
    def decided(self) -> range:
        """Those of `frames` that are there as they will be; all of a model's that decides whole
        clips step by step, as every step is a guess at all of them."""
        if self.clips is None or self.request is None:
            return range(0)
        known = max(self.request.kept, self.clips.decided) * self.request.window.stride
        return self.frames[:known]

    @property
    def count(self) -> int:
        """Number of variations that there are pixels of."""
        return 0 if self.clips is None else self.clips.count

    @property
    def shown(self) -> int:
        """Index of the variation that is shown, among those that there are pixels of."""
        return max(0, min(self.variation, self.count - 1))

    def show_beside(self, direction: int) -> None:
        """Show the next (1) or the previous (-1) variation, around the end."""
        if self.count:
            self.variation = (self.variation + direction) % self.count

    def picture(self, frame: int, original: Picture) -> Picture:
        """A frame with its generated pixels; `original` itself where there are none.

        Args:
            original: the clip's frame of that number, past its end its last one.
        """
        if self.clips is None or self.request is None or frame not in self.frames:
            return original
        if not self.request.window.fits(original.shape[1::-1]):  # of the canvas as it was
            return original
        made_of = (self.clips, original, self.shown, frame)
        if not _same(self._made_of, made_of):
            self._made = composited(original, frame, self.request, self.clips, self.shown)
            self._made_of = made_of
        return self._made

    def veil(self, frame: int) -> Veil | None:
        """What is missing of a frame; None when nothing is, or when it is not generated."""
        request, clips = self.request, self.clips
        if clips is None or request is None or frame not in self.frames:
            return None
        number = request.covered.model_frame(frame)
        if number is None or number < request.kept:
            return None
        dark = clips.undecided(number, self.shown)
        if dark is None:
            return None
        return Veil(dark, dark & self._masked_now(number, clips), request.window)

    def _masked_now(self, number: int, clips: ResultClips) -> Tokens:
        """Tokens of a frame that are not decided after the step that is looked at, with or
        without a preview of it."""
        steps, place = self._generation.steps, number - clips.first
        if not steps or place >= clips.live.shape[1]:
            return np.ones((1, 1), bool)
        step = steps[self._generation.looked_at]
        return np.asarray(step.masked[self.shown, place // clips.stride])

    def step_picture(self, step: int, original: Picture | None, frame: int) -> Picture | None:
        """The working window of a frame as it stood after a step, small.

        Of a job that decides token after token: the frame of its newest token.

        Args:
            original: the clip's frame of that number; without one nothing is put back.
        """
        clips, request = self.clips_of(step), self.request
        if clips is None or request is None:
            return None
        variation = min(self.variation, clips.count - 1)
        if clips.masked is not None:
            return _newest(clips, clips.masked, variation)
        if (
            frame not in request.window.range
            or original is None
            or not request.window.fits(original.shape[1::-1])
        ):
            return clips.live[variation, clips.live.shape[1] // 2]
        return composited_window(original, frame, request, clips, variation)

    def _start_over(self) -> None:
        self.variation, self._made_of = 0, None

    def _follow(self) -> None:
        job = self._generation
        if job.finished is not None and job.chosen is None:
            clips: ResultClips | None = ResultClips(
                job.finished.clips, job.finished.first, job.settled
            )
        else:
            clips = self.clips_of(job.looked_at)
        if clips is None or not clips.same_as(self.clips):  # steps without a preview change nothing
            self.clips = clips

    def clips_of(self, step: int) -> ResultClips | None:
        """The frames after a step, by its index: with the newest preview up to it; before the
        first one, with the filled clip. None before the decode begins."""
        job, request = self._generation, self._generation.request
        if job.started is None or request is None:
            return None
        seen = [done for done in job.steps[: step + 1] if done.preview is not None]
        if seen and seen[-1].preview is not None:
            live, masked = seen[-1].preview, seen[-1].masked
        else:
            live = _each(job.started.condition, request.count)
            masked = _each(~job.started.given, request.count)
        return ResultClips(
            live=live,
            first=job.started.first,
            settled=job.settled if job.chosen is None else job.settled_before,
            # Whoever draws all tokens anew in every step guesses at the whole each time.
            masked=masked if job.unit == "token" else None,
            stride=job.started.stride[0],
        )


def _each(array: np.ndarray, count: int) -> np.ndarray:
    """The same array for each of `count` variations."""
    return np.broadcast_to(array, (count, *array.shape))


def _newest(clips: ResultClips, masked: Tokens, variation: int) -> Picture:
    """The frame that the last decided token belongs to, dark where it is not decided."""
    begun = np.flatnonzero(~masked[variation].all(axis=(1, 2)))
    token = int(begun[-1]) if len(begun) else 0
    picture = clips.live[variation, token * clips.stride]
    places = enlarged(masked[variation, token], *picture.shape[:2])
    return np.where(places[..., None], (picture * _UNDECIDED).astype(np.uint8), picture)


def _same(known: Sources | None, wanted: Sources) -> bool:
    """Whether both are made of the same arrays (not of equal ones), variation and frame."""
    if known is None:
        return False
    return known[0] is wanted[0] and known[1] is wanted[1] and known[2:] == wanted[2:]
