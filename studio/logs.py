"""The log: a file that turns over, and everything that may have something to say in it.

Python's loggers, exceptions that nobody caught, threads, the event loop, Qt and crashes of the
interpreter all end up in one file, which the window shows and a report takes along.
"""

from __future__ import annotations

import faulthandler
import logging
import logging.handlers
import platform
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import platformdirs
from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler, qVersion

from studio.version import program_version

FILE_BYTES, OLDER_FILES = 2_000_000, 4
"""Together 10 MB: the file that is written, and those that it was before."""
NAME, CRASHES = "maskreel.log", "crash.log"
TAIL_BYTES = 400_000
"""Of the file that are read again to be shown."""

UNCAUGHT = "uncaught"
"""The logger of exceptions that nobody caught."""
of_qt = logging.getLogger("qt")
log = logging.getLogger(__name__)

_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_ENTRY = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),\d+ (\w+) ([\w.]+): (.*)")
_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


def log_folder() -> Path:
    """Of the user's state, where logs are kept."""
    return Path(platformdirs.user_log_dir("maskreel", appauthor=False))


@dataclass(frozen=True)
class Entry:
    """One entry of the log.

    Attributes:
        time: year to second, of this machine's clock.
        level: of `logging`; source: the logger's name.
        text: may have several lines, as those of a traceback.
    """

    time: str
    level: int
    source: str
    text: str

    @property
    def line(self) -> str:
        return f"{self.time} {logging.getLevelName(self.level)} {self.source}: {self.text}"


_FORMATTER = logging.Formatter(_FORMAT)


def entry_of(record: logging.LogRecord) -> Entry:
    """A record as the file has it."""
    return parsed(_FORMATTER.format(record))[0]


def parsed(text: str) -> list[Entry]:
    """The entries of a log file; lines that begin none belong to the one before."""
    found: list[tuple[str, int, str, list[str]]] = []
    for line in text.splitlines():
        begun = _ENTRY.match(line)
        if begun is not None:
            time, level, source, first = begun.groups()
            found.append((time, _level(level), source, [first]))
        elif found:
            found[-1][3].append(line)
    return [Entry(time, level, source, "\n".join(lines)) for time, level, source, lines in found]


def tail(folder: Path, most: int = TAIL_BYTES) -> list[Entry]:
    """The entries at the end of the log, of earlier starts too; none when there is no log."""
    try:
        with (folder / NAME).open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - most))
            return parsed(file.read().decode("utf-8", "replace"))
    except FileNotFoundError:
        return []
    except OSError as error:
        log.warning("the log cannot be read again: %s", error)
        return []


@contextmanager
def kept(folder: Path) -> Iterator[None]:
    """While it is entered, all that is said goes to the log in `folder`, warnings also to stderr.

    A folder that cannot be written is told on stderr, and nothing is kept.
    """
    with ExitStack() as stack:
        root = logging.getLogger()
        before = root.level
        root.setLevel(logging.INFO)
        stack.callback(root.setLevel, before)
        stack.enter_context(_handled(_on_stderr()))
        try:
            folder.mkdir(parents=True, exist_ok=True)
            stack.enter_context(_handled(_in_file(folder / NAME)))
            stack.enter_context(_crashes_in(folder / CRASHES))
        except OSError as error:
            log.warning("no log can be kept in %s: %s", folder, error)
        stack.enter_context(_nothing_uncaught())
        log.info(
            "Maskreel %s starts: Python %s, Qt %s, %s",
            program_version(), platform.python_version(), qVersion(), platform.platform(),
        )  # fmt: skip
        yield


def _on_stderr() -> logging.Handler:
    handler = logging.StreamHandler()
    handler.setLevel(logging.WARNING)
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    return handler


def _in_file(path: Path) -> logging.Handler:
    handler = logging.handlers.RotatingFileHandler(
        path, maxBytes=FILE_BYTES, backupCount=OLDER_FILES, encoding="utf-8"
    )
    handler.setFormatter(_FORMATTER)
    return handler


@contextmanager
def _handled(handler: logging.Handler) -> Iterator[None]:
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        handler.close()


@contextmanager
def _crashes_in(path: Path) -> Iterator[None]:
    """Where the interpreter says which threads were where when it crashed.

    It can write to an open file alone, in which nothing turns over; so what is there from the last
    time goes to the log first.
    """
    last = path.read_text("utf-8", "replace").strip() if path.exists() else ""
    if last:
        log.critical("Maskreel crashed the last time it ran\n%s", last)
    with path.open("w", encoding="utf-8") as file:
        faulthandler.enable(file)
        try:
            yield
        finally:
            faulthandler.disable()


@contextmanager
def _nothing_uncaught() -> Iterator[None]:
    """Exceptions that nobody caught, and what Qt has to say, go to the log."""
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    sys.excepthook = _note
    threading.excepthook = _note_hooked
    sys.unraisablehook = _note_hooked
    before = qInstallMessageHandler(_note_qt)
    try:
        yield
    finally:
        sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
        qInstallMessageHandler(before)


def _note(
    kind: type[BaseException], error: BaseException | None, where: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt | SystemExit):
        sys.__excepthook__(kind, error or kind(), where)
        return
    words = f"{kind.__name__}: {error}"
    logging.getLogger(UNCAUGHT).error(words, exc_info=(kind, error or kind(), where))


def _note_hooked(told: threading.ExceptHookArgs | sys.UnraisableHookArgs) -> None:
    _note(told.exc_type, told.exc_value, told.exc_traceback)


def _note_qt(kind: QtMsgType, _context: QMessageLogContext, message: str) -> None:
    of_qt.log(_LEVELS[kind], message)


def _level(name: str) -> int:
    return logging.getLevelNamesMapping().get(name, logging.INFO)
