"""The demo: the real window without a display paints on the sample, generates and exports.

Leaves `maskreel-demo.png`, the window in the middle of decoding, and `maskreel-demo.mp4`.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent

from core.engine.client import Engine
from core.errors import UserError
from studio import app, logs
from studio.observable import watch
from studio.panels.main_window import SIZE, MainWindow
from studio.samples import sample_clip
from studio.settings import Settings
from studio.state.studio import Studio
from studio.state.takes.take import Phase
from studio.widgets.clip_view import ClipView

PICTURE, CLIP = "maskreel-demo.png", "maskreel-demo.mp4"
LIMIT_S = 900
"""The demo gives up after this time: a slow machine needs a minute or two."""

_STROKE = ((0.705, 0.47), (0.70, 0.58), (0.71, 0.70))
"""Where the stroke goes, as shares of width and height: over a figure of the sample clip."""
_BRUSH_SHARE = 0.16
"""The brush's diameter as a share of the picture's height."""
_MOVES = 12
"""Mouse moves between two points of the stroke."""


def run(folder: Path, sample: Path | None = None, models: tuple[Path, ...] | None = None) -> int:
    """Runs the demo and returns the exit code.

    Args:
        folder: where both files are written.
        sample, models: another clip and other folders of bundles than those that came along.
    """
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    logs.of_qt.setLevel(logging.ERROR)  # it warns of all that a window without display lacks
    try:
        return app.run(_within_limit(folder, sample or sample_clip(), models))
    except UserError as error:
        print(error, file=sys.stderr)
        return 1


async def _within_limit(folder: Path, sample: Path | None, models: tuple[Path, ...] | None) -> int:
    if sample is None:
        raise UserError("No sample clip came with this copy of Maskreel, so there is no demo.")
    try:
        async with asyncio.timeout(LIMIT_S):
            await _demo(folder, sample, models)
    except TimeoutError:
        raise UserError(
            f"The demo did not finish within {LIMIT_S // 60} minutes, so it was stopped. "
            "“maskreel doctor” shows what this machine can do."
        ) from None
    return 0


async def _demo(folder: Path, sample: Path, models: tuple[Path, ...] | None) -> None:
    engine = Engine()
    studio = Studio(engine, Settings(), models)
    window = MainWindow(studio)
    window.resize(*SIZE)
    window.show()
    try:
        await window.first_painted()
        studio.session.open(sample)
        await _until(studio, lambda: studio.stage.picture is not None)
        await studio.models.ask()
        _choose_painter(studio)
        _paint(window.canvas.view, studio)
        await _generate(studio, window, folder / PICTURE)
        await _export(studio, folder / CLIP)
    finally:
        window.close()
        await studio.end()
        await engine.stop()


def _choose_painter(studio: Studio) -> None:
    """A model that fills what is painted, and the brush; not all models do."""
    folders = (entry.folder for entry in studio.models.bundles)
    cards = {folder: studio.models.card(folder) for folder in folders}
    painters = [folder for folder, card in cards.items() if card and "paint" in card.tasks]
    if painters:
        studio.recipe.bundle, studio.recipe.task = painters[0], "paint"
    studio.tools.tool = "brush"


def _paint(view: ClipView, studio: Studio) -> None:
    """One brush stroke."""
    studio.tools.resize_brush(round(view.pictureSize().height() * _BRUSH_SHARE))
    drag(view, _path(_STROKE))


def drag(view: ClipView, places: Sequence[tuple[float, float]]) -> None:
    """The mouse with its left button held over places, as shares of the picture's width and
    height."""
    size = view.pictureSize()
    points = [view.place.to_view(QPointF(x * size.width(), y * size.height())) for x, y in places]
    _mouse(view, QEvent.Type.MouseButtonPress, points[0])
    for point in points:
        _mouse(view, QEvent.Type.MouseMove, point)
    _mouse(view, QEvent.Type.MouseButtonRelease, points[-1])


def _path(corners: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    return [
        (x0 + (x1 - x0) * k / _MOVES, y0 + (y1 - y0) * k / _MOVES)
        for (x0, y0), (x1, y1) in pairwise(corners)
        for k in range(_MOVES + 1)
    ]


def _mouse(view: ClipView, kind: QEvent.Type, point: QPointF) -> None:
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    button = none if kind is QEvent.Type.MouseMove else left
    held = none if kind is QEvent.Type.MouseButtonRelease else left
    where = view.mapToGlobal(point)
    event = QMouseEvent(kind, point, where, button, held, Qt.KeyboardModifier.NoModifier)
    QCoreApplication.sendEvent(view, event)


async def _generate(studio: Studio, window: MainWindow, picture: Path) -> None:
    if studio.asking.obstacle:
        raise UserError(studio.asking.obstacle)
    studio.asking.generate()
    job = studio.generation
    await _until(studio, lambda: job.total > 0 and len(job.steps) >= job.total // 2)
    if not window.grab().save(str(picture)):
        raise UserError(f"“{picture}” could not be written. Choose another folder with --out.")
    await job.ended()
    if job.phase is not Phase.FINISHED:
        raise UserError(_told(studio))
    print(picture.resolve())


async def _export(studio: Studio, target: Path) -> None:
    studio.export.start(target)
    await studio.export.ended()
    notice = studio.notices.current
    if notice is None or notice.kind == "error":
        raise UserError(_told(studio))
    print(target.resolve())


async def _until(studio: Studio, reached: Callable[[], bool]) -> None:
    """Waits until something is so; what the window tells as an error ends the demo."""
    changed = asyncio.Event()
    watch(studio.stage, "picture", changed.set)
    watch(studio.generation, "started steps phase", changed.set)
    watch(studio.notices, "current", changed.set)
    while not reached():
        notice = studio.notices.current
        if notice is not None and notice.kind == "error":
            raise UserError(notice.text)
        await changed.wait()
        changed.clear()


def _told(studio: Studio) -> str:
    notice = studio.notices.current
    return notice.text if notice else "The demo did not come to its end."
