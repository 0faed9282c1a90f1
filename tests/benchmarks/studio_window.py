"""A window to measure: opened with a clip, driven by mouse and keys, watched while it paints."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPointF, QRect, Qt
from PySide6.QtGui import QMouseEvent, QPaintEvent
from PySide6.QtTest import QTest

from core.assets import asset
from core.engine.client import Engine
from studio.app import freeze_what_stays
from studio.panels.main_window import MainWindow
from studio.widgets.clip_view import ClipView
from tests.benchmarks.studio_clips import RATE
from tests.studio.fakes import ReplayingEngine
from tests.studio.window import opened, run, until

PATIENCE_S = 600
SIZE = (1920, 1080)
MODELS = asset("models")

Scenario = Callable[[MainWindow], Coroutine[Any, Any, None]]


def play(scenario: Scenario, clip: Path, *, real: bool = False) -> None:
    """Runs a scenario in a large window in which the clip is open and its thumbnails are made.

    Args:
        real: with the real engine and the bundled models.
    """

    async def whole() -> None:
        engine = Engine() if real else ReplayingEngine()
        try:
            async with opened(engine, clip, models=(MODELS,) if real else ()) as window:
                freeze_what_stays()
                window.resize(*SIZE)
                await settled(window)
                await scenario(window)
        finally:
            if isinstance(engine, Engine):
                await engine.stop()

    run(whole(), PATIENCE_S)


async def settled(window: MainWindow) -> None:
    """Returns when the thumbnails are there and nothing is painted any more."""
    with painted(window) as paints:
        while True:
            seen = len(paints)
            await asyncio.sleep(0.5)
            if len(paints) == seen:
                return


class _Paints(QObject):
    def __init__(self) -> None:
        super().__init__()
        self.regions: list[QRect] = []

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QPaintEvent):
            self.regions.append(event.region().boundingRect())
        return False


@contextmanager
def painted(window: MainWindow) -> Iterator[list[QRect]]:
    """What is painted meanwhile of canvas and timeline."""
    paints, watched = _Paints(), (window.canvas.view, window.bottom.timeline)
    for widget in watched:
        widget.installEventFilter(paints)
    yield paints.regions
    for widget in watched:
        widget.removeEventFilter(paints)


def flush(window: MainWindow) -> None:
    """Paints what is to be painted, now."""
    QCoreApplication.sendPostedEvents(window, QEvent.Type.UpdateRequest)


@dataclass
class Stopwatch:
    """Milliseconds by the clock, and of the thread's own work."""

    wall: list[float] = field(default_factory=list)
    work: list[float] = field(default_factory=list)

    @contextmanager
    def once(self) -> Iterator[None]:
        wall, work = time.perf_counter(), time.thread_time()
        yield
        self.wall.append(1000 * (time.perf_counter() - wall))
        self.work.append(1000 * (time.thread_time() - work))

    @property
    def p95_of_work(self) -> str:
        return f"p95 {np.quantile(self.work, 0.95):.2g} ms"


def stroke(view: ClipView, moves: int, down: float = 0.0) -> list[QPointF]:
    """A wave across the picture, in view points; a hand moves a few pixels at a time."""
    size, turns = view.pictureSize(), np.linspace(0, 1, moves)
    ys = size.height() * (0.3 + down + 0.15 * np.sin(6 * turns))
    xs = size.width() * (0.1 + 0.8 * turns)
    return [view.place.to_view(QPointF(x, y)) for x, y in zip(xs, ys, strict=True)]


def mouse(view: ClipView, kind: QEvent.Type, point: QPointF) -> None:
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    button = none if kind is QEvent.Type.MouseMove else left
    held = none if kind is QEvent.Type.MouseButtonRelease else left
    where = view.mapToGlobal(point)
    event = QMouseEvent(kind, point, where, button, held, Qt.KeyboardModifier.NoModifier)
    QCoreApplication.sendEvent(view, event)


async def stepped(window: MainWindow, by: int, watch: Stopwatch) -> None:
    """Presses an arrow key."""
    wanted = window.studio.playback.position + by
    with watch.once():
        QTest.keyClick(window, Qt.Key.Key_Right if by > 0 else Qt.Key.Key_Left)
        assert window.studio.playback.position == wanted
        await seen(window, wanted)


async def shown(window: MainWindow, frame: int, watch: Stopwatch | None = None) -> None:
    with (watch or Stopwatch()).once():
        window.studio.playback.go(frame)
        await seen(window, frame)


async def seen(window: MainWindow, frame: int) -> None:
    """Returns when the frame is painted."""
    if window.studio.stage.number != frame:
        arrived = asyncio.Event()
        window.studio.stage.seen.connect(arrived.set)
        while window.studio.stage.number != frame:
            arrived.clear()
            await arrived.wait()
        window.studio.stage.seen.disconnect(arrived.set)
    flush(window)


async def played(window: MainWindow, seconds: int) -> tuple[float, float]:
    """Percent of the frames that were not painted, and ms of the loop's thread per frame."""
    studio, numbers = window.studio, _Numbers(window)
    await shown(window, 0)
    window.canvas.view.installEventFilter(numbers)
    work = time.thread_time()
    studio.playback.play()
    await until(lambda: studio.playback.position >= seconds * RATE)
    studio.playback.pause()
    work = time.thread_time() - work
    window.canvas.view.removeEventFilter(numbers)
    count = seconds * RATE
    return 100 * (1 - len(numbers.painted & set(range(count))) / count), 1000 * work / count


class _Numbers(QObject):
    """The frames that are painted."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self.painted: set[int] = set()
        self._stage = window.studio.stage

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QPaintEvent):
            self.painted.add(self._stage.number)
        return False


def paint_something(window: MainWindow) -> None:
    """A stroke with a wide brush."""
    window.studio.tools.tool = "brush"
    window.studio.tools.resize_brush(120)
    path = stroke(window.canvas.view, 30)
    mouse(window.canvas.view, QEvent.Type.MouseButtonPress, path[0])
    for point in path:
        mouse(window.canvas.view, QEvent.Type.MouseMove, point)
    mouse(window.canvas.view, QEvent.Type.MouseButtonRelease, path[-1])
