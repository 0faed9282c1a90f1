"""Tokens under the cursor: the one pointed at, the one looked at, and many with a brush.

Rows and columns are those of the lens; without a lens there are no tokens.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPen

from core.token_edits import FREE
from studio.widgets.scene import Scene
from studio.widgets.token_lens import cell_rect

if TYPE_CHECKING:
    from studio.widgets.clip_view import ClipView

Cell = tuple[int, int]
NOWHERE: Cell = (-1, -1)

_WAYS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_PEN = 4  # view points that the frame around a token takes on either side


class TokenPicker:
    """Attributes:
    pointed: row and column of the token under the cursor; chosen: of the one that is looked at,
        which arrow keys move. `NOWHERE` when there is none.
    by_keyboard: whether it was asked about with a key.
    """

    def __init__(self, view: ClipView, scene: Scene) -> None:
        self._view, self._scene = view, scene
        self.pointed, self.chosen = NOWHERE, NOWHERE
        self.by_keyboard = False

    def at(self, cursor: QPointF | None) -> Cell:
        """The token at a view point."""
        lens, rect = self._view.lens, self._view.lensRect()
        if lens is None or cursor is None or not rect.contains(cursor):
            return NOWHERE
        height, width = lens.given.shape
        row = int((cursor.y() - rect.top()) * height / rect.height())
        column = int((cursor.x() - rect.left()) * width / rect.width())
        return min(row, height - 1), min(column, width - 1)

    def point(self, cursor: QPointF | None) -> None:
        """The cursor moves."""
        cell = self.at(cursor)
        if cell != self.pointed:
            self.pointed = cell
            self._view.tokenPointed.emit(*cell)

    def pick(self, cursor: QPointF) -> None:
        """Look at the token at a view point, and ask about it; beside the lens, at none."""
        self.choose(self.at(cursor))
        self._ask(by_keyboard=False)

    def choose(self, cell: Cell) -> None:
        """Look at a token, or at `NOWHERE`; whoever listens is told when it is another one."""
        if cell == self.chosen:
            return
        for one in (self.chosen, cell):
            self._repaint(one)
        self.chosen = cell
        self._view.tokenChosen.emit(*cell)

    def settle(self) -> None:
        """The lens has changed: what is beyond it is left."""
        lens = self._view.lens
        shape = (0, 0) if lens is None else lens.given.shape
        if self.chosen[0] >= shape[0] or self.chosen[1] >= shape[1]:
            self.choose(NOWHERE)

    def wants(self, event: QKeyEvent) -> bool:
        """Whether a key is meant for the token that is looked at."""
        held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if self.chosen == NOWHERE or held != Qt.KeyboardModifier.NoModifier:
            return False
        return event.key() in (*_WAYS, *_ENTER, Qt.Key.Key_Escape)

    def press(self, event: QKeyEvent) -> None:
        """A key that it wants goes down: arrows go to the next token, Enter asks about it."""
        key = event.key()
        if key == Qt.Key.Key_Escape:
            self.choose(NOWHERE)
        elif key in _ENTER:
            self._ask(by_keyboard=True)
        elif self._view.lens is not None:
            height, width = self._view.lens.given.shape
            down, right = _WAYS[Qt.Key(key)]
            row, column = self.chosen
            self.choose(
                (min(max(row + down, 0), height - 1), min(max(column + right, 0), width - 1))
            )

    def rect(self, cell: Cell) -> QRectF:
        """Where a token stands in the view."""
        lens = self._view.lens
        if lens is None or cell == NOWHERE:
            return QRectF()
        return cell_rect(self._view.lensRect(), lens.given.shape, *cell)

    def show_marks(self, places: np.ndarray, mark: int) -> None:
        """Tokens (h, w) that are being marked, before whoever keeps the marks knows of it."""
        lens = self._scene.lens
        if lens is not None and lens.given.shape == places.shape:
            before = np.full(places.shape, FREE) if lens.marks is None else lens.marks
            self._scene.lens = replace(lens, marks=np.where(places, mark, before))
            self._view.update()

    def paint(self, painter: QPainter) -> None:
        """A frame around the token that is looked at, seen on any picture."""
        frame = self.rect(self.chosen)
        if frame.isEmpty():
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in ((QColor(0, 0, 0, 220), 5), (QColor(255, 255, 255), 2)):
            painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.SquareCap))
            painter.drawRect(frame.toRect())

    def _ask(self, *, by_keyboard: bool) -> None:
        self.by_keyboard = by_keyboard
        if self.chosen != NOWHERE:
            self._view.tokenAsked.emit(*self.chosen)

    def _repaint(self, cell: Cell) -> None:
        frame = self.rect(cell).adjusted(-_PEN, -_PEN, _PEN, _PEN)
        self._view.camera.repaint(frame.toAlignedRect())


class TokenStroke:
    """A gesture that marks the tokens that the brush touches."""

    def __init__(self, view: ClipView, cursor: QPointF, size: float, mark: int) -> None:
        self._view, self._radius, self._mark = view, size / 2, mark
        lens = view.lens
        assert lens is not None
        self._places: np.ndarray = np.zeros(lens.given.shape, bool)
        self._last = cursor
        self.move(cursor)

    def move(self, cursor: QPointF) -> None:
        far = max(abs(cursor.x() - self._last.x()), abs(cursor.y() - self._last.y()))
        for share in np.linspace(0, 1, 2 + int(far / 3)):
            self._places |= self._touched(self._last + (cursor - self._last) * float(share))
        self._last = cursor
        self._view.tokens.show_marks(self._places, self._mark)

    def finish(self) -> None:
        self._view.tokensMarked.emit(self._places, self._mark)

    def _touched(self, point: QPointF) -> np.ndarray:
        """Bool (h, w): tokens that a disc around a view point reaches into; the one under its
        middle, however small it is."""
        rect, (height, width) = self._view.lensRect(), self._places.shape[:2]
        cell = QPointF(rect.width() / width, rect.height() / height)
        across = np.abs(rect.left() + (np.arange(width) + 0.5) * cell.x() - point.x())
        down = np.abs(rect.top() + (np.arange(height) + 0.5) * cell.y() - point.y())
        beside = np.maximum(across - cell.x() / 2, 0)
        above = np.maximum(down - cell.y() / 2, 0)
        radius = max(self._radius * self._view.place.ratio * self._view.pressure, 0.5)
        return np.asarray(above[:, None] ** 2 + beside**2 < radius**2)
