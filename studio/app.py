"""The studio as a program: the application, its event loop, and one window until it is closed."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import qasync
from PySide6.QtWidgets import QApplication

from core.engine.client import Engine
from core.estimates.table import tables_folder
from core.project.folder import is_project
from core.project.lock import holder
from studio import logs, settings, theme
from studio.panels.main_window import NAME, MainWindow
from studio.state.studio import Studio


def application() -> QApplication:
    """The Qt application with the studio's look."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        app = QApplication(sys.argv[:1])
    app.setApplicationName("maskreel")
    app.setApplicationDisplayName(NAME)
    app.setDesktopFileName("maskreel")
    app.setQuitOnLastWindowClosed(False)  # the loop goes on until the engine has ended
    theme.apply(app)
    return app


def run(coroutine: Coroutine[Any, Any, int]) -> int:
    """Run a coroutine on Qt's event loop; all that is said meanwhile goes to the log."""
    with logs.kept(logs.log_folder()):
        application()
        return int(qasync.run(coroutine))


async def show_window(path: Path | None) -> int:
    """The studio until its window is closed. Returns the exit code.

    Args:
        path: a clip or project to open; without one, what was open last, or the welcome page.
    """
    place = settings.settings_file()
    engine = Engine()
    troubles: list[str] = []
    known = settings.load(place, troubles.append)
    studio = Studio(engine, known, measured=tables_folder())
    window = MainWindow(studio)
    window.show()
    await window.first_painted()
    freeze_what_stays()
    keep_preferences(window, place)
    studio.tell_at_start(" ".join(troubles))
    studio.runs.open()
    answer = asyncio.ensure_future(studio.models.ask())  # this starts the engine
    studio.project_file.start()
    await open_first(studio, path)
    try:
        await window.closed()
    finally:
        answer.cancel()
        settings.save(studio.remembered(window.geometry_text()), place)
        await studio.end()
        await engine.stop()
    return 0


def freeze_what_stays() -> None:
    """What the window is made of stays to the end: looking through it again and again, Python's
    garbage collector would stop the event loop for 50 ms each time."""
    gc.freeze()


def keep_preferences(window: MainWindow, place: Path) -> None:
    """Save what is chosen about the program as soon as it is chosen."""
    window.studio.preferences.edited.connect(
        lambda: settings.save(window.studio.remembered(window.geometry_text()), place)
    )


async def open_first(studio: Studio, path: Path | None) -> None:
    """Open what was named, or else what was open last; what a crash has left is shown first."""
    await studio.recovery.look()
    first = path or (None if studio.recovery.is_news else last_project(studio.settings))
    if first is not None:
        studio.opening.open([first])


def last_project(known: settings.Settings) -> Path | None:
    """What was open last, if that is wanted, still there and not open elsewhere; None for the
    welcome page."""
    last = Path(known.last_project)
    wanted = known.at_start == "last" and is_project(last)
    return last if wanted and holder(last) is None else None
