"""The presets of the export dialog: those that came along, and the user's own."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QInputDialog,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio import theme
from studio.observable import watch
from studio.panels.recipe import heading
from studio.state.export.export import Export
from studio.state.export.export_choice import Preset

_WIDTH, _ROW_PX = 190, 28


class ExportPresets(QWidget):
    """Attributes:
    list: one row for each preset; the one that is chosen now is marked.
    save, delete: keep what is chosen under a name; forget the user's own preset that is marked.
    """

    def __init__(self, export: Export, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._export = export
        self.setFixedWidth(_WIDTH)
        self.list = QListWidget()
        self.list.setAccessibleName("Presets")
        self.list.setFrameShape(QListWidget.Shape.NoFrame)
        self.save, self.delete = QPushButton("Save preset…"), QToolButton()
        self._lay_out()
        self.list.currentRowChanged.connect(self._use)
        self.save.clicked.connect(self._ask_for_name)
        self.delete.clicked.connect(self._drop)
        watch(export.presets, "all", self._list)
        watch(export, "choice", self._mark)

    def keep_as(self, label: str) -> None:
        """Keep what is chosen under a name; a name without letters is none."""
        if label.strip():
            self._export.presets.keep(label.strip(), self._export.choice)

    def _lay_out(self) -> None:
        self.save.setToolTip("Keep format, size, transparency and sound under a name.")
        self.save.setAutoDefault(False)
        theme.set_icon(self.delete, "trash")
        self.delete.setAccessibleName("Delete the preset")
        buttons = QHBoxLayout()
        buttons.setSpacing(4)
        buttons.addWidget(self.save, 1)
        buttons.addWidget(self.delete)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 16, 12, 16)
        column.setSpacing(theme.GAP_PX)
        column.addWidget(heading("Presets"))
        column.addWidget(self.list, 1)
        column.addLayout(buttons)

    def _list(self) -> None:
        blocked = self.list.blockSignals(True)
        self.list.clear()
        for preset in self._export.presets.all:
            item = QListWidgetItem(preset.label)
            item.setSizeHint(QSize(0, _ROW_PX))
            item.setToolTip(_described(preset))
            self.list.addItem(item)
        self.list.blockSignals(blocked)
        self._mark()

    def _mark(self) -> None:
        """The preset that writes what is chosen now; none when something was changed."""
        chosen, presets = self._export.choice, self._export.presets.all
        alike = [k for k, preset in enumerate(presets) if chosen.writes_like(preset.choice)]
        if self.list.currentRow() not in alike:
            blocked = self.list.blockSignals(True)
            self.list.setCurrentRow(alike[-1] if alike else -1)
            self.list.blockSignals(blocked)
        self._show_delete()

    def _show_delete(self) -> None:
        preset = self._marked
        own = preset is not None and preset.own
        self.delete.setEnabled(own)
        self.delete.setToolTip(
            "Delete this preset" if own else "Only presets of your own can be deleted."
        )

    @property
    def _marked(self) -> Preset | None:
        row = self.list.currentRow()
        return self._export.presets.all[row] if 0 <= row < len(self._export.presets.all) else None

    def _use(self, _row: int) -> None:
        if self._marked is not None:
            self._export.use(self._marked)
        self._show_delete()

    def _drop(self) -> None:
        if self._marked is not None and self._marked.own:
            self._export.presets.drop(self._marked.label)

    def _ask_for_name(self) -> None:
        dialog = QInputDialog(self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle("Save preset")
        dialog.setLabelText("Name of the preset")
        dialog.textValueSelected.connect(self.keep_as)
        dialog.open()


def _described(preset: Preset) -> str:
    row = preset.choice.row
    return f"{row.label}. {row.description}"
