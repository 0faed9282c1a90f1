"""The log as the window shows it: what was said before, and what is said while it is looked at."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from pathlib import Path
from weakref import WeakMethod

from PySide6.QtCore import QObject, Qt, Signal

from studio import logs
from studio.logs import Entry
from studio.observable import Field, Observable
from studio.state.notices import Notices

MOST = 5000
"""Entries that are kept to be shown."""
LEVELS = {
    logging.DEBUG: "Everything",
    logging.INFO: "Notes and above",
    logging.WARNING: "Warnings and errors",
    logging.ERROR: "Errors only",
}


class Log(Observable):
    """Attributes:
    folder: where the log is kept.
    level: the least that is shown. query: letters that a shown entry has.

    Signals:
        added(Entry): one more that is to be shown.
    """

    level = Field(logging.INFO)
    query = Field("")
    added = Signal(object)
    _said, _uncaught = Signal(object), Signal(str)

    def __init__(self, notices: Notices, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folder = folder
        self.listening = False
        self._notices = notices
        self._entries: deque[Entry] = deque(maxlen=MOST)
        # Queued: whatever thread speaks, and whatever is said while an entry is being shown.
        self._said.connect(self._take, Qt.ConnectionType.QueuedConnection)
        self._uncaught.connect(self._tell, Qt.ConnectionType.QueuedConnection)
        self._ear = _Ear(self._hear)
        logging.getLogger().addHandler(self._ear)

    def open(self) -> None:
        """Read what was said so far, and listen."""
        self._entries = deque(logs.tail(self.folder), MOST)
        self.listening = True

    def close(self) -> None:
        """Nobody looks any more."""
        self.listening = False
        self._entries.clear()

    def end(self) -> None:
        """Hear nothing any more."""
        self.close()
        logging.getLogger().removeHandler(self._ear)

    @property
    def shown(self) -> list[Entry]:
        return [entry for entry in self._entries if self._wanted(entry)]

    def _wanted(self, entry: Entry) -> bool:
        return entry.level >= self.level and self.query.strip().lower() in entry.line.lower()

    def _hear(self, record: logging.LogRecord) -> None:
        """In the thread that speaks."""
        if self.listening:
            self._said.emit(logs.entry_of(record))
        if record.name == logs.UNCAUGHT:
            self._uncaught.emit(record.getMessage())

    def _take(self, entry: Entry) -> None:
        if self.listening:
            self._entries.append(entry)
            if self._wanted(entry):
                self.added.emit(entry)

    def _tell(self, words: str) -> None:
        self._notices.fail(f"Something went wrong inside Maskreel: {words}.")


class _Ear(logging.Handler):
    """Hears for as long as there is someone to tell; it keeps nobody alive."""

    def __init__(self, hear: Callable[[logging.LogRecord], None]) -> None:
        super().__init__()
        self._hear = WeakMethod(hear)

    def emit(self, record: logging.LogRecord) -> None:
        hear = self._hear()
        if hear is not None:
            hear(record)
