"""A thread that opens clips and decodes their frames, so that the window never waits for a file.

What the user looks at comes first: opening, then the wanted frame, then the frames after it, then
thumbnails. A wanted frame replaces the one wanted before; nobody looks at that one any more.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from core.errors import UserError
from core.margins import NONE, Margins
from core.media.reading import ClipReader, open_clip

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

    def next(self) -> tuple[str, object] | None:
        """What to do now, taken off the list; None = nothing."""
        if self.path is not None:
            path, self.path = self.path, None
            return "open", (path, self.margins)
        if self.frame is not None:
            frame, self.frame = self.frame, None
            return "frame", frame
        if self.ahead:
            return "frame", self.ahead.popleft()
        if self.thumbnails:
            return "thumbnail", self.thumbnails.popleft()
        return None


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
        self._thread = threading.Thread(target=self._work, name="frames", daemon=True)
        self._thread.start()

    def open(self, path: Path, margins: Margins = NONE) -> None:
        with self._changed:
            self._wishes.path, self._wishes.margins = path, margins
            self._changed.notify()

    def show(self, reader: ClipReader, frame: int | None, ahead: Sequence[int] = ()) -> None:
        """Decode a frame, if any, as soon as possible, and then those wanted next."""
        with self._changed:
            self._switch(reader)
            self._wishes.frame = frame
            self._wishes.ahead = deque(ahead)
            self._changed.notify()

    def shrink(self, reader: ClipReader, frames: Sequence[int]) -> None:
        """Make thumbnails; those asked for last come first."""
        with self._changed:
            self._switch(reader)
            self._wishes.thumbnails.extendleft(reversed(frames))
            self._changed.notify()

    def end(self) -> None:
        """Stop the thread after what it does now."""
        with self._changed:
            self._wishes.ended = True
            self._changed.notify()
        self._thread.join()

    def _switch(self, reader: ClipReader) -> None:
        if self._wishes.reader is not reader:
            before = self._wishes
            self._wishes = _Wishes(before.path, before.margins, reader, ended=before.ended)

    def _work(self) -> None:
        while True:
            with self._changed:
                while (wish := self._wishes.next()) is None and not self._wishes.ended:
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
