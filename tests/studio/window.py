"""A real window on an event loop of its own, driven by the mouse."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import qasync
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from studio.app import application
from studio.panels.main_window import MainWindow
from studio.settings import Settings
from studio.state.studio import Studio
from studio.state.takes.take import Runs
from studio.widgets.clip_view import ClipView

PATIENCE_S = 60
_COPY, _LEFT = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton


def run(scenario: Coroutine[Any, Any, None], patience_s: float = PATIENCE_S) -> None:
    """Runs a scenario on Qt's event loop, and leaves nothing of its window.

    What is left goes here and now: collected by the thread of a later clip, its timers would be
    stopped from another thread than their own, which Qt does not survive.
    """
    application()
    try:
        qasync.run(asyncio.wait_for(scenario, patience_s))
    finally:
        gc.collect()


@asynccontextmanager
async def opened(
    engine: Runs,
    clip: Path | None = None,
    *,
    models: tuple[Path, ...] = (),
    settings: Settings | None = None,
) -> AsyncIterator[MainWindow]:
    """A window, with a clip whose first frame is seen, that is closed again."""
    studio = Studio(engine, settings, models)
    window = MainWindow(studio)
    window.show()
    try:
        await window.first_painted()
        await studio.models.ask()
        if clip is not None:
            studio.session.open(clip)
            await until(lambda: studio.stage.picture is not None)
        yield window
    finally:
        window.close()
        await studio.end()
        window.deleteLater()
        await asyncio.sleep(0)


async def until(reached: Callable[[], object]) -> None:
    while not reached():
        await asyncio.sleep(0.005)


def drag(view: ClipView, points: Sequence[tuple[float, float]]) -> None:
    """A drag with the left button over points in pixels of the picture."""
    places = [in_view(view, *point) for point in points]
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=places[0])
    for place in places:
        QTest.mouseMove(view, place)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=places[-1])


def drop(target: QWidget, *paths: Path) -> None:
    """Files are dragged over a part of a window and let go there."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    drag_over(target, data)
    let_go(target, data)


def drag_over(target: QWidget, data: QMimeData) -> bool:
    """Something is dragged over a part of a window; whether it may be let go there."""
    place = target.rect().center()
    event = QDragEnterEvent(place, _COPY, data, _LEFT, Qt.KeyboardModifier.NoModifier)
    event.ignore()
    QApplication.sendEvent(target, event)
    return event.isAccepted()


def let_go(target: QWidget, data: QMimeData) -> None:
    place = target.rect().center().toPointF()
    event = QDropEvent(place, _COPY, data, _LEFT, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(target, event)


def in_view(view: ClipView, x: float, y: float) -> QPoint:
    return view.place.to_view(QPointF(x, y)).toPoint()
