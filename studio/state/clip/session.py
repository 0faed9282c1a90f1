"""The open clip and its frames, as far as they are decoded."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, Signal

from core.margins import NONE, Margins
from core.media.lru import ArrayCache
from core.media.reading import ClipReader
from studio.observable import Field, Observable
from studio.settings import FRAMES_MB
from studio.state.clip.frame_worker import AHEAD, FrameWorker
from studio.state.notices import Kind, Notices

THUMBNAIL_HEIGHT = 72

Picture = NDArray[np.uint8]


class Session(Observable):
    """The clip that is open.

    Attributes:
        clip: its reader, or None. A file that cannot be opened leaves the open clip as it is.
        grown: whether it is the clip that was open before, on another canvas.
        opening: name of the file that is being opened, or "".

    Signals:
        frame_arrived: number of a frame, and its picture, uint8 (H, W, 3).
        thumbnail_arrived: number of a frame, and its thumbnail, uint8 (h, w, 3).
        refused: path of a file that cannot be opened, and the sentence why.
    """

    clip: Field[ClipReader | None] = Field(None, same=operator.is_)
    opening = Field("")
    frame_arrived = Signal(int, object)
    thumbnail_arrived = Signal(int, object)
    refused = Signal(str, str)

    def __init__(self, notices: Notices, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._notices = notices
        self.grown = False
        self._most = FRAMES_MB << 20
        self._frames = ArrayCache(self._most)
        self._worker = FrameWorker(THUMBNAIL_HEIGHT, self)
        self._worker.opened.connect(self._arrived)
        self._worker.refused.connect(self._refused)
        self._worker.decoded.connect(self._decoded)
        self._worker.shrunk.connect(self._shrunk)

    def open(self, path: Path, margins: Margins = NONE) -> None:
        """Open a file or folder; the clip, or a notice, comes a little later.

        Args:
            margins: of a canvas around its pictures.
        """
        self.opening = path.name
        self._worker.open(path, margins)

    def close(self) -> None:
        """Let go of the open clip, and of one that is being opened; none is open then."""
        clip = self.clip
        self.opening = ""
        self._frames = ArrayCache(self._most)
        self.grown = False
        self.clip = None
        if clip is not None:
            clip.close()

    def remember(self, most: int) -> None:
        """Keep `most` bytes of frames decoded."""
        self._most = most
        self._frames = ArrayCache(most)

    def tell_past_opening(
        self, kind: Kind, text: str, action: str = "", act: Callable[[], object] | None = None
    ) -> None:
        """Tell now, and again when the clip that is being opened is there: it puts away what was
        told before."""
        tell = partial(self._notices.tell, kind, text, action, act)
        tell()
        if self.opening:
            once = Qt.ConnectionType.SingleShotConnection
            self.changed("clip").connect(lambda _clip: tell(), once)

    def take(self, clip: ClipReader) -> None:
        """Make a clip the open one."""
        self._opened(clip)

    def lay_on(self, margins: Margins, number: int) -> None:
        """Put the open clip on another canvas; the picture of frame `number` goes along, so that
        it is there at once.

        Raises:
            UserError: the canvas is too large.
        """
        before = self.clip
        if before is None:
            raise ValueError("no clip is open")
        reader, number = before.on_canvas(margins), self.nearest(number)
        picture = self._frames.get(number)
        self._frames = ArrayCache(self._most)
        if picture is not None:
            self._frames.put(number, margins.around(before.margins.inside(picture)))
        self.grown = True
        self.clip = reader
        before.close()

    def nearest(self, number: int) -> int:
        """The clip's frame of a number; past its end, where a result may go on, its last one."""
        return min(number, len(self.clip) - 1) if self.clip is not None else number

    def frame(self, number: int) -> Picture | None:
        """The nearest frame, uint8 (H, W, 3), or None until `frame_arrived` brings it."""
        if self.clip is None:
            return None
        number = self.nearest(number)
        picture = self._frames.get(number)
        last = len(self.clip) - 1
        ahead = [k for k in range(number + 1, min(number + AHEAD, last) + 1) if not self._has(k)]
        if picture is None or ahead:
            self._worker.show(self.clip, number if picture is None else None, ahead)
        return picture

    def want_thumbnails(self, numbers: Sequence[int]) -> None:
        """Make thumbnails; `thumbnail_arrived` brings each."""
        if self.clip is not None:
            self._worker.shrink(self.clip, numbers)

    def end(self) -> None:
        """Let go of the file and of the thread."""
        self._worker.end()
        if self.clip is not None:
            self.clip.close()

    def _has(self, number: int) -> bool:
        return self._frames.get(number) is not None

    def _arrived(self, reader: ClipReader) -> None:
        if self.opening:
            self._opened(reader)
        else:  # nobody waits for it any more
            reader.close()

    def _opened(self, reader: ClipReader) -> None:
        if self.clip is not None:
            self.clip.close()
        self._frames = ArrayCache(self._most)
        self.opening = ""
        self.grown = False
        self._notices.dismiss()
        if reader.notes:
            self._notices.tell("info", " ".join(reader.notes))
        self.clip = reader

    def _refused(self, path: str, why: str) -> None:
        self.opening = ""
        self._notices.tell("error", why)
        self.refused.emit(path, why)

    def _decoded(self, reader: ClipReader, number: int, picture: Picture) -> None:
        if reader is self.clip:
            self._frames.put(number, picture)
            self.frame_arrived.emit(number, picture)

    def _shrunk(self, reader: ClipReader, number: int, picture: Picture) -> None:
        if reader is self.clip:
            self.thumbnail_arrived.emit(number, picture)
