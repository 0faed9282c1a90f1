"""Widgets of one size beside and below each other, in as many columns as there is room for."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QWidget

from studio import theme


class Columns(QWidget):
    """As many of its widgets beside each other as there is room for.

    Args:
        stretched: they share all of the room.
    """

    def __init__(self, *, stretched: bool = False) -> None:
        super().__init__()
        self._widgets: list[QWidget] = []
        self._stretched = stretched
        self._columns = 1
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(theme.GAP_PX)

    def show_widgets(self, widgets: list[QWidget]) -> None:
        self._widgets = widgets
        self._place()

    def fit(self, width: int) -> None:
        """Use as many columns as `width` has room for."""
        needs = (max(w.minimumWidth(), w.minimumSizeHint().width()) for w in self._widgets)
        least = max(needs, default=width)
        columns = max(1, (width + theme.GAP_PX) // (least + theme.GAP_PX))
        if columns != self._columns:
            self._columns = columns
            self._place()

    def _place(self) -> None:
        for number, widget in enumerate(self._widgets):
            self._grid.addWidget(widget, number // self._columns, number % self._columns)
        for column in range(self._grid.columnCount()):
            self._grid.setColumnStretch(column, int(self._stretched and column < self._columns))
        if not self._stretched:
            self._grid.setColumnStretch(self._columns, 1)
