"""The pictures of the studio in assets/screenshots: the real window, the real engine, real work.

    .venv/bin/python packaging/screenshots.py [--out FOLDER] [NAME …]

One story on the samples that come along: each scene does its work and leaves a picture of the
window, of one size, whatever the screen. `bootstrap.py screenshots` calls it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtWidgets import QApplication, QDialog

from core.assets import asset
from core.engine.client import Engine
from studio import app
from studio.demo import drag
from studio.panels.export_dialog import ExportDialog
from studio.panels.main_window import MainWindow
from studio.settings import Settings
from studio.state.studio import Studio

FOLDER = Path(__file__).resolve().parents[1] / "assets" / "screenshots"
SIZE = (1600, 1000)
_LIMIT_S = 900
_COLOURS = 256
_TRAINED_STEPS, _SEEN_STEPS = 400, 12
_SHADE = QColor(0, 0, 0, 110)
_SAMPLES = asset("samples")


@dataclass(frozen=True)
class Scene:
    """Attributes:
    name: of the file, without its suffix.
    play: what happens before the picture is taken.
    """

    name: str
    play: Callable[[MainWindow], Awaitable[None]]


# ── the scenes, in the order of the story ────────────────────────────────────────────────────


async def welcome(window: MainWindow) -> None:
    window.show_welcome()


async def masks(window: MainWindow) -> None:
    """A figure is drawn around and followed through the clip."""
    studio = window.studio
    await open_clip(window, "corridor.mp4")
    choose(studio, "maskreel-first", "paint")
    studio.playback.mark(0, 15)
    studio.tools.tool = "ellipse"
    drag(window.canvas.view, [(0.615, 0.36), (0.7, 0.6), (0.795, 0.82)])
    studio.tracking.forward(0)
    await until(lambda: not studio.tracking.running)
    studio.tools.tool = "brush"
    studio.playback.go(9)


async def decoding(window: MainWindow) -> None:
    """In the middle of a decode, with the token lens."""
    studio = window.studio
    studio.playback.go(4)
    studio.asking.generate()
    studio.tools.lens = True
    job = studio.generation
    await until(lambda: len(job.steps) > job.total // 2 > 0)
    studio.generation.pause()
    await studio.generation.ended()


async def comparing(window: MainWindow) -> None:
    """The result beside what was there."""
    studio = window.studio
    studio.tools.lens = False
    studio.generation.resume()
    await studio.generation.ended()
    studio.playback.go(6)
    studio.comparing.mode = "wipe"
    studio.comparing.position = 0.56


async def results(window: MainWindow) -> None:
    """More variations of the same, in the gallery."""
    studio = window.studio
    studio.comparing.mode = "off"
    studio.recipe.seed, studio.recipe.count = 11, 4
    studio.asking.generate()
    await studio.generation.ended()
    studio.tools.side = "results"


async def queue(window: MainWindow) -> None:
    """One job runs, two wait for their turn."""
    studio = window.studio
    for seed in (21, 31, 41):
        studio.recipe.seed = seed
        studio.asking.generate()
    studio.notices.dismiss()
    studio.tools.side = "queue"
    await until(lambda: studio.generation.steps)
    studio.queue.hold()
    await studio.generation.ended()


async def exporting(window: MainWindow) -> None:
    studio = window.studio
    studio.queue.stop_all()
    studio.queue.release()
    studio.tools.side = ""
    window.ask_for_export()
    dialog = next(dialog for dialog in open_dialogs() if isinstance(dialog, ExportDialog))
    dialog.path.setText("~/Videos/corridor-maskreel.mp4")


async def models(window: MainWindow) -> None:
    close_dialogs()
    window.show_models()


async def training(window: MainWindow) -> None:
    """A model learns from the samples, here and now."""
    close_dialogs()
    studio = window.studio
    studio.fine_tuning.bundle = studio.recipe.bundle
    studio.fine_tuning.add(sorted(_SAMPLES.glob("*.mp4")))
    window.show_trainings()
    assert window.trainings is not None
    form, page = window.trainings.form, window.trainings.page
    await until(lambda: not studio.fine_tuning.obstacle_to_start)
    form.length.choose("steps")
    form.steps.setValue(_TRAINED_STEPS)
    form.name.setText("Corridors at night")
    form.start.click()
    await until(lambda: studio.runs.look is not None and studio.runs.look.done >= _SEEN_STEPS)
    await until(page.samples.grid.names)


async def light(window: MainWindow) -> None:
    """The same program in daylight: both sides of the picture are invented."""
    studio = window.studio
    await pause_training(studio)
    close_dialogs()
    studio.preferences.look = "light"
    await open_clip(window, "base.mp4")
    choose(studio, "maskreel-first", "OPV")
    studio.recipe.seed, studio.recipe.count = 0, 1
    studio.playback.go(24)
    studio.asking.generate()
    await studio.generation.ended()
    studio.tools.lens, studio.tools.lens_mode = True, "kept"


STORY = (welcome, masks, decoding, comparing, results, queue, exporting, models, training, light)
SCENES = tuple(Scene(play.__name__, play) for play in STORY)


# ── how they are played ──────────────────────────────────────────────────────────────────────


async def open_clip(window: MainWindow, name: str) -> None:
    studio = window.studio
    studio.session.open(_SAMPLES / name)
    await until(
        lambda: (
            studio.session.clip is not None
            and studio.session.clip.path.name == name
            and studio.stage.picture is not None
        )
    )


def choose(studio: Studio, model: str, task: str) -> None:
    """A model by the name of its folder, and a task of it."""
    folders = [entry.folder for entry in studio.models.bundles]
    studio.recipe.bundle = next(folder for folder in folders if Path(folder).name == model)
    studio.recipe.task = task


async def pause_training(studio: Studio) -> None:
    """It must not go on when the story is over."""
    look = studio.runs.look
    if look is not None and look.working:
        studio.runs.pause(look)
        await until(lambda: studio.runs.look is None or not studio.runs.look.working)


def close_dialogs() -> None:
    for dialog in open_dialogs():
        dialog.close()


def open_dialogs() -> list[QDialog]:
    widgets = QApplication.topLevelWidgets()
    return [widget for widget in widgets if isinstance(widget, QDialog) and widget.isVisible()]


async def until(reached: Callable[[], object]) -> None:
    while not reached():
        await asyncio.sleep(0.02)


async def at_rest(window: MainWindow) -> None:
    """Returns when the thumbnails are there and nothing new is drawn."""
    before = None
    while before != (now := window.grab().toImage()):
        before = now
        await asyncio.sleep(0.4)


def seen(window: MainWindow) -> QPixmap:
    """The window with the dialogs before it."""
    picture = window.grab()
    painter = QPainter(picture)
    for dialog in open_dialogs():
        place = QRect(QPoint(), dialog.size())
        place.moveCenter(window.rect().center())
        painter.fillRect(picture.rect(), _SHADE)
        painter.drawPixmap(place.topLeft(), dialog.grab())
        painter.setPen(QColor(0, 0, 0, 160))
        painter.drawRect(place.adjusted(-1, -1, 0, 0))
    painter.end()
    return picture


def save(picture: QPixmap, path: Path) -> None:
    """With as many colours as a palette holds: a fifth of the bytes, and hardly to be seen."""
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.png"
        picture.save(str(whole))
        with Image.open(whole) as image:
            few = image.convert("RGB").quantize(_COLOURS, Image.Quantize.FASTOCTREE)
            few.save(path, optimize=True)


async def play(names: Sequence[str], folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    engine = Engine()
    studio = Studio(engine, Settings())
    window = MainWindow(studio)
    window.resize(*SIZE)
    window.show()
    try:
        await window.first_painted()
        await studio.models.ask()
        async with asyncio.timeout(_LIMIT_S):
            for scene in SCENES:
                await scene.play(window)
                if not names or scene.name in names:
                    await at_rest(window)
                    save(seen(window), folder / f"{scene.name}.png")
                    print(folder / f"{scene.name}.png", flush=True)
    finally:
        close_dialogs()
        await pause_training(studio)
        window.close()
        await studio.end()
        await engine.stop()
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", choices=[[], *(scene.name for scene in SCENES)])
    parser.add_argument("--out", type=Path, default=FOLDER)
    asked = parser.parse_args()
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    with tempfile.TemporaryDirectory() as own:  # nothing of the user's is read or written
        for name in ("DATA", "CONFIG", "CACHE", "STATE"):
            os.environ[f"XDG_{name}_HOME"] = own
        os.environ["HOME"] = own
        (Path(own) / "Videos").mkdir()
        return app.run(play(asked.names, asked.out))


if __name__ == "__main__":
    raise SystemExit(main())
