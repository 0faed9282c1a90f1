"""The command palette: any action by a few letters of its name, from the keyboard alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
)

from studio import theme
from studio.actions import MENUS
from studio.actions.row import shown
from studio.matching import ranked

if TYPE_CHECKING:
    from studio.panels.main_window import MainWindow

WIDTH, HEIGHT = 620, 420
_ROW_PX, _SIDE = 30, 10
_TOP_SHARE = 0.12  # of the window's height lies above the palette
_ENTRY = int(Qt.ItemDataRole.UserRole)
_MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


@dataclass(frozen=True)
class Entry:
    """An action as the palette shows it; `obstacle` says why it cannot be done now, or "";
    `letters` are the places in the text of what was typed."""

    name: str
    text: str
    menu: str
    keys: str
    obstacle: str
    letters: frozenset[int] = frozenset()

    @property
    def spoken(self) -> str:
        """All of it in one sentence, for a screen reader."""
        return ", ".join(filter(None, (self.text, self.menu, self.keys, self.obstacle)))


class Palette(QDialog):
    """Attributes:
    query: what is looked for. list: what is found, the likeliest first.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowFlags(Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setWindowTitle("Find an action")
        self._window = window
        self._entries = _entries(window)
        self.query = QLineEdit()
        self.query.setPlaceholderText("What do you want to do?")
        self.query.setAccessibleName("Find an action")
        self.query.textChanged.connect(self._show_found)
        self.query.installEventFilter(self)
        self.list = QListWidget()
        self.list.setAccessibleName("Actions that are found")
        self.list.setItemDelegate(_Row(self.list))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # keys go on to the query
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemClicked.connect(lambda _item: self.run())
        self._lay_out()
        self._show_found("")

    @property
    def found(self) -> list[Entry]:
        return [self.list.item(row).data(_ENTRY) for row in range(self.list.count())]

    @property
    def chosen(self) -> Entry | None:
        item = self.list.currentItem()
        return item.data(_ENTRY) if item is not None else None

    def run(self) -> None:
        """Do what is chosen; what cannot be done now says why, and the palette stays."""
        entry = self.chosen
        if entry is None or entry.obstacle:
            return
        self.accept()
        self._window.actions_[entry.name].trigger()

    def _show_found(self, query: str) -> None:
        self.list.clear()
        for entry, how in ranked(query, self._entries, lambda entry: (entry.text, entry.menu)):
            item = QListWidgetItem()
            item.setSizeHint(QSize(0, _ROW_PX))
            item.setData(_ENTRY, replace(entry, letters=how.letters))
            item.setData(Qt.ItemDataRole.AccessibleTextRole, entry.spoken)
            self.list.addItem(item)
        self.list.setCurrentRow(0)

    def _lay_out(self) -> None:
        frame = QFrame()
        frame.setProperty("overlay", True)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(frame)
        column = QVBoxLayout(frame)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(theme.GAP_PX)
        column.addWidget(self.query)
        column.addWidget(self.list, 1)
        window = self._window
        self.resize(min(WIDTH, window.width()), min(HEIGHT, window.height()))
        corner = window.mapToGlobal(window.rect().topLeft())
        aside = (window.width() - self.width()) // 2
        self.move(corner.x() + aside, corner.y() + round(window.height() * _TOP_SHARE))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Up and down move in the list while the query has the keyboard; Enter runs."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in _MOVES:
                self.list.event(event)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.run()
                return True
        return super().eventFilter(watched, event)


def _entries(window: MainWindow) -> list[Entry]:
    return [
        Entry(
            row.name,
            row.text.rstrip("…"),
            menu,
            "  ".join(map(shown, window.actions_[row.name].shortcuts()[:1])),
            row.obstacle(window),
        )
        for menu, rows in MENUS.items()
        for row in rows
        if row is not None and row.name != "find"
    ]


class _Row(QStyledItemDelegate):
    """Name, menu or what stands in the way, and the shortcut, in one line."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        super().paint(painter, option, index)  # the ground, as the style sheet has it
        entry: Entry = index.data(_ENTRY)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        place = option.rect.adjusted(_SIDE, 0, -_SIDE, 0)
        bright, dim = (theme.ON_DEEP, theme.ON_DEEP) if chosen else (theme.TEXT, theme.TEXT_DIM)
        painter.save()
        painter.setPen(dim)
        painter.drawText(place, Qt.AlignmentFlag.AlignRight | _MIDDLE, entry.keys)
        place.setRight(place.right() - _SIDE - painter.fontMetrics().horizontalAdvance(entry.keys))
        painter.setPen(dim if entry.obstacle else bright)
        place.setLeft(_draw_name(painter, place, entry) + 2 * _SIDE)
        painter.setFont(theme.font(theme.SMALL_PX))
        painter.setPen(bright if chosen else theme.WARNING if entry.obstacle else theme.TEXT_DIM)
        words = painter.fontMetrics().elidedText(
            entry.obstacle or entry.menu, Qt.TextElideMode.ElideRight, place.width()
        )
        painter.drawText(place, Qt.AlignmentFlag.AlignLeft | _MIDDLE, words)
        painter.restore()


_MIDDLE = Qt.AlignmentFlag.AlignVCenter


def _draw_name(painter: QPainter, place: QRect, entry: Entry) -> int:
    """Draws the name, what was typed in bold; returns where it ends."""
    left = place.left()
    plain, bold = theme.font(theme.FONT_PX), theme.font(theme.FONT_PX, bold=True)
    for number, letter in enumerate(entry.text):
        font = bold if number in entry.letters else plain
        painter.setFont(font)
        painter.drawText(
            QRect(left, place.top(), place.width(), place.height()),
            Qt.AlignmentFlag.AlignLeft | _MIDDLE,
            letter,
        )
        left += QFontMetrics(font).horizontalAdvance(letter)
    return left
