"""The studio as a program: the application, its event loop, and one window until it is closed."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import qasync
from PySide6.QtWidgets import QApplication

from core.engine.client import Engine
from studio import settings, theme
from studio.panels.main_window import NAME, MainWindow
from studio.samples import sample_clip
from studio.state.studio import Studio


def application() -> QApplication:
    """The Qt application with the studio's look."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    app.setApplicationName("maskreel")
    app.setApplicationDisplayName(NAME)
    app.setDesktopFileName("maskreel")
    theme.apply(app)
    return app


def run(coroutine: Coroutine[Any, Any, int]) -> int:
    """Run a coroutine on Qt's event loop."""
    application()
    return int(qasync.run(coroutine))


async def show_window(path: Path | None) -> int:
    """The studio until its window is closed. Returns the exit code."""
    place = settings.settings_file()
    engine = Engine()
    studio = Studio(engine, settings.load(place))
    window = MainWindow(studio)
    window.show()
    await window.first_painted()
    answer = asyncio.ensure_future(studio.models.ask())
    first = path or sample_clip()
    if first is not None:
        studio.session.open(first)
    await window.closed()
    answer.cancel()
    settings.save(studio.remembered(window.geometry_text()), place)
    await studio.end()
    await engine.stop()
    return 0
