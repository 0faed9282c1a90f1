"""What the greys of a difference mean, in one line."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.comparison import MID_GREY
from studio import theme

_LEVELS = 255
_BAR, _SPACE = 72, 7  # view points


class DifferenceLegend(QWidget):
    """A ramp from the least to the largest difference that can be told apart, in levels of 255."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ends = ("", "")
        self._signed = False
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFont(theme.font(theme.SMALL_PX, tabular=True))
        self.setDifference(1, signed=False)

    def setDifference(self, gain: int, *, signed: bool) -> None:
        """By which differences are amplified; signed: darker and brighter are told apart."""
        most = round((MID_GREY if signed else _LEVELS) / gain)
        self._signed = signed
        self._ends = (f"−{most}", f"+{most}") if signed else ("same", f"{most} levels")
        middle = ", grey: the same" if signed else ""
        self.setAccessibleName(f"Legend: black {self._ends[0]}{middle}, white {self._ends[1]}")
        self.setToolTip(
            "Grey where both are the same; brighter where the right one is."
            if signed
            else "Black where both are the same."
        )
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        words = sum(metrics.horizontalAdvance(word) for word in self._ends)
        return QSize(words + _BAR + 2 * _SPACE + 2, metrics.height() + 4)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        width = self.fontMetrics().horizontalAdvance(self._ends[0])
        bar = QRect(width + _SPACE, self.height() // 2 - 4, _BAR, 8)
        ramp = QLinearGradient(bar.topLeft(), bar.topRight())
        ramp.setColorAt(0, QColor(0, 0, 0))
        ramp.setColorAt(1, QColor(255, 255, 255))
        painter.fillRect(bar, ramp)
        painter.setPen(theme.LINE)
        painter.drawRect(bar)
        painter.setPen(theme.TEXT_DIM)
        middle = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(self.rect(), middle, self._ends[0])
        after = self.rect().adjusted(bar.right() + _SPACE + 1, 0, 0, 0)
        painter.drawText(after, middle, self._ends[1])
