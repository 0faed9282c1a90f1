"""Pack a project: with the clips' files or without, where to, and how far it is."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from core.project.drafts import SUFFIX
from studio import theme
from studio.observable import bind, watch
from studio.state.places import in_bytes
from studio.state.studio import Studio

WIDTH = 440


class PackDialog(QDialog):
    """Attributes:
    media: whether the clips' files go along. pack, cancel: the buttons. bar: how far it is.
    """

    def __init__(self, studio: Studio, place: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Pack project to zip")
        self._studio, self._packing, self._place = studio, studio.packing, place
        self.media = QCheckBox("Copy the clips' files in")
        self.media.setChecked(True)
        self._about, self._words = QLabel(), QLabel()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Packing")
        self.pack, self.cancel = QPushButton("Pack…"), QPushButton("Cancel")
        self.pack.setProperty("primary", True)
        self._lay_out()
        self._began = False
        self.pack.clicked.connect(self._ask)
        self.cancel.clicked.connect(self.reject)
        self.media.toggled.connect(lambda _on: self._describe())
        self._describe()
        watch(self._packing, "done total", self._show)
        bind(self._packing, "words", self._show_words)

    def pack_to(self, target: Path) -> None:
        """Pack into a file; the dialog shows how far it is, and closes at the end."""
        self._began = True
        self._packing.pack(target, media=self.media.isChecked())

    def reject(self) -> None:
        if self._packing.running:
            self._packing.cancel()
        super().reject()

    def _lay_out(self) -> None:
        self.setFixedWidth(WIDTH)
        for label in (self._about, self._words):
            label.setProperty("role", "dim")
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        words = QLabel(
            "One file holds the whole project: masks, results and settings. It opens on any "
            "computer, wherever it is unpacked."
        )
        words.setWordWrap(True)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.pack)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 14)
        column.setSpacing(theme.GAP_PX)
        for part in (words, self.media, self._about, self.bar, self._words):
            column.addWidget(part)
        column.addSpacing(theme.GAP_PX)
        column.addLayout(buttons)

    def _describe(self) -> None:
        size = in_bytes(self._packing.media_bytes)
        self._about.setText(
            f"The clips add {size}. They are found wherever the project is unpacked."
            if self.media.isChecked()
            else "The clips stay where they are: whoever opens the project elsewhere has to say "
            "where they are."
        )

    def _ask(self) -> None:
        dialog = QFileDialog(self, "Pack project to zip", self._place)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter("Packed project (*.zip)")
        dialog.selectFile(f"{self._studio.project_file.title}{SUFFIX}.zip")
        dialog.fileSelected.connect(lambda path: self.pack_to(Path(path)))
        dialog.open()

    def _show(self) -> None:
        packing = self._packing
        self.bar.setRange(0, 1000 if packing.total else 0)
        self.bar.setValue(round(1000 * packing.done / max(1, packing.total)))
        if packing.running and packing.total:
            self._words.setText(f"{in_bytes(packing.done)} of {in_bytes(packing.total)}")

    def _show_words(self, words: str) -> None:
        running = bool(words)
        self.bar.setVisible(running)
        self._words.setVisible(running)
        self.pack.setEnabled(not running)
        self.media.setEnabled(not running)
        if self._began and not running:
            self.accept()
