"""A small clip that plays over and over while it is seen, with a caption below."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import (
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QShowEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio import theme
from studio.widgets.pictures import image_of

_CAPTION_PX, _NARROWEST_PX = 32, 84
_CORNER_PX = 3.0


class ClipLoop(QWidget):
    """A click or the space bar stops it, and lets it go on.

    Attributes:
        playing: whether it moves while it is seen.
        number: of the frame that is shown.

    Args:
        frames: uint8 (n, H, W, 3), at least one; rate: frames a second.
        height: of the picture, in view pixels.
    """

    def __init__(
        self,
        frames: np.ndarray,
        rate: float,
        caption: str,
        height: int = 96,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._pictures = [QPixmap.fromImage(image_of(frame)) for frame in frames]
        self._caption = caption
        shape = self._pictures[0].size()
        self._picture = QSize(round(height * shape.width() / shape.height()), height)
        self.number, self.playing = 0, True
        self._timer = QTimer(self, interval=round(1000 / max(rate, 1)))
        self._timer.timeout.connect(self._advance)
        self.setAccessibleName(caption)
        self.setToolTip(caption)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFont(theme.font(theme.SMALL_PX))

    def sizeHint(self) -> QSize:
        return QSize(
            max(self._picture.width(), _NARROWEST_PX), self._picture.height() + _CAPTION_PX
        )

    def toggle(self) -> None:
        """Stop, or go on."""
        self.playing = not self.playing
        self._run()

    def _run(self) -> None:
        moving = self.playing and self.isVisible() and len(self._pictures) > 1
        if moving:
            self._timer.start()
        else:
            self._timer.stop()
        self.update()

    def _advance(self) -> None:
        self.number = (self.number + 1) % len(self._pictures)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHints(
            QPainter.RenderHint.SmoothPixmapTransform | QPainter.RenderHint.Antialiasing
        )
        target = QRectF(0, 0, *self._picture.toTuple())
        painter.drawPixmap(target, self._pictures[self.number], QRectF())
        if self.hasFocus():
            painter.setPen(QPen(theme.ACCENT, 2))
            painter.drawRoundedRect(target.adjusted(1, 1, -1, -1), _CORNER_PX, _CORNER_PX)
        below = QRectF(0, self._picture.height() + 4, self.width(), _CAPTION_PX - 4)
        painter.setPen(theme.TEXT_DIM)
        words = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft
        painter.drawText(below, int(words), self._caption)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.toggle()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space:
            self.toggle()
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._run()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()
