"""The step strip: one small picture per decode step, to look back at how the clip came to be."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QToolTip, QWidget

from core.token_edits import AGAIN
from studio import theme
from studio.widgets.pictures import image_of
from studio.widgets.token_marks import paint_mark

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
        menuRequested(int, QPoint): what can be done with a step is asked for, at a global place.
    """

    stepChosen = Signal(int)
    menuRequested = Signal(int, QPoint)

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

    def clear(self, places: range = range(0), unit: str = "step") -> None:
        """Starts anew, with empty places for the steps of these numbers; `unit` is what a step is
        called."""
        self.cells.clear(places, unit)

    def setMarked(self, counts: Mapping[int, int]) -> None:
        """How many tokens a person has marked on a step, by its number."""
        self.cells.setMarked(counts)

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

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Any wheel goes along the row: there is nothing above or below."""
        delta = event.angleDelta()
        bar = self.horizontalScrollBar()
        bar.setValue(bar.value() - (delta.x() or delta.y()))
        event.accept()


class _Cells(QWidget):
    """The row inside the scroll area."""

    def __init__(self, strip: StepStrip) -> None:
        super().__init__()
        self.setAccessibleName("Decode steps")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFont(theme.font(theme.SMALL_PX, tabular=True))
        self._strip = strip
        self._empty = range(0)  # steps that have a place before they are there
        self._unit = "step"
        self._marked: Mapping[int, int] = {}
        self._order: list[int] = []  # number of the step at each place
        self._steps: dict[int, tuple[QImage | None, float]] = {}
        self._current = -1

    def clear(self, places: range, unit: str) -> None:
        self._empty, self._unit, self._current = places, unit, -1
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

    def setMarked(self, counts: Mapping[int, int]) -> None:
        self._marked = dict(counts)
        self.update()

    def about(self, number: int) -> str:
        """What there is to say of a step, in one line."""
        step = self._steps.get(number)
        parts = [f"{self._unit.capitalize()} {number + 1:,}"]
        parts.append("not decoded yet" if step is None else f"{step[1]:.0%} of the tokens decided")
        if marked := self._marked.get(number, 0):
            parts.append(f"{marked:,} marked")
        return "  ·  ".join(parts)

    def cell(self, number: int) -> QRect:
        """Where the picture of a step stands; one that has no place yet, after the last."""
        return self._cell_at(bisect_left(self._order, number))

    def _cell_at(self, place: int) -> QRect:
        return QRect(_SIDE + place * (_CELL.width() + _GAP), 6, _CELL.width(), _CELL.height())

    def _arrange(self) -> None:
        self._order = sorted({*self._empty, *self._steps})
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
        if self._marked.get(number):
            painter.fillRect(_badge(place), theme.UNDER_PICTURE)
            paint_mark(painter, QRectF(_badge(place)), AGAIN)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
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

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            place = self._place_at(event.pos())
            words = self.about(self._order[place]) if 0 <= place < len(self._order) else ""
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._choose_at(self._place_at(event.position().toPoint()))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """At the cursor, or, asked for with a key, at the step that is looked at."""
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        place = self._place_at(self.cell(self._current).center() if by_key else event.pos())
        if 0 <= place < len(self._order) and self._order[place] in self._steps:
            self._strip.menuRequested.emit(self._order[place], event.globalPos())

    def _place_at(self, point: QPoint) -> int:
        return (point.x() - _SIDE) // (_CELL.width() + _GAP)

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


def _badge(cell: QRect) -> QRect:
    """A small square in the corner of a picture."""
    return QRect(cell.right() - 15, cell.top() + 3, 13, 13)
