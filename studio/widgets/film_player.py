"""One picture that fills its place as well as it can, and moves when it is a film."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPoint, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QHideEvent, QImage, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio import theme
from studio.widgets.pictures import image_of
from studio.widgets.tile_view import Film


class FilmPlayer(QWidget):
    """Plays while it is seen.

    Attributes:
        number: of the frame that is shown.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._film: Film | None = None
        self._image: QImage | None = None
        self._words = ""
        self.number = 0
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._advance)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def play(self, film: Film) -> None:
        """Play a film over and over."""
        self._film, self.number, self._words = film, 0, ""
        self._image = image_of(film.frame(0))
        if self.isVisible():
            self._run()
        self.update()

    def show_picture(self, picture: np.ndarray | None, words: str = "") -> None:
        """Show one picture, uint8 (H, W, 3), or the words where there is none."""
        self._film, self._words = None, words
        self._timer.stop()
        self._image = None if picture is None else image_of(picture)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(96, 96)

    def _run(self) -> None:
        if self._film is not None and len(self._film) > 1:
            self._timer.start(round(1000 / max(self._film.rate, 1)))

    def _advance(self) -> None:
        if self._film is not None:
            self.number = (self.number + 1) % len(self._film)
            self._image = image_of(self._film.frame(self.number))
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.rect(), theme.CANVAS)
        if self._image is None:
            painter.setPen(theme.TEXT_DIM)
            painter.setFont(theme.font(theme.SMALL_PX))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._words)
            return
        size = self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        target = QRect(QPoint(), size)
        target.moveCenter(self.rect().center())
        painter.drawImage(target, self._image)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._run()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()
