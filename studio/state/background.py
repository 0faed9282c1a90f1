"""A job in a thread of its own, so that the window never waits: what it yields arrives here."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Generator
from contextlib import closing, suppress
from typing import Any

from PySide6.QtCore import QObject, Signal

from core.errors import UserError

Job = Callable[[], Generator[Any, None, None]]

log = logging.getLogger(__name__)


class Background(QObject):
    """Runs one job at a time; a new one takes the place of the one before.

    Signals, all of the newest job alone:
        updated(object): what it yields. Where updates come faster than the window takes them, it
            gets the newest.
        failed(str): why it ended before its end, a sentence.
        ended(): it is over, in whatever way but by `stop`.
    """

    updated = Signal(object)
    failed = Signal(str)
    ended = Signal()
    _told = Signal(object, bool)

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._run = _Run()
        self._turn = threading.Lock()  # two jobs never write to the same folder at once
        self._told.connect(self._take)

    def start(self, job: Job) -> None:
        """Run a job; one that runs is stopped."""
        self.stop()
        arguments = (self._run, job)
        threading.Thread(target=self._work, args=arguments, name=self._name, daemon=True).start()

    def stop(self) -> None:
        """Close the job as soon as it yields again; nothing more is heard of it."""
        self._run.stopped.set()
        self._run = _Run()

    def _work(self, run: _Run, job: Job) -> None:
        try:
            with self._turn:
                self._drain(run, job)
        except UserError as error:
            log.warning("%s: %s", self._name, error)  # also where nobody shows it
            run.problem = str(error)
        except Exception as error:
            log.exception("%s has failed", self._name)
            run.problem = f"This has failed: {error}. The log has the details."
        self._tell(run, over=True)

    def _drain(self, run: _Run, job: Job) -> None:
        if run.stopped.is_set():
            return
        with closing(job()) as updates:
            for update in updates:
                if run.stopped.is_set():
                    return
                if run.put(update):
                    self._tell(run, over=False)

    def _tell(self, run: _Run, *, over: bool) -> None:
        if not run.stopped.is_set():
            with suppress(RuntimeError):  # the window is gone
                self._told.emit(run, over)

    def _take(self, run: _Run, over: bool) -> None:
        for update in run.taken() if run is self._run else ():
            self.updated.emit(update)
        if over and run is self._run:  # who hears an update may stop the job
            if run.problem:
                self.failed.emit(run.problem)
            self.ended.emit()


class _Run:
    """One job, seen from both threads.

    Attributes:
        stopped: nobody wants it any more.
        problem: why it has ended before its end, or "".
    """

    def __init__(self) -> None:
        self.stopped = threading.Event()
        self.problem = ""
        self._newest: list[Any] = []
        self._lock = threading.Lock()

    def put(self, update: Any) -> bool:
        """Whether the window must be told: it has not taken the update before otherwise."""
        with self._lock:
            told, self._newest = bool(self._newest), [update]
        return not told

    def taken(self) -> list[Any]:
        """The newest update, once."""
        with self._lock:
            newest, self._newest = self._newest, []
        return newest
