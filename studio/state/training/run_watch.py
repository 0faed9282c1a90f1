"""A thread that looks at the folders of trainings, so that the window never waits for a disk that
is slow or a machine that is far."""

from __future__ import annotations

import logging
import subprocess
import threading
from dataclasses import replace
from pathlib import Path
from signal import Signals

from PySide6.QtCore import QObject, Signal

from core.runs.reading import RunLook, RunReader, is_run

OFTEN_S, SELDOM_S = 0.5, 2.0
"""Between two looks while somebody watches, and while something is trained but nobody watches."""

PATIENCE_S = 2.0
"""So long the end waits for a disk; one that does not answer must not keep a window open."""

log = logging.getLogger(__name__)


class RunWatch(QObject):
    """Looks at every run in a folder, and at others that are followed.

    Args:
        home: a folder with a folder per run; it may not be there yet.

    Signals:
        seen: all runs, a tuple of `RunLook`, the newest first; when something has changed.
    """

    seen = Signal(object)

    def __init__(self, home: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._home = home
        self._followed: tuple[Path, ...] = ()
        self._readers: dict[Path, RunReader] = {}
        self._children: dict[Path, subprocess.Popen[bytes]] = {}
        self._watched = self._ended = False
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Look for the first time, and go on."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="runs", daemon=True)
            self._thread.start()

    def watch(self, watched: bool) -> None:
        """Whether somebody sees what is found."""
        self._watched = watched
        self.look()

    def follow(self, folders: tuple[Path, ...]) -> None:
        """Look at these beside those in the home folder."""
        self._followed = folders
        self.look()

    def adopt(self, folder: Path, process: subprocess.Popen[bytes]) -> None:
        """A process that this one has started works on a run: its outcome will be known."""
        self._children[folder] = process

    def look(self) -> None:
        """Look at once."""
        self._wake.set()

    def end(self) -> None:
        """Look no more; the processes go on."""
        self._ended = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(PATIENCE_S)

    def _work(self) -> None:
        before: list[object] = []
        while not self._ended:
            looks = tuple(self._look_at(folder) for folder in self._folders())
            now = [_essence(look) for look in looks]
            if now != before:
                before = now
                self.seen.emit(tuple(sorted(looks, key=_age)))
            busy = any(look.working for look in looks)
            self._wake.wait(OFTEN_S if self._watched else SELDOM_S if busy else None)
            self._wake.clear()

    def _folders(self) -> list[Path]:
        try:
            own = [path for path in self._home.iterdir() if path.is_dir() and is_run(path)]
        except FileNotFoundError:
            own = []
        return [*own, *(path for path in self._followed if path not in own)]

    def _look_at(self, folder: Path) -> RunLook:
        child = self._children.get(folder)
        code = child.poll() if child is not None else None
        try:
            look = self._readers.setdefault(folder, RunReader(folder)).look()
        except OSError as error:
            return RunLook(folder, "gone", f"{folder} cannot be read: {error.strerror or error}.")
        if look.status == "lost" and code is not None and code < 0 and "memory" not in look.words:
            return replace(look, words=_ended_by(-code))
        return look


def _ended_by(number: int) -> str:
    """A sentence on the signal that ended a training."""
    name = Signals(number).name if number in set(Signals) else f"signal {number}"
    cause = "usually the system ran out of memory" if number == Signals.SIGKILL else "it crashed"
    return f"The process that trained it was ended by {name}: {cause}."


def _age(look: RunLook) -> tuple[bool, float, str]:
    """What is trained comes first, then what was begun last."""
    return not look.working, -(look.asked.created if look.asked else 0.0), look.name


def _essence(look: RunLook) -> object:
    """What there is to see of a run."""
    parts = (look.lines, look.samples, look.checkpoints)
    pulse = look.life.time if look.life and look.working else 0
    return look.folder, look.status, look.words, look.wish, look.done, pulse, *map(len, parts)
