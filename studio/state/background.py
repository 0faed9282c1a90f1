"""A job in a thread of its own, so that the window never waits: what it yields arrives here."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Generator
from contextlib import closing
from typing import Any

from PySide6.QtCore import QObject, Signal

from core.errors import UserError

SHOWN_EVERY_S = 0.04
"""Updates that follow sooner are passed over, save the last."""

Job = Callable[[], Generator[Any, None, None]]

log = logging.getLogger(__name__)


class Background(QObject):
    """Runs one job at a time; a new one takes the place of the one before.

    Signals, all of the newest job alone:
        updated(object): what it yields; the last update always comes.
        failed(str): why it ended before its end, a sentence.
        ended(): it is over, in whatever way but by `stop`.
    """

    updated = Signal(object)
    failed = Signal(str)
    ended = Signal()
    _told = Signal(int, object)

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._name, self._number = name, 0
        self._turn = threading.Lock()  # two jobs never write to the same folder at once
        self._told.connect(self._take)

    def start(self, job: Job) -> None:
        """Run a job; one that runs is stopped."""
        self.stop()
        arguments = (self._number, job)
        threading.Thread(target=self._work, args=arguments, name=self._name, daemon=True).start()

    def stop(self) -> None:
        """Close the job as soon as it yields again; nothing more is heard of it."""
        self._number += 1

    def _work(self, number: int, job: Job) -> None:
        outcome: object = None
        try:
            with self._turn:
                if number == self._number:
                    self._drain(number, job)
        except UserError as error:
            outcome = error
        except Exception as error:
            log.exception("%s has failed", self._name)
            outcome = UserError(f"This has failed: {error}. The log has the details.")
        self._told.emit(number, _Over(outcome))

    def _drain(self, number: int, job: Job) -> None:
        shown, passed_over = 0.0, None
        with closing(job()) as updates:
            for update in updates:
                if number != self._number:
                    return
                passed_over = update
                if time.monotonic() - shown >= SHOWN_EVERY_S:
                    self._told.emit(number, update)
                    shown, passed_over = time.monotonic(), None
        if passed_over is not None:
            self._told.emit(number, passed_over)

    def _take(self, number: int, told: object) -> None:
        if number != self._number:
            return
        if not isinstance(told, _Over):
            self.updated.emit(told)
            return
        if told.error is not None:
            self.failed.emit(str(told.error))
        self.ended.emit()


class _Over:
    """The last word of a job."""

    def __init__(self, error: object) -> None:
        self.error = error
