"""Thumbnails for the timeline: of the clip, and of the frames that a result adds to it."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
from PySide6.QtCore import QObject, Signal

from studio.observable import watch
from studio.state.clip.blank import BlankClip
from studio.state.clip.session import Session
from studio.state.takes.result import Result
from studio.state.takes.result_clips import Picture


class Thumbnails(QObject):
    """Signals:
    arrived: number of a frame, and its thumbnail, uint8 (h, w, 3).
    stale: a range of frames whose thumbnails are to be asked for again, if they are seen.
    """

    arrived = Signal(int, object)
    stale = Signal(object)

    def __init__(self, session: Session, result: Result, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._result = session, result
        self._last: Picture | None = None  # of the clip's last frame, on which new ones are made
        self._waiting: set[int] = set()
        self._decided = range(0)
        session.thumbnail_arrived.connect(self._take)
        session.changed("clip").connect(lambda _clip: self._forget())
        watch(result, "clips last", self._note_decided)
        result.changed("variation").connect(lambda _number: self._renew(self._result.decided))

    def want(self, frames: Sequence[int]) -> None:
        """Make thumbnails; `arrived` brings each, those of undecided frames once they are."""
        clip = self._session.clip
        if clip is None:
            return
        added = [frame for frame in frames if frame >= self._first_added]
        wanted = [frame for frame in frames if frame < self._first_added]
        if added and self._last is None:
            self._waiting.update(added)
            wanted.append(len(clip) - 1)
        self._session.want_thumbnails(wanted)
        if self._last is not None:
            self._make(added, self._last)

    @property
    def _first_added(self) -> int:
        """From here on frames are a result's: of a blank clip all are."""
        clip = self._session.clip
        return 0 if clip is None or isinstance(clip, BlankClip) else len(clip)

    def _take(self, number: int, picture: Picture) -> None:
        self.arrived.emit(number, picture)
        clip = self._session.clip
        if clip is not None and number == len(clip) - 1:
            self._last = picture
            waiting, self._waiting = sorted(self._waiting), set()
            self._make(waiting, picture)

    def _make(self, frames: Sequence[int], last: Picture) -> None:
        clip, decided = self._session.clip, self._result.decided
        for frame in frames:
            if frame in decided:
                self.arrived.emit(frame, self._made(frame, last))
            elif clip is not None and frame < len(clip):
                self.arrived.emit(frame, last)

    def _made(self, frame: int, last: Picture) -> Picture:
        """The generated frame in its place on the thumbnail of the clip's last one."""
        request, clips, clip = self._result.request, self._result.clips, self._session.clip
        if request is None or clips is None or clip is None:
            return last
        window = request.covered
        generated = clips.frame(frame - window.first, self._result.shown)
        if generated is None:
            return last
        scale = last.shape[0] / clip.size[1]
        left, top = round(window.left * scale), round(window.top * scale)
        size = (max(1, round(window.width * scale)), max(1, round(window.height * scale)))
        picture = last.copy()
        small = cv2.resize(generated, size, interpolation=cv2.INTER_AREA)
        room = picture[top : top + size[1], left : left + size[0]]
        room[:] = small[: room.shape[0], : room.shape[1]]
        return picture

    def _note_decided(self) -> None:
        """Frames that were decided since, or are so no more: another step is looked at."""
        now, before = self._result.decided, self._decided
        self._decided = now
        if now.start == before.start:
            self._renew(range(min(now.stop, before.stop), max(now.stop, before.stop)))
        else:
            self._renew(before)
            self._renew(now)

    def _renew(self, frames: range) -> None:
        first = self._first_added
        if self._session.clip is not None and frames.stop > first:
            self.stale.emit(range(max(frames.start, first), frames.stop))

    def _forget(self) -> None:
        self._last, self._decided = None, range(0)
        self._waiting.clear()
