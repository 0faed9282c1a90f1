"""Masks that follow the picture: a thread tracks, the masks appear as they are found."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from core.errors import UserError
from core.masks import Kind, MaskTrack, Span, Tracked
from core.media.reading import ClipReader, open_clip
from core.priority import give_way
from core.tracking import follow, steps
from studio.observable import Field, Observable
from studio.state.clip.blank import BlankClip
from studio.state.clip.playback import Playback
from studio.state.clip.session import Session
from studio.state.notices import Notices
from studio.state.painting.masks import Masks

log = logging.getLogger(__name__)


@dataclass(eq=False)
class _Job:
    """What the thread is told.

    Attributes:
        track: the masks to go on from; before: those that undo brings back.
        spans: what is tracked, each with its frames.
        frame: that the user tracks from.
        follows: whether this belongs to the edit before it.
        is_edit: whether it is an edit at all, and not what an undo has left to do.
    """

    path: Path
    track: MaskTrack
    before: MaskTrack
    spans: Sequence[tuple[Span, range]]
    frame: int
    follows: bool
    is_edit: bool
    cancelled: threading.Event = field(default_factory=threading.Event)


class Tracking(Observable):
    """Attributes:
    running: whether masks are being tracked.
    done, total: steps from frame to frame, of all spans and both directions.
    """

    running = Field(False)
    done = Field(0)
    total = Field(0)
    _found = Signal(object, int, object)
    _ended = Signal(object, str)

    def __init__(
        self,
        session: Session,
        masks: Masks,
        playback: Playback,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._masks = session, masks
        self._playback, self._notices = playback, notices
        self._job: _Job | None = None
        self._thread: threading.Thread | None = None
        self._found.connect(self._take)
        self._ended.connect(self._finish)
        masks.edited.connect(lambda _frame: self._drop())
        masks.corrected.connect(lambda frame: self._flow_again(frame, is_edit=True))
        masks.reverted.connect(lambda frame: self._flow_again(frame, is_edit=False))
        session.changed("clip").connect(lambda _clip: self._drop())

    @property
    def obstacle(self) -> str:
        """Why nothing can be tracked now, or ""."""
        clip, track = self._session.clip, self._masks.track
        if clip is None:
            return "Open a clip first."
        if isinstance(clip, BlankClip):
            return "A blank clip has nothing to follow."
        if track is None or track.untouched:
            return "Paint over something first."
        return "Masks are being tracked." if self.running else ""

    def forward(self, frame: int) -> None:
        """Track a frame's mask to the next key frame, or to the out mark."""
        self._track(frame, [frame])

    def backward(self, frame: int) -> None:
        """Track a frame's mask back to the key frame before it, or to the in mark."""
        self._track(frame, [frame - 1])

    def both(self, frame: int) -> None:
        """Track a frame's mask in both directions."""
        self._track(frame, [frame, frame - 1])

    def of_kind(self, span: Span, kind: Kind) -> None:
        """What the masks of a span do; to track is work that begins at once."""
        if kind != "track":
            self._masks.set_kind(span.start, kind, self._playback.position)
        elif span.before is not None:
            self.forward(span.before)
        elif span.after is not None:
            self.backward(span.after)

    def stop(self) -> None:
        """End what runs; what was found so far stays."""
        job = self._job
        if job is not None:
            self._drop()
            if job.is_edit:
                self._masks.keep_tracked(job.before, frame=job.frame, follows=job.follows)

    def end(self) -> None:
        """Stop, and return when the thread has ended."""
        self.stop()
        if self._thread is not None:
            self._thread.join()

    # What is tracked

    def _track(self, frame: int, numbers: Sequence[int]) -> None:
        """Track the spans of those frames, with a key frame at `frame`."""
        if self.obstacle or self._masks.track is None:
            return
        before = track = self._masks.track
        if frame not in track.keyframes:
            track = track.painted(frame, track.at(frame))
        spans = [span for number in numbers if self._frames(span := track.span_of(number))]
        for span in spans:
            track = track.of_kind(span.start, "track")
        if spans:
            self._masks.track = track
            self._start(before, [(span, self._frames(span)) for span in spans], frame)

    def _flow_again(self, frame: int, *, is_edit: bool) -> None:
        """After a correction: first on from it, then whatever else came from what it changed.

        An undo may lead back to a correction whose flow was cut short by the next one. To do that
        work is no edit: it would end what can be redone.
        """
        track = self._masks.track
        if track is None:
            return
        here = track.span_of(frame)
        tracked = [span for span in track.spans if span.kind == "track"]
        ordered = sorted(tracked, key=lambda span: span != here)
        spans = [(span, frames) for span in ordered if (frames := self._doubted(track, span))]
        if spans:
            self._start(track, spans, frame, follows=True, is_edit=is_edit)

    def _frames(self, span: Span) -> range:
        """A span's frames; before the first and after the last key frame only to the marks."""
        clip = self._session.clip
        frames = span.frames(len(clip) if clip is not None else 0)
        first = frames.start if span.before is not None else self._playback.first
        stop = frames.stop if span.after is not None else self._playback.last + 1
        return range(max(frames.start, first), min(frames.stop, stop))

    def _doubted(self, track: MaskTrack, span: Span) -> range:
        """A span's frames, as far as they were tracked before a key frame beside them changed."""
        tracked = [frame for frame in track.tracked if track.span_of(frame) == span]
        if all(track.tracked[frame].confidence for frame in tracked):
            return range(0)
        frames = span.frames(max(tracked) + 1)
        return frames if span.before is not None else range(min(tracked), frames.stop)

    # The thread

    def _start(
        self,
        before: MaskTrack,
        spans: Sequence[tuple[Span, range]],
        frame: int,
        *,
        follows: bool = False,
        is_edit: bool = True,
    ) -> None:
        clip, track = self._session.clip, self._masks.track
        if clip is None or track is None or isinstance(clip, BlankClip):
            return
        job = _Job(clip.path, track, before, spans, frame, follows, is_edit)
        self.done, self.total = 0, sum(steps(span, frames) for span, frames in spans)
        self._job, self.running = job, True
        self._thread = threading.Thread(
            target=self._work, args=(job, self._thread), name="tracking", daemon=True
        )
        self._thread.start()

    def _drop(self) -> None:
        """End what runs; what comes of it from now on counts for nothing."""
        if self._job is not None:
            self._job.cancelled.set()
            self._job, self.running = None, False

    def _work(self, job: _Job, before: threading.Thread | None) -> None:
        give_way()
        if before is not None:
            before.join()
        problem = ""
        try:
            # A reader of its own: what is tracked must not make playback jump.
            with open_clip(job.path, job.track.margins) as reader:
                self._follow(job, reader)
        except UserError as error:
            problem = str(error)
        except Exception as error:
            log.exception("masks of %s cannot be tracked", job.path)
            problem = f"The mask could not be tracked: {error}. The log has the details."
        self._ended.emit(job, problem)

    def _follow(self, job: _Job, reader: ClipReader) -> None:
        for span, frames in job.spans:
            for frame, found in follow(job.track, span, frames, reader.frame):
                if job.cancelled.is_set():
                    return
                self._found.emit(job, frame, found)

    def _take(self, job: _Job, frame: int, found: Tracked) -> None:
        if job is self._job:
            self._masks.show_tracked({frame: found})
            self.done += 1

    def _finish(self, job: _Job, problem: str) -> None:
        if job is self._job:
            self.stop()
            if problem:
                self._notices.tell("error", problem)
