"""How a take gets onto the disk while it runs: in a thread, and so often that little is lost."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from core.errors import UserError
from core.requests import GenerationRequest
from core.takes.card import TakeCard
from core.takes.contents import Contents, ContentsFile, read_contents
from core.takes.files import read_request
from core.takes.film import newest_clips, stage_of, write_films
from studio.state.takes.entry import Entry
from studio.state.takes.failures import ENDED
from studio.state.takes.take import RUNNING, Phase, Take

EVERY_MS = 2000
"""A take that runs is written no more often."""

_FOLLOWED = ("phase", "started", "steps", "settled", "finished", "marks")

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
        self._unwritten = 0  # jobs that the thread has not done yet
        self._prepared = -1  # the frame that a backdrop was made for
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(self._write)
        self._landed.connect(self._note_landed)
        self._followed = [
            take.changed(name)
            for name in ("phase", "started", "steps", "settled", "finished", "marks")
        ]
        for changed in self._followed:
            changed.connect(self._note)
        if entry.folder is not None:
            take.keep_in(entry.folder)

    @property
    def idle(self) -> bool:
        """Whether all that there is was written."""
        return not self._unwritten and not self._timer.isActive()

    def hurry(self) -> None:
        """Write now what would be written in a moment."""
        if self._timer.isActive():
            self._write()

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
        self._prepare()
        if self._entry.phase is not Phase[self._entry.card.phase.upper()]:
            self._entry.follow(self._take)

    def _write(self) -> None:
        self._timer.stop()
        folder, take = self._entry.folder, self._take
        if folder is None:
            return
        if self._unwritten and take.running:
            self._timer.start()  # the disk is slow: the next time will do
            return
        contents = take.contents
        self._submit(self._put, folder, contents)
        if not take.running and newest_clips(contents) is not None:
            self._submit(write_films, folder, take.request, contents)

    def _prepare(self) -> None:
        """What lies under the picture of a take that is being decoded."""
        started = self._take.started
        if started is None or not self._take.running:
            return
        number = started.first + len(started.condition) // 2
        if number != self._prepared:
            self._prepared = number
            self._submit(self._put_backdrop, self._take.request, number)

    def _submit(self, do: Callable[..., None], *arguments: Any) -> None:
        self._unwritten += 1
        self._writer.submit(do, *arguments).add_done_callback(self._tell)

    # In the thread

    def _put(self, folder: Path, contents: Contents) -> None:
        if self._file is None:
            self._file = ContentsFile(folder)
        self._file.write(contents)

    def _put_backdrop(self, request: GenerationRequest, number: int) -> None:
        with stage_of(request) as stage:
            self._entry.backdrop = number, stage.at(number)

    def _tell(self, job: Future[None]) -> None:
        error = job.exception()
        if error is not None:
            log.error("a take cannot be kept", exc_info=error)
        why = error.strerror or str(error) if isinstance(error, OSError) else ""
        self._landed.emit(why)

    # In the window again

    def _note_landed(self, trouble: str) -> None:
        self._unwritten -= 1
        if not self._followed:
            return  # nobody wants to know any more
        if trouble:
            self.failed.emit(trouble)
        elif self.idle:
            self._entry.pictures += 1
            self.written.emit()


def revived(card: TakeCard, folder: Path) -> TakeCard:
    """The card of a take that was running when the program ended, and was told by nobody."""
    if Phase[card.phase.upper()] not in RUNNING:
        return card
    try:
        contents = read_contents(folder)
        write_films(folder, read_request(folder), contents)
    except UserError as error:
        return replace(card, phase="failed", failure=str(error), cause="")
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
