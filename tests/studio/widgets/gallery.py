"""Draws every widget with real content into PNG files, to be looked at.

Run `python -m tests.studio.widgets.gallery FOLDER`; set QT_SCALE_FACTOR=2 for a fine screen.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QPointF, QRect, QSize
from PySide6.QtWidgets import (
    QApplication,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.options import Option
from studio import theme
from studio.widgets.clip_view import ClipView
from studio.widgets.comparison import Comparison, Side
from studio.widgets.notice import Notice
from studio.widgets.option_form import OptionForm
from studio.widgets.pictures import Picture
from studio.widgets.progress import JobProgress
from studio.widgets.size_slider import SizeSlider
from studio.widgets.step_strip import StepStrip
from studio.widgets.timeline import Timeline
from studio.widgets.token_legend import LensLegend
from studio.widgets.token_lens import MODES, LensMode, LensPicture
from studio.widgets.transport import Transport
from studio.widgets.veil import VeilPicture

CLIPS = Path(__file__).resolve().parents[4] / "shared" / "clips"
WINDOW = QRect(560, 240, 640, 640)

SCHEMA = (
    Option("steps", "Steps", "int", 12, 1, 64, 1, help="How many passes the decoder makes."),
    Option("schedule", "Schedule", "choice", "cosine", choices=("cosine", "linear", "square")),
    Option("temperature", "Choice temperature", "float", 4.5, 0, 20, 0.1),
    Option("seed", "Seed", "int", 7, 0, 2**40, 1),
    Option("name", "Name of the take", "text", "First light"),
    Option("remask", "Remask kept tokens", "bool", True, advanced=True),
    Option("guidance", "Guidance scale", "float", 0.0, 0, 10, 0.5, advanced=True),
)


def frames(count: int) -> list[np.ndarray]:
    """Frames of a real clip where there is one, else a drawn test picture."""
    path = CLIPS / "sunset_lake_1080p.mp4"
    reader = cv2.VideoCapture(str(path)) if path.exists() else None
    read = [reader.read()[1][..., ::-1] for _ in range(count)] if reader else []
    return read or [_test_picture(k) for k in range(count)]


def painted(shape: tuple[int, int]) -> np.ndarray:
    """A painted region: a disc with a tail."""
    ys, xs = np.mgrid[: shape[0], : shape[1]]
    disc = (xs - 860) ** 2 + (ys - 520) ** 2 < 170**2
    return disc | ((abs(ys - 620) < 40) & (xs > 860) & (xs < 1300))


def lens(mode: LensMode) -> LensPicture:
    rng = np.random.default_rng(3)
    ys, xs = np.mgrid[:16, :16]
    wanted = (xs - 7) ** 2 + (ys - 7) ** 2 < 36
    order = rng.integers(-4, 6, (16, 16))
    kept_at = np.where(wanted & (order >= 0), order, -1).astype(np.int16)
    confidence = rng.random((16, 16)) ** 0.5
    return LensPicture(~wanted, wanted & (kept_at < 0), kept_at, confidence, mode)


def empty_canvas() -> QWidget:
    return _sized(ClipView(), 700, 400)


def painting_canvas() -> QWidget:
    view = _canvas()
    view.setBrush("brush", 120)
    view.setWindow(WINDOW, 1.0)
    view.pointer.hover(view.place.to_view(QPointF(1250, 640)))
    return view


def window_canvas() -> QWidget:
    view = _canvas()
    view.setBrush("window", 40)
    view.setWindowEditable(True)
    view.setWindow(WINDOW, 1.0)
    return view


def lens_canvas(mode: LensMode) -> QWidget:
    view = _canvas()
    view.setMask(None)
    view.setWindow(WINDOW, 1.0)
    view.setLens(lens(mode), WINDOW)
    return view


def veil_canvas() -> QWidget:
    view = _canvas()
    view.setMask(None)
    view.setWindow(WINDOW, 1.0)
    dark, undecided = (np.arange(256).reshape(16, 16) >= count for count in (90, 120))
    view.setVeil(VeilPicture(dark, undecided), WINDOW)
    return view


def wipe_canvas() -> QWidget:
    view = _canvas()
    view.setMask(None)
    blurred = cv2.GaussianBlur(frames(1)[0], (0, 0), 15)
    sides = Side(Picture(blurred), "Blurred"), Side(Picture(frames(1)[0]), "Sharp", live=True)
    view.setComparison(Comparison("wipe", sides))
    view.setDivider(0.4, upright=True)
    return view


def close_canvas() -> QWidget:
    view = _canvas()
    view.setBrush("brush", 12)
    view.camera.zoom_to(12.0, view.place.to_view(QPointF(1030, 520)))
    view.pointer.hover(QPointF(420, 260))
    return view


def timeline() -> QWidget:
    page, column = _page(900)
    shown = Timeline()
    shown.setLength(240, 24)
    pictures = [cv2.resize(f, (160, 90), interpolation=cv2.INTER_AREA) for f in frames(12)]
    shown.setThumbnails(lambda index, _height: pictures[index % 12])
    shown.setMarks(30, 199)
    shown.setRange(60, 123)
    shown.setResult((60, 123))
    shown.setPosition(96)
    grown = Timeline()
    grown.setLength(120, 24)
    grown.setReach(240)
    grown.setMarks(0, 239)
    grown.setRange(104, 239)
    grown.setResult((104, 239), 50)
    for index in (*range(0, 120), *range(120, 150)):
        grown.setThumbnail(index, pictures[index % 12])
    grown.setPosition(118)
    transport = Transport()
    transport.setLength(240, 24)
    transport.setPosition(96)
    transport.setLoop(True)
    for widget in (transport, shown, grown, Timeline(), Transport()):
        column.addWidget(widget)
    return page


def steps() -> QWidget:
    page, column = _page(900)
    strip, empty, long = StepStrip(), StepStrip(), StepStrip()
    pictures = frames(6)
    strip.clear(range(9))
    long.clear(range(24))
    for index, picture in enumerate(pictures):
        strip.addStep(index, picture, (index + 1) / 9)
        long.addStep(index, picture[:, 420:1500], (index + 1) / 24)
    strip.setCurrent(4)
    for widget in (strip, long, empty):
        column.addWidget(widget)
    return page


def side_panel() -> QWidget:
    page, column = _page(320)
    form = OptionForm(SCHEMA)
    form.unfold.setChecked(True)
    heading = QLabel("DECODER")
    heading.setProperty("role", "heading")
    progress, tokens, busy = JobProgress(), JobProgress(), JobProgress()
    progress.setProgress(5, 12, 3.14)
    tokens.setProgress(384, 1024, 1.5, unit="token", pace=412)
    busy.setBusy("Loading the model …")
    size = SizeSlider()
    size.setValue(60)
    generate, stop, off = QPushButton("Generate"), QPushButton("Stop"), QPushButton("Generate")
    generate.setProperty("primary", True)
    off.setProperty("primary", True)
    off.setEnabled(False)
    row = QWidget()
    buttons = QHBoxLayout(row)
    buttons.setContentsMargins(0, 0, 0, 0)
    for button in (generate, off, stop):
        buttons.addWidget(button)
    for widget in (size, heading, form, row, progress, tokens, busy):
        column.addWidget(widget)
    for mode in MODES:
        column.addWidget(LensLegend(mode))
    return page


def notices() -> QWidget:
    page, column = _page(640)
    for level, text, action in (
        ("info", "The result is ready: 16 frames in 4.2 s.", "Show"),
        ("warning", "This bundle was not trained on the task “CG”. Choose another task.", ""),
        (
            "error",
            "The engine stopped: it ran out of memory at step 5 of 12. It was started again; "
            "the job can go on from step 5.",
            "Continue",
        ),
    ):
        notice = Notice()
        column.addWidget(notice)
        notice.post(text, level, action)
    return page


def icons() -> QWidget:
    page = QWidget()
    grid = QGridLayout(page)
    for place, path in enumerate(sorted((Path("assets") / "icons").glob("*.svg"))):
        button = QToolButton()
        button.setIcon(theme.icon(path.stem))
        button.setIconSize(QSize(20, 20))
        button.setCheckable(True)
        button.setChecked(place % 9 == 1)
        button.setEnabled(place % 9 != 2)
        name = QLabel(path.stem)
        name.setProperty("role", "small")
        grid.addWidget(button, 2 * (place // 9), place % 9)
        grid.addWidget(name, 2 * (place // 9) + 1, place % 9)
    return page


PAGES: dict[str, Callable[[], QWidget]] = {
    "canvas_empty": empty_canvas,
    "canvas_painting": painting_canvas,
    "canvas_window": window_canvas,
    "canvas_lens_state": lambda: lens_canvas("state"),
    "canvas_lens_confidence": lambda: lens_canvas("confidence"),
    "canvas_lens_kept": lambda: lens_canvas("kept"),
    "canvas_veil": veil_canvas,
    "canvas_wipe": wipe_canvas,
    "canvas_close": close_canvas,
    "timeline": timeline,
    "steps": steps,
    "side_panel": side_panel,
    "notices": notices,
    "icons": icons,
}


def render(folder: Path) -> Iterator[Path]:
    """Writes one PNG per page and yields its path."""
    app = QApplication.instance() or QApplication([])
    theme.apply(app)
    for name, make in PAGES.items():
        page = make()
        page.show()
        app.processEvents()
        path = folder / f"{name}@{page.devicePixelRatioF():g}x.png"
        page.grab().save(str(path))
        yield path


def _canvas() -> ClipView:
    view = _sized(ClipView(), 800, 500)
    picture = frames(1)[0]
    view.setFrame(picture)
    view.setMask(painted(picture.shape[:2]))
    return view


def _sized(view: ClipView, width: int, height: int) -> ClipView:
    view.resize(width, height)
    view.show()
    return view


def _page(width: int) -> tuple[QWidget, QVBoxLayout]:
    page = QWidget()
    page.setFixedWidth(width)
    return page, QVBoxLayout(page)


def _test_picture(shift: int) -> np.ndarray:
    ys, xs = np.mgrid[:1080, :1920]
    return np.stack([xs // 8 + 4 * shift, ys // 5, (xs + ys) // 12], -1).astype(np.uint8)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    for written in render(target):
        print(written)
