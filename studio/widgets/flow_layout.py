"""A layout that puts widgets beside each other, in as many rows as they need."""

from __future__ import annotations

from PySide6.QtCore import QMargins, QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem


class FlowLayout(QLayout):
    """Rows from left to right.

    Args:
        gap: between two widgets, and between two rows, in view pixels.
    """

    def __init__(self, gap: int) -> None:
        super().__init__()
        self._items: list[QLayoutItem] = []
        self._gap = gap
        self.setContentsMargins(QMargins())

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._arranged(QRect(0, 0, width, 0), moving=False)

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        least = QSize()
        for item in self._items:
            least = least.expandedTo(item.minimumSize())
        return least

    def setGeometry(self, area: QRect) -> None:
        super().setGeometry(area)
        self._arranged(area, moving=True)

    def _arranged(self, area: QRect, *, moving: bool) -> int:
        """Height of all rows in an area of that width; puts them there when `moving`."""
        place, row = area.topLeft(), 0
        for item in self._items:
            size = item.sizeHint()
            if row and place.x() + size.width() > area.left() + area.width():
                place, row = QPoint(area.left(), place.y() + row + self._gap), 0
            if moving:
                item.setGeometry(QRect(place, size))
            place += QPoint(size.width() + self._gap, 0)
            row = max(row, size.height())
        return place.y() + row - area.top()
