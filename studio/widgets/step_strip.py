"""The step strip: one small picture per decode step, to look back at how the clip came to be."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QWidget

from studio import theme
from studio.widgets.pictures import image_of

_CELL, _HEIGHT = QSize(84, 48), 74
_GAP = 6
_SIDE = 8
_INVITATION = "Decode steps appear here while a clip is generated"


class StepStrip(QScrollArea):
    """Pictures of the steps so far, and empty places for those to come.

    Signals:
        stepChosen(int): a click or an arrow key asks for a step that is there.
    """

    stepChosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Decode steps")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(_HEIGHT + 12)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.cells = _Cells(self)
        self.setWidget(self.cells)

    def clear(self, total: int = 0) -> None:
        """Starts anew, with empty places for `total` steps."""
        self.cells.clear(total)

    def addStep(self, index: int, picture: np.ndarray | None, kept_share: float) -> None:
        """A step is there; without a picture it shows its number only.

        Args:
            picture: uint8 (H, W, 3) RGB of any size.
            kept_share: share of the wanted tokens that are decided, in [0, 1].
        """
        self.cells.add(index, picture, kept_share)

    def setCurrent(self, index: int) -> None:
        """The step that the canvas shows; -1 for none. It is scrolled into view."""
        self.cells.setCurrent(index)
        if index >= 0:
            place = self.cells.cell(index)
            self.ensureVisible(place.center().x(), place.center().y(), _CELL.width(), 0)


class _Cells(QWidget):
    """The row inside the scroll area."""

    def __init__(self, strip: StepStrip) -> None:
        super().__init__()
        self.setAccessibleName("Decode steps")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFont(theme.font(theme.SMALL_PX, tabular=True))
        self._strip = strip
        self._total = 0
        self._steps: dict[int, tuple[QImage | None, float]] = {}
        self._current = -1

    def clear(self, total: int) -> None:
        self._total, self._current = total, -1
        self._steps.clear()
        self._resize()

    def add(self, index: int, picture: np.ndarray | None, kept_share: float) -> None:
        image = None if picture is None else image_of(picture)
        if image is not None and image.height() > 2 * _CELL.height():
            image = image.scaledToHeight(
                2 * _CELL.height(), Qt.TransformationMode.SmoothTransformation
            )
        self._steps[index] = (image, kept_share)
        if index >= self._total:
            self._total = index + 1
            self._resize()
        self.update()

    def setCurrent(self, index: int) -> None:
        self._current = index
        self.update()

    def cell(self, index: int) -> QRect:
        """Where the picture of a step stands."""
        left = _SIDE + index * (_CELL.width() + _GAP)
        return QRect(left, 6, _CELL.width(), _CELL.height())

    def _resize(self) -> None:
        width = 2 * _SIDE + self._total * (_CELL.width() + _GAP) - _GAP
        self.setMinimumSize(max(0, width), _HEIGHT)
        self.update()

    def _choose(self, index: int) -> None:
        if index in self._steps and index != self._current:
            self._strip.setCurrent(index)
            self._strip.stepChosen.emit(index)

    def _paint_cell(self, painter: QPainter, index: int) -> None:
        place = self.cell(index)
        known = index in self._steps
        painter.fillRect(place, theme.CANVAS if known else theme.BACKGROUND)
        if known:
            self._paint_step(painter, place, *self._steps[index])
        painter.setBrush(Qt.BrushStyle.NoBrush)
        current = index == self._current
        painter.setPen(QPen(theme.ACCENT, 2) if current else QPen(theme.LINE, 1))
        painter.drawRect(QRectF(place).adjusted(0, 0, -1, -1))
        painter.setPen(theme.TEXT if current else theme.TEXT_DIM if known else theme.TEXT_OFF)
        label = QRect(place.left(), place.bottom() + 3, place.width(), _HEIGHT - place.bottom() - 4)
        painter.drawText(label, Qt.AlignmentFlag.AlignCenter, self._label(index))

    def _label(self, index: int) -> str:
        if index not in self._steps:
            return str(index + 1)
        return f"{index + 1}  ·  {self._steps[index][1]:.0%}"

    def _paint_step(
        self, painter: QPainter, place: QRect, image: QImage | None, kept_share: float
    ) -> None:
        if image is not None:
            size = image.size().scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio)
            target = QRect(0, 0, size.width(), size.height())
            target.moveCenter(place.center())
            painter.drawImage(target, image)
        bar = QRectF(place.left(), place.bottom() - 3, place.width(), 4)
        painter.fillRect(bar, QColor(0, 0, 0, 150))
        bar.setWidth(bar.width() * min(max(kept_share, 0.0), 1.0))
        painter.fillRect(bar, theme.KEPT)

    # Qt overrides

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(event.rect(), theme.PANEL)
        if not self._total:
            painter.setPen(theme.TEXT_DIM)
            painter.drawText(
                self.rect(),
                Qt.AlignmentFlag.AlignCenter,
                _INVITATION,
            )
        for index in range(self._total):
            if self.cell(index).adjusted(0, 0, 0, 30).intersects(event.rect()):
                self._paint_cell(painter, index)
        if self.hasFocus():
            painter.setPen(theme.ACCENT)
            painter.drawRect(self.visibleRegion().boundingRect().adjusted(0, 0, -1, -1))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            x = event.position().x() - _SIDE
            self._choose(int(x // (_CELL.width() + _GAP)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        targets = {
            Qt.Key.Key_Left: self._current - 1,
            Qt.Key.Key_Right: self._current + 1,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: max(self._steps, default=0),
        }
        if event.key() in targets:
            self._choose(targets[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)
