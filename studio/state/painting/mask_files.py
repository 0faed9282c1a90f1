"""Masks from a file in the place of those of the clip, and those of the clip to a file."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Coroutine
from contextlib import closing
from pathlib import Path

from PySide6.QtCore import QObject

from core.errors import UserError
from core.mask_files import MASK_FORMATS, read_masks, write_masks
from core.masks import MaskTrack
from studio.observable import Field, Observable
from studio.state.clip.playback import Playback
from studio.state.clip.session import Session
from studio.state.notices import Notices
from studio.state.painting.masks import Masks

log = logging.getLogger(__name__)


class MaskFiles(Observable):
    """Attributes:
    running: whether masks are read or written.
    """

    running = Field(False)

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
        self._task: asyncio.Task[None] | None = None
        self._stopped = threading.Event()

    def read(self, path: Path) -> None:
        """Take the masks of a file or folder; one edit, which can be undone."""
        self._begin(self._read(path))

    def write(self, path: Path, form: str) -> None:
        """Write all masks, or that of the frame that is shown (see `MASK_FORMATS`)."""
        self._begin(self._write(path, form))

    def stop(self) -> None:
        """Give up what is read or written; a file that is not whole is removed."""
        self._stopped.set()

    async def ended(self) -> None:
        """Returns when nothing is read or written any more."""
        while self._task is not None:
            await asyncio.wait([self._task])

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        if self.running:
            work.close()
            return
        self.running = True
        self._stopped.clear()
        self._task = asyncio.ensure_future(work)
        self._task.add_done_callback(self._note_end)

    def _note_end(self, task: asyncio.Task[None]) -> None:
        self._task, self.running = None, False
        if task.cancelled() or (error := task.exception()) is None:
            return
        if not isinstance(error, UserError):
            log.error("masks cannot be read or written", exc_info=error)
        self._notices.tell("error", str(error) or type(error).__name__)

    async def _read(self, path: Path) -> None:
        clip = self._session.clip
        if clip is None:
            return
        stopped = self._stopped.is_set
        track = await asyncio.to_thread(read_masks, path, clip.size, len(clip), stopped)
        if clip is not self._session.clip or stopped():
            return
        if track.empty:
            raise UserError(f"“{path.name}” has no painted pixel: masks are white on black.")
        first = min(track.keyframes)
        self._masks.take(track, first)
        keys = len(track.keyframes)
        self._notices.tell(
            "info", f"“{path.name}”: {keys} mask key frame{'s' if keys > 1 else ''}."
        )

    async def _write(self, path: Path, form: str) -> None:
        clip, track = self._session.clip, self._masks.track
        if clip is None or track is None:
            return
        suffix = MASK_FORMATS[form].suffix
        path = path if path.suffix.lower() == suffix or not suffix else Path(f"{path}{suffix}")
        frame = self._session.nearest(self._playback.position)

        def write(masks: MaskTrack) -> None:
            rate, length = clip.rate, len(clip)
            written = write_masks(masks, path, form, frames=length, rate=rate, frame=frame)
            with closing(written):
                for _frames in written:
                    if self._stopped.is_set():
                        return

        await asyncio.to_thread(write, track)
        if self._stopped.is_set():
            return
        self._notices.tell("info", f"The masks are in “{path.name}”.")
