"""The ways to add a model, and below how far the copy of a folder is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from studio import theme
from studio.observable import watch
from studio.panels.hub_dialog import HubDialog
from studio.state.places import in_bytes
from studio.widgets.progress import JobProgress

if TYPE_CHECKING:
    from studio.panels.main_window import MainWindow


class AddModel(QWidget):
    """Attributes:
    button: opens the menu of ways. progress, stop: of a copy.

    Args:
        dialog: other dialogs open above it.
    """

    def __init__(self, window: MainWindow, dialog: QDialog) -> None:
        super().__init__()
        self._studio, self._fetching, self._dialog = window.studio, window.studio.fetching, dialog
        self.button, self.stop = QPushButton("Add a model"), QPushButton("Stop")
        self.progress, self._copying = JobProgress(), QWidget()
        menu = QMenu(self.button)
        menu.addAction("From Hugging Face…").triggered.connect(self.ask_for_repository)
        menu.addAction("From a folder…").triggered.connect(self._ask_for_folder)
        menu.addAction("VideoGPT checkpoint…").triggered.connect(window.ask_for_checkpoint)
        self.button.setMenu(menu)
        self._lay_out()
        self.stop.clicked.connect(self._fetching.cancel)
        watch(self._fetching, "adding", self._show_progress)

    def ask_for_repository(self) -> None:
        HubDialog(self._studio, self._dialog).open()

    def _ask_for_folder(self) -> None:
        title, place = "Add a model from a folder", self._studio.settings.folder
        dialog = QFileDialog(self._dialog, title, place)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(lambda path: self._fetching.add_folder(Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _lay_out(self) -> None:
        for button in (self.button, self.stop):
            button.setAutoDefault(False)
        row = QHBoxLayout(self._copying)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GAP_PX)
        row.addWidget(self.progress, 1)
        row.addWidget(self.stop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GAP_PX)
        column.addWidget(self._copying)
        column.addWidget(self.button)

    def _show_progress(self) -> None:
        adding = self._fetching.adding
        self._copying.setVisible(adding is not None)
        if adding is not None and adding.total:
            self.progress.bar.setRange(0, 1000)
            self.progress.bar.setValue(round(1000 * adding.done / adding.total))
            self.progress.setText(f"{in_bytes(adding.done)} of {in_bytes(adding.total)}")
        elif adding is not None:
            self.progress.setBusy("Looking at the folder")
