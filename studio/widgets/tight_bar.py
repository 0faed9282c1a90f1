"""A bar that does without its labels where there is little room."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget


class TightBar(QWidget):
    """Args:
    least: width below which it never gets. roomy: from this width on it shows everything.
    """

    def __init__(self, least: int, roomy: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._roomy = roomy
        self._spared: list[QWidget] = []
        self.setMinimumWidth(least)

    def spare(self, *widgets: QWidget) -> None:
        """Hide these where there is little room; something else says what they say."""
        self._spared += widgets
        self._fit()

    def _fit(self) -> None:
        for widget in self._spared:
            widget.setVisible(self.width() >= self._roomy)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()
