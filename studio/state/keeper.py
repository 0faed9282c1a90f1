"""How a take gets onto the disk while it runs: in a thread, and so often that little is lost."""

from __future__ import annotations

import logging
from concurrent.futures import Executor, Future
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from core.errors import UserError
from core.takes.card import TakeCard
from core.takes.contents import Contents, ContentsFile, read_contents
from core.takes.files import write_poster
from studio.state.entry import Entry
from studio.state.failures import ENDED
from studio.state.take import RUNNING, Phase, Take

EVERY_MS = 2000
"""A take that runs is written no more often."""

log = logging.getLogger(__name__)


class Keeper(QObject):
    """Follows a take that is in memory: its entry knows where it stands, and its folder, if it has
    one, all that it has come to; every two seconds while it runs, and whenever it ends.

    Args:
        writer: one thread, so that nothing is written out of turn.

    Signals:
        written: all that there was is on the disk.
        failed: why it cannot be written, for a person.
    """

    written = Signal()
    failed = Signal(str)
    _landed = Signal(str)

    def __init__(
        self, entry: Entry, take: Take, writer: Executor, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._entry, self._take, self._writer = entry, take, writer
        self._file: ContentsFile | None = None
        self._unwritten = 0  # snapshots that the thread has not written yet
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(self._write)
        self._landed.connect(self._note_landed)
        self._followed = [
            take.changed(name) for name in ("phase", "steps", "settled", "finished", "marks")
        ]
        for changed in self._followed:
            changed.connect(self._note)
        if entry.folder is not None:
            take.keep_in(entry.folder)

    @property
    def idle(self) -> bool:
        """Whether all that there is was written."""
        return not self._unwritten and not self._timer.isActive()

    def end(self) -> None:
        """Follow the take no more."""
        self._timer.stop()
        for changed in self._followed:
            changed.disconnect(self._note)
        self._followed.clear()

    def _note(self, _value: object) -> None:
        if not self._take.running:
            self._write()
        elif not self._timer.isActive():
            self._timer.start()
        if self._entry.phase is not Phase[self._entry.card.phase.upper()]:
            self._entry.follow(self._take)

    def _write(self) -> None:
        self._timer.stop()
        folder = self._entry.folder
        if folder is None:
            return
        if self._unwritten and self._take.running:
            self._timer.start()  # the disk is slow: the next time will do
            return
        self._unwritten += 1
        ended = not self._take.running
        job = self._writer.submit(self._put, folder, self._take.contents, ended=ended)
        job.add_done_callback(self._tell)

    def _put(self, folder: Path, contents: Contents, *, ended: bool) -> None:
        """In the thread."""
        if self._file is None:
            self._file = ContentsFile(folder)
        self._file.write(contents)
        if ended:
            write_posters(folder, contents)

    def _tell(self, job: Future[None]) -> None:
        """In the thread, when that has written."""
        error = job.exception()
        if error is not None:
            log.error("a take cannot be written", exc_info=error)
        self._landed.emit("" if error is None else f"{getattr(error, 'strerror', None) or error}")

    def _note_landed(self, trouble: str) -> None:
        self._unwritten -= 1
        if trouble:
            self.failed.emit(trouble)
        elif self.idle:
            self.written.emit()


def newest_clips(contents: Contents) -> NDArray[np.uint8] | None:
    """The newest pixels of all variations, uint8 (count, T, H, W, 3); None before the first."""
    if contents.finished is not None:
        return contents.finished.clips
    seen = (step.preview for step in reversed(contents.steps) if step.preview is not None)
    return next(seen, None)


def write_posters(folder: Path, contents: Contents) -> None:
    """A picture of each variation, from the middle of the newest pixels."""
    clips = newest_clips(contents)
    for variation, clip in enumerate(() if clips is None else clips):
        write_poster(folder, variation, clip[len(clip) // 2])


def revived(card: TakeCard, folder: Path) -> TakeCard:
    """The card of a take that was running when the program ended, and was told by nobody."""
    if Phase[card.phase.upper()] not in RUNNING:
        return card
    try:
        contents = read_contents(folder)
    except UserError as error:
        return replace(card, phase="failed", failure=str(error), cause="")
    write_posters(folder, contents)
    finished, last = contents.finished, contents.last
    return replace(
        card,
        phase="finished" if finished else "failed",
        failure="" if finished else ENDED,
        cause="" if finished else "ended",
        done=last.step + 1 if last else 0,
        total=contents.started.total if contents.started else card.total,
        timings=finished.timings if finished else None,
        device=finished.device if finished else "",
    )
