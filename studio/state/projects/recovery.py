"""Projects whose window has died: what they hold, and what becomes of them."""

from __future__ import annotations

import asyncio
import logging
import operator
from collections.abc import Callable, Iterable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from core.errors import UserError
from core.project.disk import reason
from core.project.lock import note_told
from core.project.rescue import Summary, discard, unclosed
from core.project.snapshots import Snapshot
from studio.observable import Field, Observable
from studio.state.notices import Notices
from studio.state.projects.project_file import ProjectFile

log = logging.getLogger(__name__)


class Recovery(Observable):
    """
    Attributes:
        found: projects that were not closed properly, the newest first.

    Signals:
        news(): a crash has left projects that the user does not know of.

    Args:
        known: gives the folders of the user's own projects, which are looked at beside the drafts.
    """

    found: Field[tuple[Summary, ...]] = Field((), same=operator.is_)
    news = Signal()

    def __init__(
        self,
        file: ProjectFile,
        notices: Notices,
        known: Callable[[], Iterable[str]],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._file, self._notices, self._known = file, notices, known

    @property
    def is_news(self) -> bool:
        """Whether there are some that the user does not know of."""
        return any(not project.told for project in self.found)

    async def look(self) -> None:
        """Look for projects that were not closed."""
        self.found = await asyncio.to_thread(unclosed, [Path(path) for path in self._known()])
        if self.is_news:
            self.news.emit()

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

    def _drop(self, project: Summary) -> None:
        self.found = tuple(other for other in self.found if other is not project)
