"""What a token could be: a row for each candidate, with its picture, code and probability."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QHideEvent, QImage, QKeyEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from studio import theme
from studio.widgets.pictures import image_of

_PICTURE, _PAD, _GAP = 36, 3, 10
_BAR = 5
_FRAME_MS = 160


@dataclass(frozen=True)
class Row:
    """A candidate: its code, its probability, and whether it stands there now."""

    token: int
    probability: float
    present: bool = False


class CandidateList(QWidget):
    """Rows that can be pressed; their pictures play while they are seen. Before anything is known
    of them there are as many empty ones, so that nothing moves when they are filled.

    Args:
        count: of rows.

    Signals:
        chosen(int): the code of the row that was pressed.
    """

    chosen = Signal(int)

    def __init__(self, count: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Candidates")
        self.rows = [_RowButton() for _ in range(count)]
        self._timer = QTimer(self)
        self._timer.setInterval(_FRAME_MS)
        self._timer.timeout.connect(self._play)
        self._frame = 0
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for button in self.rows:
            button.chosen.connect(self.chosen)
            button.beside.connect(self._go_beside)
            column.addWidget(button)

    def setRows(self, rows: Sequence[Row]) -> None:
        """Shows other candidates, the first ones of them, without pictures; () empties all."""
        most = max((row.probability for row in rows), default=1.0) or 1.0
        for number, button in enumerate(self.rows):
            row = rows[number] if number < len(rows) else None
            button.show_row(row, row.probability / most if row else 0.0)

    def setPicture(self, number: int, frames: np.ndarray) -> None:
        """What a candidate looks like in place, uint8 (n, H, W, 3)."""
        if number < len(self.rows):
            self.rows[number].frames = [image_of(frame) for frame in frames]
            self.rows[number].update()

    def _play(self) -> None:
        self._frame += 1
        for button in self.rows:
            if len(button.frames) > 1:
                button.frame = self._frame
                button.update(button.picture)

    def _go_beside(self, by: int) -> None:
        focused = next((k for k, row in enumerate(self.rows) if row.hasFocus()), 0)
        self.rows[min(max(focused + by, 0), len(self.rows) - 1)].setFocus()

    def showEvent(self, event: QShowEvent) -> None:
        self._timer.start()
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()
        super().hideEvent(event)


class _RowButton(QAbstractButton):
    """One candidate, or an empty place for one.

    Signals:
        chosen(int): it was pressed. beside(int): an arrow key asks for the row above or below.
    """

    chosen = Signal(int)
    beside = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.row: Row | None = None
        self.frames: list[QImage] = []
        self.frame, self._share = 0, 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.clicked.connect(self._choose)
        self.show_row(None, 0.0)

    def show_row(self, row: Row | None, share: float) -> None:
        """Another candidate, whose bar has a share of the longest one's length."""
        self.row, self._share, self.frames = row, share, []
        self.setEnabled(row is not None)
        self.setCursor(Qt.CursorShape.PointingHandCursor if row else Qt.CursorShape.ArrowCursor)
        words = f"Token {row.token}, {_percent(row.probability)}" if row else "Not known yet"
        present = row is not None and row.present
        self.setAccessibleName(f"{words}, stands there now" if present else words)
        use = "It stands there now; press to pin it." if present else "Put it there and pin it."
        self.setToolTip(use if row else "")
        self.update()

    def _choose(self) -> None:
        if self.row is not None:
            self.chosen.emit(self.row.token)

    @property
    def picture(self) -> QRect:
        """Where the picture stands."""
        return QRect(_PAD, _PAD, _PICTURE, _PICTURE)

    def sizeHint(self) -> QSize:
        return QSize(230, _PICTURE + 2 * _PAD)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self.row is not None and (self.underMouse() or self.hasFocus()):
            painter.fillRect(self.rect(), theme.HOVER)
        self._paint_picture(painter)
        left = self.picture.right() + _GAP
        line = QRect(left, _PAD, self.width() - left - _PAD, _PICTURE // 2 + 2)
        if self.row is not None:
            self._paint_words(painter, self.row, line)
        bar = QRectF(left, line.bottom() + 4, line.width(), _BAR)
        painter.fillRect(bar, theme.RAISED)
        bar.setWidth(bar.width() * self._share)
        painter.fillRect(bar, theme.KEPT)
        if self.hasFocus():
            painter.setPen(theme.ACCENT)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _paint_words(self, painter: QPainter, row: Row, line: QRect) -> None:
        painter.setFont(theme.font(theme.FONT_PX, tabular=True, bold=row.present))
        painter.setPen(theme.TEXT)
        middle, words = Qt.AlignmentFlag.AlignVCenter, f"{row.token:,}"
        left, right = middle | Qt.AlignmentFlag.AlignLeft, middle | Qt.AlignmentFlag.AlignRight
        painter.drawText(line, left, f"{words}  ·  now" if row.present else words)
        painter.drawText(line, right, _percent(row.probability))

    def _paint_picture(self, painter: QPainter) -> None:
        place = self.picture
        if not self.frames:
            painter.fillRect(place, theme.RAISED)
            return
        painter.fillRect(place, QColor(0, 0, 0))
        image = self.frames[self.frame % len(self.frames)]
        size = image.size().scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio)
        target = QRect(0, 0, size.width(), size.height())
        target.moveCenter(place.center())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(target, image)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.beside.emit(1 if event.key() == Qt.Key.Key_Down else -1)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)


def _percent(probability: float) -> str:
    """Small ones are told apart from none."""
    if 0 < probability < 0.001:
        return "< 0.1%"
    return f"{probability:.1%}" if probability < 0.0995 else f"{probability:.0%}"
