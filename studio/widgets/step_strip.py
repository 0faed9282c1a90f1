"""The step strip: one small picture per decode step, to look back at how the clip came to be."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

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

    Steps have numbers. Where each has a place of its own, those to come are empty places; where
    many numbers are left out, only the steps that are there have one.

    Signals:
        stepChosen(int): a click or an arrow key asks for a step that is there, by its number.
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

    def clear(self, places: int = 0) -> None:
        """Starts anew, with empty places for the first `places` steps."""
        self.cells.clear(places)

    def addStep(self, number: int, picture: np.ndarray | None, kept_share: float) -> None:
        """A step is there; without a picture it shows its number only.

        Args:
            picture: uint8 (H, W, 3) RGB of any size.
            kept_share: share of the wanted tokens that are decided, in [0, 1].
        """
        self.cells.add(number, picture, kept_share)

    def keepSteps(self, numbers: Iterable[int]) -> None:
        """Lets go of all steps but these."""
        self.cells.keep(set(numbers))

    def setCurrent(self, number: int) -> None:
        """The step that the canvas shows; -1 for none. It is scrolled into view."""
        self.cells.setCurrent(number)
        if number >= 0:
            place = self.cells.cell(number)
            self.ensureVisible(place.center().x(), place.center().y(), _CELL.width(), 0)


class _Cells(QWidget):
    """The row inside the scroll area."""

    def __init__(self, strip: StepStrip) -> None:
        super().__init__()
        self.setAccessibleName("Decode steps")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFont(theme.font(theme.SMALL_PX, tabular=True))
        self._strip = strip
        self._empty = 0  # steps from 0 on that have a place before they are there
        self._order: list[int] = []  # number of the step at each place
        self._steps: dict[int, tuple[QImage | None, float]] = {}
        self._current = -1

    def clear(self, places: int) -> None:
        self._empty, self._current = places, -1
        self._steps.clear()
        self._arrange()

    def add(self, number: int, picture: np.ndarray | None, kept_share: float) -> None:
        image = None if picture is None else image_of(picture)
        if image is not None and image.height() > 2 * _CELL.height():
            image = image.scaledToHeight(
                2 * _CELL.height(), Qt.TransformationMode.SmoothTransformation
            )
        self._steps[number] = (image, kept_share)
        self._arrange()

    def keep(self, numbers: set[int]) -> None:
        self._steps = {number: self._steps[number] for number in self._steps if number in numbers}
        self._arrange()

    def setCurrent(self, number: int) -> None:
        self._current = number
        self.update()

    def cell(self, number: int) -> QRect:
        """Where the picture of a step stands; one that has no place yet, after the last."""
        return self._cell_at(bisect_left(self._order, number))

    def _cell_at(self, place: int) -> QRect:
        return QRect(_SIDE + place * (_CELL.width() + _GAP), 6, _CELL.width(), _CELL.height())

    def _arrange(self) -> None:
        self._order = sorted({*range(self._empty), *self._steps})
        width = 2 * _SIDE + len(self._order) * (_CELL.width() + _GAP) - _GAP
        self.setMinimumSize(max(0, width), _HEIGHT)
        self.update()

    def _choose(self, number: int) -> None:
        if number in self._steps and number != self._current:
            self._strip.setCurrent(number)
            self._strip.stepChosen.emit(number)

    def _choose_at(self, place: int) -> None:
        if 0 <= place < len(self._order):
            self._choose(self._order[place])

    def _beside(self, by: int) -> int:
        """Number of the step that is there before (-1) or after (1) the current one."""
        there = sorted(self._steps)
        place = bisect_left(there, self._current) + by
        return there[min(max(place, 0), len(there) - 1)] if there else -1

    def _paint_cell(self, painter: QPainter, place: QRect, number: int) -> None:
        known = number in self._steps
        painter.fillRect(place, theme.CANVAS if known else theme.BACKGROUND)
        if known:
            self._paint_step(painter, place, *self._steps[number])
        painter.setBrush(Qt.BrushStyle.NoBrush)
        current = number == self._current
        painter.setPen(QPen(theme.ACCENT, 2) if current else QPen(theme.LINE, 1))
        painter.drawRect(QRectF(place).adjusted(0, 0, -1, -1))
        painter.setPen(theme.TEXT if current else theme.TEXT_DIM if known else theme.TEXT_OFF)
        label = QRect(place.left(), place.bottom() + 3, place.width(), _HEIGHT - place.bottom() - 4)
        painter.drawText(label, Qt.AlignmentFlag.AlignCenter, self._label(number))

    def _label(self, number: int) -> str:
        if number not in self._steps:
            return f"{number + 1:,}"
        return f"{number + 1:,}  ·  {self._steps[number][1]:.0%}"

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
        if not self._order:
            painter.setPen(theme.TEXT_DIM)
            painter.drawText(
                self.rect(),
                Qt.AlignmentFlag.AlignCenter,
                _INVITATION,
            )
        for place, number in enumerate(self._order):
            cell = self._cell_at(place)
            if cell.adjusted(0, 0, 0, 30).intersects(event.rect()):
                self._paint_cell(painter, cell, number)
        if self.hasFocus():
            painter.setPen(theme.ACCENT)
            painter.drawRect(self.visibleRegion().boundingRect().adjusted(0, 0, -1, -1))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            x = event.position().x() - _SIDE
            self._choose_at(int(x // (_CELL.width() + _GAP)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        targets = {
            Qt.Key.Key_Left: self._beside(-1),
            Qt.Key.Key_Right: self._beside(1),
            Qt.Key.Key_Home: min(self._steps, default=-1),
            Qt.Key.Key_End: max(self._steps, default=-1),
        }
        if event.key() in targets:
            self._choose(targets[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)
