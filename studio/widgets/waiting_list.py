"""What waits, in its order: dragged, or carried by keys, to another place; removed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from studio import theme

_ROW, _NAME = int(Qt.ItemDataRole.UserRole), int(Qt.ItemDataRole.UserRole) + 1
_PAD, _LINE_PX, _GRIP_PX, _CLOSE_PX = 7, 16, 16, 14
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class WaitingRow:
    """Something that waits.

    Attributes:
        id: by which it is known. title: what it is. lines: what is to be known of it before.
        warning: whether the first line is one.
    """

    id: str
    title: str
    lines: tuple[str, ...] = ()
    warning: bool = False

    @property
    def spoken(self) -> str:
        return ", ".join((self.title, *self.lines))


class WaitingList(QListWidget):
    """As high as all of its rows.

    Signals:
        moved(str, int): a row was dragged, or carried by Alt and an arrow, to a place.
        removed(str): by the Delete key or its cross. shown(str): by Enter or a double click.
    """

    moved = Signal(str, int)
    removed = Signal(str)
    shown = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Waiting jobs")
        self._rows = _Rows(self)
        self.setItemDelegate(self._rows)
        self.setMouseTracking(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QListWidget.Shape.NoFrame)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.itemDoubleClicked.connect(lambda item: self.shown.emit(item.data(_NAME)))
        self.model().rowsMoved.connect(self._note_move)

    @property
    def chosen(self) -> str:
        """Id of the row that the keyboard is on, or ""."""
        item = self.currentItem()
        return item.data(_NAME) if item is not None else ""

    @property
    def ids(self) -> list[str]:
        return [self.item(place).data(_NAME) for place in range(self.count())]

    def show_rows(self, rows: Sequence[WaitingRow]) -> None:
        """Shows these; the keyboard stays on the one that it was on."""
        chosen = self.chosen
        if [row.id for row in rows] != self.ids:
            self.clear()
            for _row in rows:
                self.addItem(QListWidgetItem())
        for place, row in enumerate(rows):
            item = self.item(place)
            item.setData(_NAME, row.id)
            item.setData(_ROW, row)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, row.spoken)
            item.setToolTip("\n".join((row.title, *row.lines)))
        if chosen in self.ids:
            self.setCurrentRow(self.ids.index(chosen))
        heights = sum(self.sizeHintForRow(place) for place in range(self.count()))
        self.setFixedHeight(heights + 2)

    def _note_move(self, _parent: Index, first: int, _last: int, _to: Index, place: int) -> None:
        place = place if place < first else place - 1
        self.moved.emit(self.item(place).data(_NAME), place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, alt = event.key(), event.modifiers() & Qt.KeyboardModifier.AltModifier
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.chosen:
            self.shown.emit(self.chosen)
        elif key == Qt.Key.Key_Delete and self.chosen:
            self.removed.emit(self.chosen)
        elif alt and key in (Qt.Key.Key_Up, Qt.Key.Key_Down) and self.chosen:
            place = self.currentRow() + (1 if key == Qt.Key.Key_Down else -1)
            if 0 <= place < self.count():
                self.moved.emit(self.chosen, place)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = event.position().toPoint()
        item = self.itemAt(place)
        if item is not None and self._rows.cross(self.visualItemRect(item)).contains(place):
            self.removed.emit(item.data(_NAME))
        else:
            super().mousePressEvent(event)


class _Rows(QStyledItemDelegate):
    """A grip, a title with lines below, and a cross on the row under the cursor."""

    def cross(self, room: QRect) -> QRect:
        """Where the cross of a row is."""
        corner = room.topRight() + QPoint(-_PAD - _CLOSE_PX, _PAD)
        return QRect(corner, QSize(_CLOSE_PX, _CLOSE_PX))

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        row: WaitingRow | None = index.data(_ROW)
        lines = 1 + len(row.lines) if row is not None else 1
        return QSize(option.rect.width(), lines * _LINE_PX + 2 * _PAD)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)  # the ground, as the style sheet has it
        row: WaitingRow | None = index.data(_ROW)
        if row is None:
            return
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_grip(painter, option.rect, theme.ON_DEEP if chosen else theme.TEXT_OFF)
        line = option.rect.adjusted(_PAD + _GRIP_PX, _PAD, -2 * _PAD - _CLOSE_PX, 0)
        line.setHeight(_LINE_PX)
        painter.setFont(theme.font(12, bold=True))
        self._paint_line(painter, line, row.title, theme.ON_DEEP if chosen else theme.TEXT)
        line.setRight(option.rect.right() - _PAD)
        painter.setFont(theme.font(theme.SMALL_PX, tabular=True))
        for number, words in enumerate(row.lines):
            line.translate(0, _LINE_PX)
            plain = theme.WARNING if row.warning and number == 0 else theme.TEXT_DIM
            self._paint_line(painter, line, words, theme.ON_DEEP if chosen else plain)
        if hovered or chosen:
            ink = theme.ON_DEEP if chosen else theme.TEXT_DIM
            scale = painter.device().devicePixelRatioF()
            painter.drawPixmap(
                self.cross(option.rect), theme.icon_pixmap("close", ink, _CLOSE_PX, scale)
            )
        painter.restore()

    def _paint_grip(self, painter: QPainter, room: QRect, ink: QColor) -> None:
        painter.setPen(QPen(ink, 1.4))
        for line in range(3):
            y = room.center().y() - 4 + 4 * line
            painter.drawLine(room.left() + _PAD, y, room.left() + _PAD + 8, y)

    def _paint_line(self, painter: QPainter, room: QRect, words: str, ink: QColor) -> None:
        painter.setPen(ink)
        short = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, room.width())
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(room, left, short)
