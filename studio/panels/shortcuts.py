"""The list of keys, in which every action can be given another."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
)

from studio import theme
from studio.actions import MENUS
from studio.actions.row import Row, shown
from studio.matching import match
from studio.observable import bind
from studio.settings import NOTHING_CHOSEN, Chosen
from studio.shortcuts import FIXED, all_keys, as_before, owner, with_key, without_keys
from studio.widgets.key_field import KeyField
from studio.widgets.notice import Notice

if TYPE_CHECKING:
    from studio.panels.main_window import MainWindow

Change = Callable[[Chosen, str], Chosen]
SIZE = (560, 640)
_ROW = int(Qt.ItemDataRole.UserRole)


class ShortcutsDialog(QDialog):
    """Attributes:
    query: what is looked for, a name or a key. table: all actions with their keys.
    field: takes the key for the chosen action. notice: whose key it is already.
    none, reset, reset_all: the buttons.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Keyboard shortcuts")
        self.resize(*SIZE)
        self._preferences = window.studio.preferences
        self.query, self.table, self.field = QLineEdit(), QTreeWidget(), KeyField()
        self.notice = Notice()
        self.none, self.reset = QPushButton("No key"), QPushButton("Reset")
        self.reset_all = QPushButton("Reset all")
        self._label = QLabel()
        self._wanted = ""  # a key that is another action's
        self._groups = {menu: QTreeWidgetItem(self.table, [menu]) for menu in MENUS}
        self._items = {row.name: item for row, item in self._filled()}
        self._name()
        self._lay_out()
        self._connect()
        bind(self._preferences, "shortcuts", self._show_keys)
        self.choose("open")
        self.query.setFocus()

    def choose(self, name: str) -> None:
        """Make an action the one that gets a key."""
        self.table.setCurrentItem(self._items[name])

    @property
    def chosen(self) -> Row | None:
        item = self.table.currentItem()
        return item.data(0, _ROW) if item is not None and not item.isHidden() else None

    def _filled(self) -> list[tuple[Row, QTreeWidgetItem]]:
        made = []
        for menu, rows in MENUS.items():
            group = self._groups[menu]
            group.setFlags(Qt.ItemFlag.ItemIsEnabled)
            group.setFont(0, theme.font(theme.SMALL_PX, bold=True))
            for row in rows:
                if row is not None:
                    item = QTreeWidgetItem(group, [row.text.rstrip("…")])
                    item.setData(0, _ROW, row)
                    made.append((row, item))
        return made

    def _name(self) -> None:
        self.query.setPlaceholderText("Find by name or key")
        self.query.setClearButtonEnabled(True)
        self.query.setAccessibleName("Find a shortcut")
        self.table.setAccessibleName("Actions and their keys")
        self.table.setHeaderHidden(True)
        self.table.setColumnCount(2)
        self.table.setIndentation(12)
        self.table.setRootIsDecorated(False)
        self.table.expandAll()
        self.table.setItemsExpandable(False)
        header = self.table.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.field.setPlaceholderText("Click here and press a key")
        for button in (self.none, self.reset, self.reset_all):
            button.setAutoDefault(False)

    def _lay_out(self) -> None:
        keys = QHBoxLayout()
        keys.setSpacing(theme.GAP_PX)
        keys.addWidget(self.field, 1)
        keys.addWidget(self.none)
        keys.addWidget(self.reset)
        close = QPushButton("Close")
        close.setAutoDefault(False)
        close.clicked.connect(self.accept)
        below = QHBoxLayout()
        below.addWidget(self.reset_all)
        below.addStretch(1)
        below.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 12)
        column.setSpacing(theme.GAP_PX)
        column.addWidget(self.query)
        column.addWidget(self.table, 1)
        column.addWidget(self._label)
        column.addLayout(keys)
        column.addWidget(self.notice)
        column.addSpacing(theme.GAP_PX)
        column.addLayout(below)

    def _connect(self) -> None:
        self.query.textChanged.connect(self._filter)
        self.table.currentItemChanged.connect(lambda *_items: self._show_chosen())
        self.table.itemActivated.connect(lambda *_item: self.field.setFocus())
        self.field.keyPressed.connect(self._press)
        self.field.left.connect(self.table.setFocus)
        self.notice.actionTriggered.connect(self._swap)
        self.none.clicked.connect(lambda: self._change(without_keys))
        self.reset.clicked.connect(lambda: self._change(as_before))
        self.reset_all.clicked.connect(self._reset_all)

    # What is done

    def _press(self, key: str) -> None:
        """Give the key to the chosen action; one that is in use is named first."""
        row, chosen = self.chosen, self._preferences.shortcuts
        if row is None:
            return
        words = shown(QKeySequence(key))
        other = owner(key, chosen)
        self._wanted = key if other is not None and other is not row else ""
        if key in FIXED:
            self.notice.post(f"{words} {FIXED[key]}; it cannot be a shortcut.", "warning")
        elif other is not None and other is not row:
            name = other.text.rstrip("…")
            self.notice.post(f"{words} is the key of “{name}”.", "warning", "Swap the keys")
        else:
            self._change(partial(with_key, key=key))

    def _swap(self) -> None:
        self._change(partial(with_key, key=self._wanted))

    def _change(self, how: Change) -> None:
        row = self.chosen
        if row is not None:
            self.notice.clear()
            self._preferences.shortcuts = how(self._preferences.shortcuts, row.name)

    def _reset_all(self) -> None:
        self.notice.clear()
        self._preferences.shortcuts = NOTHING_CHOSEN

    # What is shown

    def _show_keys(self, chosen: Chosen) -> None:
        for name, keys in all_keys(chosen).items():
            item = self._items[name]
            item.setText(1, "   ".join(shown(QKeySequence(key)) for key in keys))
            item.setFont(1, theme.font(theme.FONT_PX, bold=name in chosen))
        self.reset_all.setEnabled(bool(chosen))
        self.reset_all.setToolTip(
            "Back to the keys that all actions came with." if chosen else "No key is changed."
        )
        self._show_chosen()

    def _show_chosen(self) -> None:
        row = self.chosen
        self.notice.clear()
        nothing = "" if row is not None else "Choose an action first."
        for control in (self.field, self.none, self.reset):
            control.setEnabled(row is not None)
            control.setToolTip(nothing)
        if row is None:
            self._label.setText(nothing)
            return
        keys, name = self._items[row.name].text(1), row.text.rstrip("…")
        self._label.setText(f"Key of “{name}”")
        self.field.setText(keys)
        self.field.setAccessibleName(f"Key of {name}")
        changed = row.name in self._preferences.shortcuts
        self.none.setEnabled(bool(keys))
        self.none.setToolTip("Take the key away." if keys else "The action has no key.")
        self.reset.setEnabled(changed)
        self.reset.setToolTip(
            "Back to the key that it came with." if changed else "It has the key it came with."
        )

    def _filter(self, query: str) -> None:
        for menu, rows in MENUS.items():
            items = [(row, self._items[row.name]) for row in rows if row is not None]
            for row, item in items:
                by_key = query.strip().lower() in item.text(1).lower()
                item.setHidden(not by_key and match(query, row.text, menu) is None)
            self._groups[menu].setHidden(all(item.isHidden() for _row, item in items))
        first = next((name for name, item in self._items.items() if not item.isHidden()), None)
        if first is not None and self.chosen is None:
            self.choose(first)
        self._show_chosen()
