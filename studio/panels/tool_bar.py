"""The narrow bar at the left: the tools, tracking, undo and redo; below, the side bar's pages."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QFrame, QGridLayout, QVBoxLayout, QWidget

from studio.panels.window_actions import Actions, tool_button
from studio.widgets.badge import Badge

_GROUPS = (
    ("brush", "eraser", "select", "wand", "rectangle", "ellipse", "lasso", "polygon", "fill"),
    ("pan", "window", "repaint", "pin"),
    ("track_backward", "track_forward"),
    ("undo", "redo", "clear_masks"),
)
_PAGES = ("side_clips", "side_results", "side_queue")
_ICON_PX = 20


class ToolBar(QWidget):
    """Attributes:
    buttons: by the name of their action. waiting: how many jobs wait, on the queue's button.
    """

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        names = [name for group in (*_GROUPS, _PAGES) for name in group]
        self.buttons = {name: tool_button(actions[name], _ICON_PX) for name in names}
        self.waiting = Badge(self.buttons["side_queue"])
        column = QVBoxLayout(self)
        column.setContentsMargins(5, 3, 5, 3)
        column.setSpacing(4)
        for number, group in enumerate(_GROUPS):
            if number:
                column.addWidget(_line())
            column.addLayout(self._pairs(group))
        column.addStretch(1)
        column.addLayout(self._pairs(_PAGES))

    def _pairs(self, names: Sequence[str]) -> QGridLayout:
        """Two columns, so that all fit on a small screen."""
        grid = QGridLayout()
        grid.setSpacing(1)
        for number, name in enumerate(names):
            grid.addWidget(self.buttons[name], number // 2, number % 2)
        return grid


def _line() -> QFrame:
    line = QFrame()
    line.setFixedHeight(1)
    line.setProperty("role", "line")
    return line
