"""Over the whole window while something is dragged over it: what will be done with it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from studio import theme

_DARK = QColor(0, 0, 0, 170)
_INSET, _ROUND, _SIDE = 14, 10, 24


class DropHint(QWidget):
    """Hidden until it has words; the mouse does not notice it.

    Attributes:
        words: what is said.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.words = ""
        self._refused = False
        self.hide()

    def say(self, words: str, *, refused: bool = False) -> None:
        """Show what will be done, or why nothing will."""
        self.words, self._refused = words, refused
        self.setAccessibleName(words)
        self.setGeometry(self._window.rect())
        self.show()
        self.raise_()
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), _DARK)
        colour = theme.WARNING if self._refused else theme.ACCENT
        painter.setPen(QPen(colour, 3, Qt.PenStyle.DashLine))
        frame = QRectF(self.rect()).adjusted(_INSET, _INSET, -_INSET, -_INSET)
        painter.drawRoundedRect(frame, _ROUND, _ROUND)
        self._paint_words(painter)

    def _paint_words(self, painter: QPainter) -> None:
        painter.setFont(theme.font(18, bold=True))
        room = self.rect().adjusted(4 * _SIDE, 0, -4 * _SIDE, 0)
        how = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        words = painter.boundingRect(room, int(how), self.words)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.UNDER_PICTURE)
        painter.drawRoundedRect(words.adjusted(-_SIDE, -_SIDE, _SIDE, _SIDE), _ROUND, _ROUND)
        painter.setPen(theme.ON_PICTURE)
        painter.drawText(room, int(how), self.words)
