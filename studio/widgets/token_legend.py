"""What the colours and marks of the token lens mean, in one line."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.token_edits import AGAIN, KEPT
from studio import theme
from studio.widgets.token_lens import HINT, MASKED, RAMP, LensMode
from studio.widgets.token_marks import paint_mark

_SWATCHES: dict[LensMode, tuple[tuple[str, QColor], ...]] = {
    "state": (
        ("given", theme.GIVEN),
        ("condition", HINT),
        ("masked", MASKED),
        ("kept", theme.KEPT),
    ),
    "condition": (
        ("given", theme.GIVEN),
        ("condition", HINT),
        ("invented", theme.UNDER_PICTURE),
    ),
}
_ENDS = {"confidence": ("unsure", "sure"), "kept": ("earlier", "later")}
_MARKS = {AGAIN: "again", KEPT: "pinned", 0: "chosen"}
_SWATCH, _SPACE, _GAP, _BAR = 12, 5, 12, 96


class LensLegend(QWidget):
    """Swatches or a ramp, and the marks that there are."""

    def __init__(self, mode: LensMode = "state", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._mode: LensMode = mode
        self._marks: tuple[int, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFont(theme.font(theme.SMALL_PX))
        self._say()

    def setMode(self, mode: LensMode) -> None:
        self._mode = mode
        self._say()

    def setMarks(self, marks: Iterable[int]) -> None:
        """The marks that are seen, of `core.token_edits`; a chosen token counts as 0."""
        found = {min(mark, 0) for mark in marks}
        self._marks = tuple(mark for mark in _MARKS if mark in found)
        self._say()

    def words(self) -> list[str]:
        """All that it says, in order."""
        states = [name for name, _ in _SWATCHES.get(self._mode, ())]
        return [*_ENDS.get(self._mode, states), *(_MARKS[mark] for mark in self._marks)]

    def sizeHint(self) -> QSize:
        words = self.words()
        width = sum(self._width(word) + _SWATCH + _SPACE + _GAP for word in words) - _GAP
        if self._mode in _ENDS:
            width += _BAR + 14 - 2 * (_SWATCH + _SPACE)
        return QSize(width + 2, self.fontMetrics().height() + 6)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        x = 0
        if self._mode in _ENDS:
            x = self._paint_ramp(painter, *_ENDS[self._mode])
        for name, colour in _SWATCHES.get(self._mode, ()):
            painter.fillRect(self._swatch(x), colour)
            x = self._word(painter, x + _SWATCH + _SPACE, name) + _GAP
        for mark in self._marks:
            painter.fillRect(self._swatch(x), theme.UNDER_PICTURE)
            paint_mark(painter, QRectF(self._swatch(x)).adjusted(-1, -1, 1, 1), mark)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            x = self._word(painter, x + _SWATCH + _SPACE, _MARKS[mark]) + _GAP

    def _say(self) -> None:
        self.setAccessibleName(f"Legend of the token lens: {', '.join(self.words())}")
        self.updateGeometry()
        self.update()

    def _swatch(self, x: int) -> QRect:
        return QRect(x, (self.height() - _SWATCH) // 2, _SWATCH, _SWATCH)

    def _paint_ramp(self, painter: QPainter, low: str, high: str) -> int:
        """Where it ends."""
        left = self._word(painter, 0, low)
        bar = QRect(left + 7, self.height() // 2 - 4, _BAR, 8)
        ramp = QLinearGradient(bar.topLeft(), bar.topRight())
        for index, colour in enumerate(RAMP):
            ramp.setColorAt(index / (len(RAMP) - 1), QColor(colour))
        painter.fillRect(bar, ramp)
        return self._word(painter, bar.right() + 8, high) + _GAP

    def _width(self, word: str) -> int:
        return self.fontMetrics().horizontalAdvance(word)

    def _word(self, painter: QPainter, x: int, word: str) -> int:
        """Where it ends."""
        painter.setPen(theme.TEXT_DIM)
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRect(x, 0, self._width(word) + 2, self.height()), flags, word)
        return x + self._width(word)
