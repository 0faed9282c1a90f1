"""The token lens: what the decoder knows of each token, drawn over the picture as a grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QLinearGradient, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio import theme

LensMode = Literal["state", "confidence", "kept"]
MODES: tuple[LensMode, ...] = ("state", "confidence", "kept")

_ALPHA = 130
_MASKED = QColor("#c06bf0")
# Dark violet over orange to pale yellow: grows in lightness, so it also reads without colour.
_RAMP = ("#1d0f45", "#6a1c81", "#b5367a", "#f3694f", "#feb078", "#fcfdbf")
_GRID_FROM = 7.0  # view points per token: smaller grids are drawn without lines


@dataclass(frozen=True)
class LensPicture:
    """One frame's tokens during decoding; all arrays are (h, w).

    Attributes:
        given: bool, came from the user.
        masked: bool, still to be predicted.
        kept_at: int, the step at which the token was kept; -1 = not kept.
        confidence: float in [0, 1], the probability of the drawn token; 0 = none was drawn.
        mode: what is shown.
    """

    given: np.ndarray
    masked: np.ndarray
    kept_at: np.ndarray
    confidence: np.ndarray
    mode: LensMode = "state"

    def __post_init__(self) -> None:
        shapes = {a.shape for a in (self.given, self.masked, self.kept_at, self.confidence)}
        if len(shapes) != 1 or self.given.ndim != 2:
            raise ValueError(f"a lens needs four (h, w) arrays of one shape, not {shapes}")


def paint_lens(painter: QPainter, rect: QRectF, lens: LensPicture) -> None:
    """Draws the tokens of `lens` over `rect`, one cell each, with lines where there is room."""
    height, width = lens.given.shape
    pixels = _colours(lens)
    image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_ARGB32)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
    painter.drawImage(rect, image)
    if min(rect.width() / width, rect.height() / height) >= _GRID_FROM:
        _paint_grid(painter, rect, height, width)
    painter.restore()


def _colours(lens: LensPicture) -> np.ndarray:
    """One colour per token, uint8 (h, w, 4) in Qt's BGRA order."""
    pixels = np.zeros((*lens.given.shape, 4), np.uint8)
    pixels[lens.given] = _bgra(theme.GIVEN, _ALPHA // 3)
    if lens.mode == "state":
        kept = lens.kept_at >= 0
        pixels[kept & ~lens.given] = _bgra(theme.KEPT, _ALPHA // 2)
        newest = lens.kept_at == max(0, int(lens.kept_at.max()))
        pixels[newest & ~lens.given] = _bgra(theme.KEPT, _ALPHA + 50)
        pixels[lens.masked] = _bgra(_MASKED, _ALPHA)
    elif lens.mode == "confidence":
        drawn = ~lens.given & (lens.confidence > 0)
        pixels[drawn] = _ramped(np.clip(lens.confidence, 0, 1))[drawn]
    else:
        kept = (lens.kept_at >= 0) & ~lens.given
        last = max(1, int(lens.kept_at.max()))
        pixels[kept] = _ramped(lens.kept_at / last)[kept]
    return pixels


def _ramped(values: np.ndarray) -> np.ndarray:
    """Values in [0, 1] as colours of the ramp, uint8 (h, w, 4) BGRA."""
    stops = np.array([_bgra(QColor(c), _ALPHA + 60) for c in _RAMP], np.float64)
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


_STATES = (("given", theme.GIVEN), ("kept", theme.KEPT), ("masked", _MASKED))
_ENDS = {"confidence": ("unsure", "sure"), "kept": ("earlier", "later")}


class LensLegend(QWidget):
    """What the colours of the lens mean, in one line."""

    def __init__(self, mode: LensMode = "state", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._mode = mode
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFont(theme.font(theme.SMALL_PX))
        self.setMode(mode)

    def setMode(self, mode: LensMode) -> None:
        self._mode = mode
        words = _ENDS[mode] if mode in _ENDS else [name for name, _ in _STATES]
        self.setAccessibleName(f"Legend of the token lens: {', '.join(words)}")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        if self._mode == "state":
            width = sum(10 + 5 + metrics.horizontalAdvance(n) + 12 for n, _ in _STATES)
        else:
            width = sum(metrics.horizontalAdvance(w) for w in _ENDS[self._mode]) + 96 + 14
        return QSize(width, metrics.height() + 4)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(theme.TEXT_DIM)
        if self._mode == "state":
            self._paint_states(painter)
        else:
            self._paint_ramp(painter, *_ENDS[self._mode])

    def _paint_states(self, painter: QPainter) -> None:
        x, middle = 0, self.height() // 2
        for name, colour in _STATES:
            painter.fillRect(QRect(x, middle - 5, 10, 10), colour)
            width = self.fontMetrics().horizontalAdvance(name)
            self._word(painter, x + 15, width, name)
            x += 15 + width + 12

    def _paint_ramp(self, painter: QPainter, low: str, high: str) -> None:
        left = self.fontMetrics().horizontalAdvance(low)
        bar = QRect(left + 7, self.height() // 2 - 4, 96, 8)
        ramp = QLinearGradient(bar.topLeft(), bar.topRight())
        for index, colour in enumerate(_RAMP):
            ramp.setColorAt(index / (len(_RAMP) - 1), QColor(colour))
        painter.fillRect(bar, ramp)
        self._word(painter, 0, left, low)
        self._word(painter, bar.right() + 8, self.fontMetrics().horizontalAdvance(high), high)

    def _word(self, painter: QPainter, x: int, width: int, word: str) -> None:
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRect(x, 0, width + 2, self.height()), flags, word)
