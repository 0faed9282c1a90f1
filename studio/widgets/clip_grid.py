"""Clips in columns that play together, each column with a name: what a model did, and when."""

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
_GAP, _NAME_PX = 4, 20


@dataclass(frozen=True, eq=False)
class ClipColumn:
    """Attributes:
    name: above the column.
    clips: uint8 (T, H, W, 3) each, all of one size; columns may have different lengths.
    marked: whether the name stands out.
    """

    name: str
    clips: Sequence[Frames]
    marked: bool = False


class ClipGrid(QWidget):
    """Plays its clips in a loop as long as it is seen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns: tuple[ClipColumn, ...] = ()
        self._frame = 0
        self._clock = QTimer(self)
        self._clock.timeout.connect(self._step)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 160)

    def setColumns(self, columns: Sequence[ClipColumn], rate: float) -> None:
        """Shows other columns, at so many frames per second."""
        self._columns = tuple(columns)
        self._clock.setInterval(round(1000 / max(rate, 1.0)))
        self.setAccessibleName("Samples: " + ", ".join(column.name for column in columns))
        self._run()
        self.update()

    def names(self) -> list[str]:
        """Of the columns."""
        return [column.name for column in self._columns]

    def sizeHint(self) -> QSize:
        return QSize(420, 440)

    def _run(self) -> None:
        if self._columns and self.isVisible():
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
        if not self._columns:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        width, height = self._cell()
        for number, column in enumerate(self._columns):
            left = number * (width + _GAP)
            self._write(painter, column, QRectF(left, 0, width, _NAME_PX))
            for row, clip in enumerate(column.clips):
                place = QRectF(left, _NAME_PX + row * (height + _GAP), width, height)
                painter.drawImage(place, image_of(clip[self._frame % len(clip)]))

    def _write(self, painter: QPainter, column: ClipColumn, place: QRectF) -> None:
        painter.setFont(theme.font(theme.SMALL_PX, bold=column.marked))
        painter.setPen(theme.TEXT if column.marked else theme.TEXT_DIM)
        painter.drawText(
            place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, column.name
        )

    def _cell(self) -> tuple[float, float]:
        """Width and height of a clip: as large as there is room."""
        _, height, width, _ = self._columns[0].clips[0].shape
        columns, rows = len(self._columns), max(len(column.clips) for column in self._columns)
        across = (self.width() - _GAP * (columns - 1)) / columns
        down = (self.height() - _NAME_PX - _GAP * (rows - 1)) / rows
        scale = max(min(across / width, down / height), 0.01)
        return width * scale, height * scale
