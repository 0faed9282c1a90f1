"""The table of actions as QActions of a window: menus, shortcuts, tooltips, kept up to date."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QToolButton, QWidget

from studio import theme
from studio.actions import MENUS, ROWS
from studio.actions.row import LINE, Row, shown
from studio.observable import Observable, watch
from studio.settings import Chosen
from studio.shortcuts import all_keys

if TYPE_CHECKING:
    from studio.panels.main_window import MainWindow


class Actions:
    """The table as QActions of a window, kept up to date.

    Attributes:
        menus: by name, once the menu bar is filled.
    """

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self.menus: dict[str, QMenu] = {}
        self._groups: dict[str, QActionGroup] = {}
        self._obstacles: dict[str, str] = {}  # as they are shown
        self._actions = {row.name: self._made(row) for row in ROWS}
        window.addActions(list(self._actions.values()))

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def follow(self, states: Iterable[tuple[Observable, str]]) -> None:
        """Look again at what can be done whenever one of these fields changes."""
        for state, names in states:
            watch(state, names, self.refresh)

    def fill(self, bar: QMenuBar) -> None:
        """Give the menu bar its menus."""
        for name, rows in MENUS.items():
            self.menus[name] = bar.addMenu(f"&{name}")
            for row in rows:
                if row is LINE:
                    self.menus[name].addSeparator()
                else:
                    self.menus[name].addAction(self._actions[row.name])

    def use_shortcuts(self, chosen: Chosen) -> None:
        """Give every action its keys: those of the table, and what the user has chosen."""
        for name, keys in all_keys(chosen).items():
            self._actions[name].setShortcuts([QKeySequence(key) for key in keys])
        self._obstacles.clear()  # tooltips name the keys
        self.refresh()

    def refresh(self) -> None:
        for row in ROWS:
            action, obstacle = self._actions[row.name], row.obstacle(self._window)
            if self._obstacles.get(row.name) != obstacle:
                self._obstacles[row.name] = obstacle
                action.setEnabled(not obstacle)
                action.setToolTip(_tooltip(row, action, obstacle))
            if row.checked is not None:
                action.setChecked(row.checked(self._window))

    def _made(self, row: Row) -> QAction:
        action = QAction(row.text, self._window)
        action.setObjectName(row.name)
        if row.icon:
            theme.set_icon(action, row.icon)
        action.setIconVisibleInMenu(False)
        action.setCheckable(row.checked is not None)
        action.setAutoRepeat(not row.held)
        if row.group:
            group = self._groups.setdefault(row.group, QActionGroup(self._window))
            action.setActionGroup(group)
        action.triggered.connect(lambda: row.run(self._window))
        return action


def _tooltip(row: Row, action: QAction, obstacle: str) -> str:
    text = row.text.rstrip("…")
    keys = f" ({shown(action.shortcut())})" if not action.shortcut().isEmpty() else ""
    more = obstacle or row.help
    return f"{text}{keys}\n{more}" if more else f"{text}{keys}"


def button_tooltip(widget: QWidget, action: QAction) -> None:
    """Let a button show an action's tooltip, also while it is disabled."""
    action.changed.connect(lambda: widget.setToolTip(action.toolTip()))
    widget.setToolTip(action.toolTip())


def tool_button(action: QAction, icon_px: int = theme.ICON_PX) -> QToolButton:
    """A flat button for an action, with its tooltip and name."""
    button = QToolButton()
    button.setDefaultAction(action)
    button.setIconSize(QSize(icon_px, icon_px))
    button.setAutoRaise(True)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setAccessibleName(action.text())
    return button
