"""A drop-down list whose entries have names, and reasons why they cannot be chosen."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QStandardItem, QStandardItemModel, QWheelEvent
from PySide6.QtWidgets import QComboBox, QWidget


class ChoiceBox(QComboBox):
    """Entries that cannot be chosen stay in the list, dim, with the reason as their tooltip.

    Args:
        label: what a screen reader calls the list.

    Signals:
        chosen(str): the user has chosen another entry, by its name. `show_entries` does not emit
            it.
    """

    chosen = Signal(str)

    def __init__(self, label: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(label)
        self.setAccessibleDescription(label)  # what Linux reads of a list besides its entry
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._model = QStandardItemModel(self)
        self.setModel(self._model)
        self._entries: Mapping[str, tuple[str, str]] = {}
        self.currentIndexChanged.connect(self._announce)

    def show_entries(self, entries: Mapping[str, tuple[str, str]], current: str) -> None:
        """Shows these entries: name → (what is read, why it cannot be chosen or "")."""
        blocked = self.blockSignals(True)
        if entries != self._entries:
            self._entries = dict(entries)
            self._model.clear()
            for name, (text, obstacle) in entries.items():
                self._model.appendRow(_item(name, text, obstacle))
        self.setCurrentIndex(self.findData(current))
        self.blockSignals(blocked)
        self.setEnabled(any(not obstacle for _, obstacle in self._entries.values()))
        self.setToolTip(self._entries[current][1] if current in self._entries else "")

    def choose(self, name: str) -> None:
        """Does what a person does who picks that entry; nothing when it cannot be chosen."""
        row = self.findData(name)
        item = self._model.item(row)
        if item is not None and item.isEnabled():
            self.setCurrentIndex(row)

    def obstacle(self, name: str) -> str:
        """Why an entry cannot be chosen, or ""."""
        return self._entries[name][1]

    @property
    def name(self) -> str:
        """Name of the entry that is shown."""
        return str(self.currentData())

    def _announce(self, row: int) -> None:
        if row >= 0:
            self.chosen.emit(self.itemData(row))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """A wheel over a form scrolls it; it must not change a value in passing."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


def _item(name: str, text: str, obstacle: str) -> QStandardItem:
    item = QStandardItem(text)
    item.setData(name, Qt.ItemDataRole.UserRole)
    item.setEnabled(not obstacle)
    item.setToolTip(obstacle)
    item.setData(obstacle, Qt.ItemDataRole.AccessibleDescriptionRole)
    return item
