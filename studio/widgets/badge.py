"""A small number at the corner of a button."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QAbstractButton, QLabel

from studio import theme

_MOST = 99
_SIDE_PX, _HEIGHT_PX = 4, 15


class Badge(QLabel):
    """There while the number is not 0. Clicks go through it to the button."""

    def __init__(self, button: QAbstractButton) -> None:
        super().__init__(button)
        self._button = button
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setFont(theme.font(9, bold=True, tabular=True))
        self.setProperty("role", "badge")
        button.installEventFilter(self)
        self.show_number(0)

    def show_number(self, number: int) -> None:
        self.setText(str(number) if number <= _MOST else f"{_MOST}+")
        self.setVisible(number > 0)
        width = self.fontMetrics().horizontalAdvance(self.text()) + 2 * _SIDE_PX
        self.setFixedSize(max(width, _HEIGHT_PX), _HEIGHT_PX)
        self._place()

    def _place(self) -> None:
        self.move(self._button.width() - self.width(), 0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)
