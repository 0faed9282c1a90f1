"""The token lens: what the decoder knows of each token, drawn over the picture as a grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from studio import theme
from studio.widgets.token_marks import paint_marks

LensMode = Literal["state", "confidence", "kept", "condition"]
MODES: tuple[LensMode, ...] = ("state", "confidence", "kept", "condition")

# Dark violet over orange to pale yellow: grows in lightness, so it also reads without colour.
RAMP = ("#1d0f45", "#6a1c81", "#b5367a", "#f3694f", "#feb078", "#fcfdbf")
MASKED, HINT = QColor("#c06bf0"), QColor("#5cc8e6")

_ALPHA = 130
_GRID_FROM = 7.0  # view points per token: smaller grids are drawn without lines
_SIGNS_FROM = 11.0  # and without signs


@dataclass(frozen=True)
class LensPicture:
    """One frame's tokens during decoding; all arrays are (h, w).

    Attributes:
        given: bool, came from the user.
        masked: bool, still to be predicted; where it is given too, a hint stands there.
        kept_at: int, the step at which the token was kept; -1 = not kept.
        confidence: float in [0, 1], the probability of the drawn token; 0 = none was drawn.
        mode: what is shown.
        step: number of the step; what it has kept stands out. None = the last one seen here.
        marks: int, marks of a person (`core.token_edits`), or None.
    """

    given: np.ndarray
    masked: np.ndarray
    kept_at: np.ndarray
    confidence: np.ndarray
    mode: LensMode = "state"
    step: int | None = None
    marks: np.ndarray | None = None

    def __post_init__(self) -> None:
        arrays = (self.given, self.masked, self.kept_at, self.confidence, self.marks)
        shapes = {array.shape for array in arrays if array is not None}
        if len(shapes) != 1 or self.given.ndim != 2:
            raise ValueError(f"a lens needs (h, w) arrays of one shape, not {shapes}")

    @property
    def kept(self) -> np.ndarray:
        return np.asarray((self.kept_at >= 0) & ~self.masked)

    @property
    def hints(self) -> np.ndarray:
        """Tokens of the user's picture that will be drawn again."""
        return np.asarray(self.given & self.masked)


def paint_lens(painter: QPainter, rect: QRectF, lens: LensPicture) -> None:
    """Draws the tokens of `lens` over `rect`, one cell each, with lines where there is room."""
    height, width = lens.given.shape
    pixels = _colours(lens)
    image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_ARGB32)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
    painter.drawImage(rect, image)
    cell = min(rect.width() / width, rect.height() / height)
    if cell >= _GRID_FROM:
        _paint_grid(painter, rect, height, width)
    if cell >= _SIGNS_FROM and lens.mode in ("state", "condition"):
        _paint_hints(painter, rect, lens.hints)
    if lens.marks is not None:
        paint_marks(painter, rect, lens.marks)
    painter.restore()


def cell_rect(rect: QRectF, shape: tuple[int, int], row: int, column: int) -> QRectF:
    """Where a token of a grid (h, w) over `rect` stands."""
    height, width = rect.height() / shape[0], rect.width() / shape[1]
    return QRectF(rect.left() + column * width, rect.top() + row * height, width, height)


def _colours(lens: LensPicture) -> np.ndarray:
    """One colour per token, uint8 (h, w, 4) in Qt's BGRA order."""
    pixels = np.zeros((*lens.given.shape, 4), np.uint8)
    pixels[lens.given] = _bgra(theme.GIVEN, _ALPHA // 3)
    if lens.mode == "state":
        newest = max(0, int(lens.kept_at.max())) if lens.step is None else lens.step
        pixels[lens.kept] = _bgra(theme.KEPT, _ALPHA // 3)
        pixels[lens.kept & (lens.kept_at == newest)] = _bgra(theme.KEPT, _ALPHA + 50)
        pixels[lens.masked] = _bgra(MASKED, _ALPHA)
        pixels[lens.hints] = _bgra(HINT, _ALPHA)
    elif lens.mode == "confidence":
        drawn = ~(lens.given & ~lens.kept) & (lens.confidence > 0)
        pixels[drawn] = _ramped(np.clip(lens.confidence, 0, 1))[drawn]
    elif lens.mode == "kept":
        last = max(1, int(lens.kept_at.max()))
        pixels[lens.kept] = _ramped(lens.kept_at / last)[lens.kept]
    else:
        pixels[lens.given] = _bgra(theme.GIVEN, _ALPHA)
        pixels[lens.hints] = _bgra(HINT, _ALPHA)
        pixels[~lens.given] = _bgra(theme.UNDER_PICTURE, _ALPHA)
    return pixels


def _ramped(values: np.ndarray) -> np.ndarray:
    """Values in [0, 1] as colours of the ramp, uint8 (h, w, 4) BGRA."""
    stops = np.array([_bgra(QColor(c), _ALPHA + 60) for c in RAMP], np.float64)
    positions = np.linspace(0, 1, len(stops))
    channels = [np.interp(values, positions, stops[:, c]) for c in range(4)]
    return np.stack(channels, -1).astype(np.uint8)


def _bgra(colour: QColor, alpha: int) -> tuple[int, int, int, int]:
    return colour.blue(), colour.green(), colour.red(), alpha


def _paint_grid(painter: QPainter, rect: QRectF, height: int, width: int) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    pen = QPen(QColor(0, 0, 0, 90))
    pen.setCosmetic(True)
    painter.setPen(pen)
    for column in range(1, width):
        x = rect.left() + rect.width() * column / width
        painter.drawLine(round(x), round(rect.top()), round(x), round(rect.bottom()))
    for row in range(1, height):
        y = rect.top() + rect.height() * row / height
        painter.drawLine(round(rect.left()), round(y), round(rect.right()), round(y))


def _paint_hints(painter: QPainter, rect: QRectF, hints: np.ndarray) -> None:
    """A small ring in each, so that they are told from the others without colour."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(255, 255, 255, 190), 1.2))
    for row, column in np.argwhere(hints):
        cell = cell_rect(rect, hints.shape, int(row), int(column))
        radius = min(cell.width(), cell.height()) / 8
        painter.drawEllipse(QPointF(cell.center()), radius, radius)
