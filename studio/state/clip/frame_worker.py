"""Threads that open clips and decode their frames, so that the window never waits for a file.

What the user looks at comes first: opening, then the wanted frame, then the frames after it. A
wanted frame replaces the one wanted before; nobody looks at that one any more. Thumbnails have a
thread of their own, which gives way: none of them delays a frame.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from core.errors import UserError
from core.margins import NONE, Margins
from core.media.reading import ClipReader, open_clip
from core.priority import give_way

AHEAD = 12
"""Frames decoded beyond the wanted one when there is nothing else to do."""

log = logging.getLogger(__name__)


@dataclass
class _Wishes:
    path: Path | None = None
    margins: Margins = NONE
    reader: ClipReader | None = None
    frame: int | None = None
    ahead: deque[int] = field(default_factory=deque)
    thumbnails: deque[int] = field(default_factory=deque)
    ended: bool = False

    def next_picture(self) -> tuple[str, object] | None:
        """What the user looks at, taken off the list; None = nothing."""
        if self.path is not None:
            path, self.path = self.path, None
            return "open", (path, self.margins)
        if self.frame is not None:
            frame, self.frame = self.frame, None
            return "frame", frame
        if self.ahead:
            return "frame", self.ahead.popleft()
        return None

    def next_thumbnail(self) -> tuple[str, object] | None:
        return ("thumbnail", self.thumbnails.popleft()) if self.thumbnails else None


_Next = Callable[[_Wishes], tuple[str, object] | None]


class FrameWorker(QObject):
    """Signals:
    opened: the reader of a clip.
    refused: path and the sentence why a clip cannot be opened.
    decoded: reader, frame number and picture, uint8 (H, W, 3).
    shrunk: reader, frame number and thumbnail.
    """

    opened = Signal(object)
    refused = Signal(str, str)
    decoded = Signal(object, int, object)
    shrunk = Signal(object, int, object)

    def __init__(self, thumbnail_height: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._height = thumbnail_height
        self._wishes = _Wishes()
        self._changed = threading.Condition()
        self._threads = (
            threading.Thread(target=self._decode, name="frames", daemon=True),
            threading.Thread(target=self._shrink, name="thumbnails", daemon=True),
        )
        for thread in self._threads:
            thread.start()

    def open(self, path: Path, margins: Margins = NONE) -> None:
        with self._changed:
            self._wishes.path, self._wishes.margins = path, margins
            self._changed.notify_all()

    def show(self, reader: ClipReader, frame: int | None, ahead: Sequence[int] = ()) -> None:
        """Decode a frame, if any, as soon as possible, and then those wanted next."""
        with self._changed:
            self._switch(reader)
            self._wishes.frame = frame
            self._wishes.ahead = deque(ahead)
            self._changed.notify_all()

    def shrink(self, reader: ClipReader, frames: Sequence[int]) -> None:
        """Make thumbnails; those asked for last come first."""
        with self._changed:
            self._switch(reader)
            self._wishes.thumbnails.extendleft(reversed(frames))
            self._changed.notify_all()

    def end(self) -> None:
        """Stop the threads after what they do now."""
        with self._changed:
            self._wishes.ended = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _switch(self, reader: ClipReader) -> None:
        if self._wishes.reader is not reader:
            before = self._wishes
            self._wishes = _Wishes(before.path, before.margins, reader, ended=before.ended)

    def _decode(self) -> None:
        self._work(_Wishes.next_picture)

    def _shrink(self) -> None:
        give_way()
        self._work(_Wishes.next_thumbnail)

    def _work(self, take: _Next) -> None:
        while True:
            with self._changed:
                while (wish := take(self._wishes)) is None and not self._wishes.ended:
                    self._changed.wait()
                if wish is None or self._wishes.ended:
                    return
                reader = self._wishes.reader
            self._fulfil(wish, reader)

    def _fulfil(self, wish: tuple[str, object], reader: ClipReader | None) -> None:
        match wish:
            case "open", (Path() as path, Margins() as margins):
                self._open(path, margins)
            case "frame", int(frame) if reader is not None:
                self.decoded.emit(reader, frame, reader.frame(frame))
            case "thumbnail", int(frame) if reader is not None:
                self.shrunk.emit(reader, frame, reader.thumbnail(frame, self._height))

    def _open(self, path: Path, margins: Margins) -> None:
        try:
            self.opened.emit(open_clip(path, margins))
        except UserError as error:
            self.refused.emit(str(path), str(error))
        except Exception as error:
            log.exception("%s cannot be opened", path)
            self.refused.emit(str(path), f"“{path.name}” cannot be opened: {error}.")
