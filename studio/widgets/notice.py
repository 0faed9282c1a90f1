"""An inline message: what happened, and what can be done about it."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from studio import theme
from studio.widgets.words import shortened

Level = Literal["info", "warning", "error"]
_COLOURS = {"info": theme.INFO, "warning": theme.WARNING, "error": theme.ERROR}
_ICON = 18


class Notice(QFrame):
    """A bar with a sentence, an optional button and a close button; hidden until it has a text.

    Attributes:
        text, action, close_button: the parts.

    Signals:
        actionTriggered(): the button was pressed. closed(): the user put the message away.
    """

    actionTriggered = Signal()
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._level: Level = "info"
        self._icon = QLabel()
        self._icon.setFixedSize(_ICON, _ICON)
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.action = QPushButton()
        self.action.clicked.connect(lambda: self.actionTriggered.emit())
        self.close_button = QToolButton()
        theme.set_icon(self.close_button, "close")
        self.close_button.setIconSize(QSize(16, 16))
        self.close_button.setAccessibleName("Put the message away")
        self.close_button.setToolTip("Put the message away")
        self.close_button.clicked.connect(self._dismiss)
        self._lay_out()
        self.hide()

    def post(self, text: str, level: Level = "info", action: str = "") -> None:
        """Shows a sentence, with a button when `action` names one."""
        self.setProperty("notice", level)
        self.style().unpolish(self)
        self.style().polish(self)
        self._level = level
        self._draw_icon()
        self.text.setText(shortened(text))
        self.text.setToolTip(text if shortened(text) != text else "")
        self.action.setText(action)
        self.action.setVisible(bool(action))
        self.setAccessibleName(f"{level.capitalize()}: {text}")
        self.show()

    def clear(self) -> None:
        """Hides the message; nothing is emitted."""
        self.text.clear()
        self.hide()

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 6, 6, 6)
        row.setSpacing(theme.GAP_PX)
        row.addWidget(self._icon)
        row.addWidget(self.text, 1)
        row.addWidget(self.action)
        row.addWidget(self.close_button)

    def _draw_icon(self) -> None:
        colour, scale = _COLOURS[self._level], self.devicePixelRatioF()
        self._icon.setPixmap(theme.icon_pixmap(self._level, colour, _ICON, scale))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self.text.text():
            self._draw_icon()

    def _dismiss(self) -> None:
        self.clear()
        self.closed.emit()
