"""A gallery: pictures in two columns with headings; the one under the cursor plays."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

import numpy as np
from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QHideEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListView, QWidget

from studio.widgets.tile_painter import SHAPE, Shape, TilePainter

COLUMNS, HEADING_PX = 2, 40
_KEYS = (
    Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space, Qt.Key.Key_F, Qt.Key.Key_Delete,
    Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down,
    Qt.Key.Key_Home, Qt.Key.Key_End,
)  # fmt: skip
"""Keys that are no shortcuts of the window while the gallery has the focus."""

Index = QModelIndex | QPersistentModelIndex


class Film(Protocol):
    """What can be played: frames, uint8 (H, W, 3), so many a second."""

    @property
    def rate(self) -> float: ...
    def __len__(self) -> int: ...
    def frame(self, number: int) -> np.ndarray: ...


class TileView(QListView):
    """Shows a model whose items give a `Tile` or a `Heading` as `THING`, and their `SHAPE`. Only
    tiles are chosen.

    Args:
        film: gives what is played of an item, or None.

    Signals:
        shown, enlarged, starred: what is asked for of a tile: Enter or a double click, Space, F or
            a click on its star.
        dismissed: Delete, for all that are chosen.
    """

    shown = Signal(QModelIndex)
    enlarged = Signal(QModelIndex)
    starred = Signal(QModelIndex)
    dismissed = Signal()

    def __init__(
        self, film: Callable[[QModelIndex], Film | None], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._film_of = film
        self._film: Film | None = None
        self._played = QPersistentModelIndex()
        self._frame = 0
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._advance)
        self.painter = TilePainter(self)
        self.setItemDelegate(self.painter)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setSelectionRectVisible(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMouseTracking(True)
        self.entered.connect(self.play)
        self.viewportEntered.connect(self.stop)
        self.doubleClicked.connect(self.shown)

    def size_of(self, shape: Shape) -> QSize:
        """How much room an item takes."""
        side = (self.viewport().width() - 1) // COLUMNS
        return QSize(COLUMNS * side, HEADING_PX) if shape is Shape.ABOVE else QSize(side, side)

    # Playing

    @property
    def played(self) -> tuple[Index, np.ndarray, float] | None:
        """The tile that plays, the frame that is seen of it, and how far that is, 0 to 1."""
        if self._film is None:
            return None
        share = self._frame / max(1, len(self._film) - 1)
        return self._played, self._film.frame(self._frame), share

    def play(self, index: QModelIndex) -> None:
        """Play a tile over and over, if there is something to play."""
        if self._film is not None and self._played == index:
            return
        self.stop()
        film = self._film_of(index) if _is_tile(index) else None
        if film is not None and len(film) > 1:
            self._film, self._played, self._frame = film, QPersistentModelIndex(index), 0
            self._timer.start(round(1000 / max(film.rate, 1)))

    def stop(self) -> None:
        """Nothing plays any more."""
        self._timer.stop()
        if self._film is not None:
            self._film = None
            self._redraw()

    def _advance(self) -> None:
        if self._film is None or not self._played.isValid():
            self.stop()
            return
        self._frame = (self._frame + 1) % len(self._film)
        self._redraw()

    def _redraw(self) -> None:
        self.update(self.model().index(self._played.row(), 0))

    # Keys and clicks

    def _tiles(self) -> list[QModelIndex]:
        model = self.model()
        indices = (model.index(row, 0) for row in range(model.rowCount()))
        return [index for index in indices if _is_tile(index)]

    def _nearest(self, candidates: Iterable[QModelIndex]) -> QModelIndex:
        """Of the row of tiles that comes first, the one below or above the current tile."""
        here = self.visualRect(self.currentIndex())
        row: list[QModelIndex] = []
        for index in candidates:
            top = self.visualRect(index).top()
            if top != here.top() and (not row or top == self.visualRect(row[0]).top()):
                row.append(index)
            elif row:
                break
        row.sort(key=lambda index: abs(self.visualRect(index).left() - here.left()))
        return row[0] if row else self.currentIndex()

    # Qt overrides

    def moveCursor(
        self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier
    ) -> QModelIndex:
        """From tile to tile; headings are passed over."""
        kind, here, tiles = QAbstractItemView.CursorAction, self.currentIndex(), self._tiles()
        if here not in tiles:
            return tiles[0] if tiles else QModelIndex()
        place = tiles.index(here)
        match action:
            case kind.MoveLeft | kind.MovePrevious:
                return tiles[max(0, place - 1)]
            case kind.MoveRight | kind.MoveNext:
                return tiles[min(len(tiles) - 1, place + 1)]
            case kind.MoveUp:
                return self._nearest(reversed(tiles[:place]))
            case kind.MoveDown:
                return self._nearest(tiles[place + 1 :])
            case kind.MoveHome:
                return tiles[0]
            case kind.MoveEnd:
                return tiles[-1]
        moved = super().moveCursor(action, modifiers)
        return moved if _is_tile(moved) else here

    def event(self, event: QEvent) -> bool:
        asked = event.type() == QEvent.Type.ShortcutOverride
        if asked and isinstance(event, QKeyEvent) and _is_ours(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        asked = {
            Qt.Key.Key_Return: self.shown,
            Qt.Key.Key_Enter: self.shown,
            Qt.Key.Key_Space: self.enlarged,
            Qt.Key.Key_F: self.starred,
        }.get(Qt.Key(event.key()))
        if event.key() == Qt.Key.Key_Delete:
            self.dismissed.emit()
        elif asked is None:
            super().keyPressEvent(event)
        elif self.currentIndex().isValid():
            asked.emit(self.currentIndex())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = event.position().toPoint()
        index = self.indexAt(place)
        if _is_tile(index) and self.painter.star(self.visualRect(index)).contains(place):
            self.starred.emit(index)
        else:
            super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        place = event.position().toPoint()
        index = self.indexAt(place)
        if not self.painter.star(self.visualRect(index)).contains(place):
            super().mouseDoubleClickEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        tiles = self._tiles()
        if not self.currentIndex().isValid() and tiles:
            self.setCurrentIndex(tiles[0])

    def leaveEvent(self, event: QEvent) -> None:
        self.stop()
        super().leaveEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self.stop()
        super().hideEvent(event)


def _is_ours(event: QKeyEvent) -> bool:
    others = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
    return event.key() in _KEYS and not event.modifiers() & others


def _is_tile(index: QModelIndex) -> bool:
    return index.isValid() and index.data(SHAPE) is Shape.TILE
