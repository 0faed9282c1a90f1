"""Projects whose window has died: what they hold, and what becomes of them."""

from __future__ import annotations

import logging
import operator
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal

from core.errors import UserError
from core.project.disk import reason
from core.project.lock import note_told
from core.project.rescue import Summary, discard, unclosed
from core.project.snapshots import Snapshot
from studio.observable import Field, Observable
from studio.state.notices import Notices
from studio.state.project_file import ProjectFile

log = logging.getLogger(__name__)


class Recovery(Observable):
    """
    Attributes:
        found: projects that were not closed properly, the newest first.
        looked: whether anybody has looked for them yet.

    Signals:
        news(): a crash has left projects that the user does not know of.

    Args:
        known: gives the folders of the user's own projects, which are looked at beside the drafts.
    """

    found: Field[tuple[Summary, ...]] = Field((), same=operator.is_)
    looked = Field(False)
    news = Signal()
    _seen = Signal(object)

    def __init__(
        self,
        file: ProjectFile,
        notices: Notices,
        known: Callable[[], Iterable[str]],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._file, self._notices, self._known = file, notices, known
        self._thread = ThreadPoolExecutor(1, "recovery")
        self._seen.connect(self._take, Qt.ConnectionType.QueuedConnection)

    def look(self) -> None:
        """Look for projects that were not closed; they come a little later."""
        self._thread.submit(self._look, tuple(map(Path, self._known())))

    def open(self, project: Summary, snapshot: Snapshot | None = None) -> None:
        """Open one of them as it was when its window died, or as it was in a snapshot."""
        self._drop(project)
        self._file.open(project.folder, snapshot)

    def keep(self, project: Summary) -> None:
        """Leave it as it is; it stays in the list, but is no news at the next start."""
        try:
            note_told(project.folder)
        except OSError as error:
            log.warning("%s cannot be written: %s", project.folder, reason(error))

    def keep_all(self) -> None:
        for project in self.found:
            self.keep(project)

    def delete(self, project: Summary) -> None:
        """Delete it for good."""
        try:
            discard(project.folder)
        except UserError as error:
            self._notices.tell("error", str(error))
        else:
            self._drop(project)

    def end(self) -> None:
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _drop(self, project: Summary) -> None:
        self.found = tuple(other for other in self.found if other is not project)

    def _look(self, known: tuple[Path, ...]) -> None:
        self._seen.emit(unclosed(known))

    def _take(self, found: tuple[Summary, ...]) -> None:
        self.found, self.looked = found, True
        if any(not project.told for project in found):
            self.news.emit()
