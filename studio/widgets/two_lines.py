"""A list whose entries have a picture, a name and a dim line below it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter
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

_ROW_PX, _ICON_PX, _INSET_PX = 46, 20, 10
_DATA = int(Qt.ItemDataRole.UserRole)
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class Entry:
    """One line of the list.

    Attributes:
        name: by which it is known.
        title, about: the two lines. icon: of assets/icons.
        marked: whether it is the one that counts; it gets a tick. `about` says why.
        wrong: whether something is wrong with it; `about` says what.
    """

    name: str
    title: str
    about: str
    icon: str
    marked: bool = False
    wrong: bool = False


class TwoLines(QListWidget):
    """Attributes:
    chosen: name of the entry that is looked at, or "".

    Signals:
        looked_at(str): another entry is looked at, by its name.
    """

    looked_at = Signal(str)

    def __init__(self, label: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(label)
        self.setItemDelegate(_Lines(self))
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.currentItemChanged.connect(lambda *_items: self.looked_at.emit(self.chosen))

    @property
    def chosen(self) -> str:
        item = self.currentItem()
        return item.data(_DATA).name if item is not None else ""

    def show_entries(self, entries: list[Entry], chosen: str) -> None:
        """Shows these entries, of which one is looked at; the first where there is no such one."""
        before = self.chosen
        self.blockSignals(True)
        self.clear()
        for entry in entries:
            item = QListWidgetItem(entry.title, self)
            item.setData(_DATA, entry)
            item.setToolTip(f"{entry.title}\n{entry.about}")
            words = f"{entry.title}, {entry.about}"
            item.setData(Qt.ItemDataRole.AccessibleTextRole, words)
        names = [entry.name for entry in entries]
        self.setCurrentRow(names.index(chosen) if chosen in names else 0)
        self.blockSignals(False)
        if self.chosen != before:
            self.looked_at.emit(self.chosen)


class _Lines(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(super().sizeHint(option, index).width(), _ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        entry: Entry = index.data(_DATA)
        self.initStyleOption(option, index)
        option.text = ""
        style = option.widget.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, option, painter, option.widget)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        bright, dim = (theme.ON_DEEP, theme.ON_DEEP) if chosen else (theme.TEXT, theme.TEXT_DIM)
        area = option.rect.adjusted(_INSET_PX, 0, -_INSET_PX, 0)
        name, colour = (
            ("warning", theme.WARNING) if entry.wrong and not chosen else (entry.icon, bright)
        )
        _draw_icon(painter, name, colour, QRect(area.topLeft(), QSize(_ICON_PX, _ROW_PX)))
        if entry.marked:
            place = QRect(area.right() - _ICON_PX + 4, area.top(), _ICON_PX, _ROW_PX)
            _draw_icon(painter, "check", bright if chosen else theme.ACCENT, place, 16)
            area.setRight(area.right() - _ICON_PX)
        lines = area.adjusted(_ICON_PX + 10, 6, 0, -6)
        _draw_line(painter, entry.title, bright, theme.FONT_PX, lines, top=True)
        _draw_line(painter, entry.about, dim, theme.SMALL_PX, lines, top=False)


def _draw_icon(
    painter: QPainter, name: str, colour: QColor, area: QRect, size: int = _ICON_PX
) -> None:
    pixmap = theme.icon_pixmap(name, colour, size, painter.device().devicePixelRatioF())
    painter.drawPixmap(area.left(), area.center().y() - size // 2, pixmap)


def _draw_line(
    painter: QPainter, text: str, colour: QColor, pixels: int, area: QRect, *, top: bool
) -> None:
    painter.setFont(theme.font(pixels))
    painter.setPen(colour)
    shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, area.width())
    where = Qt.AlignmentFlag.AlignTop if top else Qt.AlignmentFlag.AlignBottom
    painter.drawText(area, int(where | Qt.AlignmentFlag.AlignLeft), shown)
