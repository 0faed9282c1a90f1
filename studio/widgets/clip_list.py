"""A list of clips, each with its picture: one is open, all can be put into another order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListWidget,
    QListWidgetItem,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from studio import theme

_PAD, _PICTURE = 8, QSize(80, 46)
_NAME_PX, _LINE_PX = 18, 15  # heights of the lines
_ROW = int(Qt.ItemDataRole.UserRole)
_NAME = int(Qt.ItemDataRole.UserRole) + 1
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, eq=False)
class ClipRow:
    """A clip in the list.

    Attributes:
        id: by which it is known. name, about: the two lines.
        picture: a thumbnail, or None.
        problem: why it cannot be opened, a sentence, or "".
        open: whether it is the one that is open.
    """

    id: str
    name: str
    about: str
    picture: QImage | None = None
    problem: str = ""
    open: bool = False


class ClipList(QListWidget):
    """Attributes:
    chosen: id of the clip that the keyboard is on, or "".

    Signals:
        opened(str): a clip is to be opened, by a click or the Enter key.
        removed(str): by the Delete key.
        moved(str, int): a clip was dragged, or carried by Alt and an arrow, to a place.
    """

    opened = Signal(str)
    removed = Signal(str)
    moved = Signal(str, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Clips of the project")
        self.setItemDelegate(_Rows(self))
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.itemClicked.connect(lambda item: self.opened.emit(item.data(_NAME)))
        self.model().rowsMoved.connect(self._note_move)

    @property
    def chosen(self) -> str:
        item = self.currentItem()
        return item.data(_NAME) if item is not None else ""

    def show_rows(self, rows: Sequence[ClipRow]) -> None:
        """Shows these clips; the keyboard stays on the one that it was on."""
        chosen = self.chosen or next((row.id for row in rows if row.open), "")
        self.blockSignals(True)
        if [row.id for row in rows] != [self.item(k).data(_NAME) for k in range(self.count())]:
            self.clear()
            for _row in rows:
                self.addItem(QListWidgetItem())
        for place, row in enumerate(rows):
            self._show_row(self.item(place), row)
        places = [place for place, row in enumerate(rows) if row.id == chosen]
        self.setCurrentRow(places[0] if places else min(0, len(rows) - 1))
        self.blockSignals(False)

    def _show_row(self, item: QListWidgetItem, row: ClipRow) -> None:
        item.setData(_NAME, row.id)
        item.setData(_ROW, row)
        item.setData(Qt.ItemDataRole.ToolTipRole, f"{row.name}\n{row.problem or row.about}")
        state = ", open" if row.open else ""
        words = f"{row.name}{state}, {row.problem or row.about}"
        item.setData(Qt.ItemDataRole.AccessibleTextRole, words)

    def _note_move(self, _parent: Index, first: int, _last: int, _to: Index, place: int) -> None:
        place = place if place < first else place - 1
        self.moved.emit(self.item(place).data(_NAME), place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, alt = event.key(), event.modifiers() & Qt.KeyboardModifier.AltModifier
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.chosen:
            self.opened.emit(self.chosen)
        elif key == Qt.Key.Key_Delete and self.chosen:
            self.removed.emit(self.chosen)
        elif alt and key in (Qt.Key.Key_Up, Qt.Key.Key_Down) and self.chosen:
            place = self.currentRow() + (1 if key == Qt.Key.Key_Down else -1)
            if 0 <= place < self.count():
                self.moved.emit(self.chosen, place)
        else:
            super().keyPressEvent(event)


class _Rows(QStyledItemDelegate):
    """Draws a picture with two lines beside it; what is open has a bar of the accent's colour."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(super().sizeHint(option, index).width(), _PICTURE.height() + 2 * _PAD)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: ClipRow | None = index.data(_ROW)
        if row is None:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        view = option.widget
        assert isinstance(view, QListWidget)
        chosen = index.row() == view.currentRow() and view.hasFocus()
        hovered = view.indexAt(view.viewport().mapFromGlobal(view.cursor().pos())) == index
        self._paint_ground(painter, option.rect, row.open, chosen, hovered)
        place = QRect(option.rect.topLeft(), _PICTURE).translated(_PAD + 2, _PAD)
        self._paint_picture(painter, place, row)
        left = _PICTURE.width() + 2 * _PAD + 4
        self._paint_lines(painter, option.rect.adjusted(left, 0, -_PAD, 0), row)
        painter.restore()

    def _paint_ground(
        self, painter: QPainter, area: QRect, is_open: bool, chosen: bool, hovered: bool
    ) -> None:
        if is_open or hovered:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.RAISED if is_open else theme.HOVER)
            painter.drawRoundedRect(area.adjusted(0, 1, 0, -1), theme.RADIUS_PX, theme.RADIUS_PX)
        if is_open:
            bar = QRect(area.left(), area.top() + 6, 3, area.height() - 12)
            painter.fillRect(bar, theme.ACCENT)
        if chosen:
            painter.setPen(QPen(theme.ACCENT, 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(area.adjusted(0, 1, -1, -2), theme.RADIUS_PX, theme.RADIUS_PX)

    def _paint_picture(self, painter: QPainter, place: QRect, row: ClipRow) -> None:
        painter.fillRect(place, theme.CANVAS)
        if row.picture is not None:
            size = row.picture.size().scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio)
            target = QRect(place.topLeft(), size)
            target.moveCenter(place.center())
            painter.setOpacity(0.4 if row.problem else 1.0)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(target, row.picture)
            painter.setOpacity(1.0)
        if row.problem:
            ratio = painter.device().devicePixelRatioF()
            icon = theme.icon_pixmap("warning", theme.WARNING, 20, ratio)
            painter.drawPixmap(place.center().x() - 10, place.center().y() - 10, icon)

    def _paint_lines(self, painter: QPainter, area: QRect, row: ClipRow) -> None:
        lines = ("Missing",) if row.problem else tuple(row.about.split("\n"))
        colour = theme.WARNING if row.problem else theme.TEXT_DIM
        top = area.center().y() - (_NAME_PX + _LINE_PX * len(lines)) // 2
        name = QRect(area.left(), top, area.width(), _NAME_PX)
        _draw_line(painter, row.name, theme.TEXT, theme.FONT_PX, name)
        for number, line in enumerate(lines):
            below = name.translated(0, _NAME_PX + _LINE_PX * number)
            _draw_line(painter, line, colour, theme.SMALL_PX, below)


def _draw_line(painter: QPainter, text: str, colour: QColor, pixels: int, area: QRect) -> None:
    painter.setFont(theme.font(pixels))
    painter.setPen(colour)
    shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, area.width())
    where = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
    painter.drawText(area, int(where), shown)
