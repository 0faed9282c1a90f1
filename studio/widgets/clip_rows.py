"""Clips below each other that play together, each row with a name: what a model did, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QHideEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio import theme
from studio.widgets.pictures import image_of

Frames = NDArray[np.uint8]
_GAP = 6
_LABEL_PX = 74


@dataclass(frozen=True, eq=False)
class ClipRow:
    """Attributes:
    name: at the left of the row.
    frames: uint8 (T, H, W, 3); rows may have different lengths.
    marked: whether the name stands out.
    """

    name: str
    frames: Frames
    marked: bool = False


class ClipRows(QWidget):
    """Plays its rows in a loop as long as it is seen, unless it is paused."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[ClipRow, ...] = ()
        self._frame, self._paused = 0, False
        self._clock = QTimer(self)
        self._clock.timeout.connect(self._step)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(200, 120)

    def setRows(self, rows: Sequence[ClipRow], rate: float) -> None:
        """Shows other rows, at so many frames per second; what plays goes on from where it is."""
        self._rows = tuple(rows)
        self._clock.setInterval(round(1000 / max(rate, 1.0)))
        self.setAccessibleName("Samples: " + ", ".join(row.name for row in rows))
        self._run()
        self.update()

    def setPaused(self, paused: bool) -> None:
        self._paused = paused
        self._run()

    def sizeHint(self) -> QSize:
        return QSize(420, 420)

    def _run(self) -> None:
        moves = any(len(row.frames) > 1 for row in self._rows)
        if moves and not self._paused and self.isVisible():
            self._clock.start()
        else:
            self._clock.stop()

    def _step(self) -> None:
        self._frame += 1
        self.update()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._run()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._clock.stop()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for row, place in zip(self._rows, self._places(), strict=True):
            picture = row.frames[self._frame % len(row.frames)]
            painter.drawImage(place, image_of(picture))
            self._name(painter, row, place)

    def _name(self, painter: QPainter, row: ClipRow, place: QRectF) -> None:
        painter.setFont(theme.font(theme.SMALL_PX, bold=row.marked))
        painter.setPen(theme.TEXT if row.marked else theme.TEXT_DIM)
        beside = QRectF(place.left() - _LABEL_PX, place.top(), _LABEL_PX - 8, place.height())
        how = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(beside, how | Qt.TextFlag.TextWordWrap, row.name)

    def _places(self) -> list[QRectF]:
        """Where the rows are: all in one scale, as large as there is room."""
        if not self._rows:
            return []
        heights = [row.frames.shape[1] for row in self._rows]
        width = max(row.frames.shape[2] for row in self._rows)
        room = self.height() - _GAP * (len(heights) - 1)
        scale = max(min(room / sum(heights), (self.width() - _LABEL_PX) / width), 0.01)
        left, top, places = float(_LABEL_PX), 0.0, []
        for row, height in zip(self._rows, heights, strict=True):
            places.append(QRectF(left, top, row.frames.shape[2] * scale, height * scale))
            top += height * scale + _GAP
        return places
