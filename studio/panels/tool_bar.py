"""The narrow bar at the left: the tools, undo and redo."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from studio import theme
from studio.panels.canvas import tool_button
from studio.panels.window_actions import Actions

_TOOLS = ("brush", "eraser", "pan", "window")
_EDITS = ("undo", "redo", "clear_masks")


class ToolBar(QWidget):
    """Attributes:
    buttons: by the name of their action.
    """

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.buttons = {name: tool_button(actions[name], 22) for name in (*_TOOLS, *_EDITS)}
        column = QVBoxLayout(self)
        column.setContentsMargins(5, 5, 5, 5)
        column.setSpacing(4)
        for name in _TOOLS:
            column.addWidget(self.buttons[name], 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(_line())
        for name in _EDITS:
            column.addWidget(self.buttons[name], 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)


def _line() -> QFrame:
    line = QFrame()
    line.setFixedHeight(1)
    line.setStyleSheet(f"background: {theme.LINE.name()};")
    return line
