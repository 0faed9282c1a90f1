"""The footage of a fine-tuning: clips and folders in a list, with what is in them and what is wrong
with them."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from core.runs.footage import Footage, together
from studio import theme
from studio.observable import watch
from studio.panels.recipe import small_text
from studio.state.studio import Studio

_ROW_PX, _MOST_ROWS = 26, 4


class FineTuneFootage(QWidget):
    """Attributes:
    list: a row for each clip or folder. facts: all of it in words.
    clip, files, folder, remove: the buttons. What is dropped here is added.
    """

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio, self._tuning = studio, studio.fine_tuning
        self.list, self.facts = QListWidget(), small_text()
        self.clip, self.files = QPushButton("Add this clip"), QPushButton("Add clips…")
        self.folder, self.remove = QPushButton("Add folder…"), QPushButton("Remove")
        self.setAcceptDrops(True)
        self._lay_out()
        self._bind()

    def _lay_out(self) -> None:
        self.list.setAccessibleName("Footage")
        self.list.setSelectionMode(QListWidget.SelectionMode.ExtendedSelection)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        row = QHBoxLayout()
        row.setSpacing(theme.GAP_PX)
        for button in (self.clip, self.files, self.folder):
            button.setAutoDefault(False)
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self.remove)
        self.remove.setAutoDefault(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.list)
        column.addWidget(self.facts)
        column.addLayout(row)

    def _bind(self) -> None:
        self.clip.clicked.connect(self._tuning.use_clip)
        self.files.clicked.connect(lambda: self._ask(QFileDialog.FileMode.ExistingFiles))
        self.folder.clicked.connect(lambda: self._ask(QFileDialog.FileMode.Directory))
        self.remove.clicked.connect(self._remove)
        self.list.itemSelectionChanged.connect(self._show_remove)
        watch(self._tuning, "paths footage bundle", self._show)
        watch(self._studio.session, "clip", self._show)

    def _show(self) -> None:
        tuning = self._tuning
        known = {one.path: one for one in tuning.footage}
        self.list.clear()
        for path in tuning.paths:
            self.list.addItem(self._row(path, known.get(path)))
        rows = min(max(len(tuning.paths), 1), _MOST_ROWS)
        self.list.setFixedHeight(rows * _ROW_PX + 6)
        self.list.setVisible(bool(tuning.paths))
        words = together(tuning.footage) if len(tuning.paths) > 1 else ""
        self.facts.setText(words if tuning.paths else "Clips and folders can also be dropped here.")
        self.facts.setVisible(bool(self.facts.text()))
        why = tuning.obstacle_to_use_clip
        self.clip.setEnabled(not why)
        self.clip.setToolTip(why or "Train on the clip that is open.")
        self._show_remove()

    def _row(self, path: Path, footage: Footage | None) -> QListWidgetItem:
        card = self._tuning.card
        words = "looking …" if footage is None else together((footage,)) or "cannot be used"
        item = QListWidgetItem(f"{path.name}    {words}")
        item.setData(Qt.ItemDataRole.UserRole, path)
        item.setSizeHint(QSize(0, _ROW_PX))
        trouble = footage.trouble(card.frames if card else 0) if footage else ""
        item.setToolTip(f"{path}\n{trouble}".strip())
        bad = bool(footage and footage.problem)
        name, colour = ("error", theme.ERROR) if bad else ("warning", theme.WARNING)
        if not trouble:
            name, colour = "film", theme.TEXT_DIM
        item.setIcon(theme.icon_pixmap(name, colour, 16))
        return item

    def _show_remove(self) -> None:
        chosen = bool(self.list.selectedItems())
        self.remove.setVisible(bool(self._tuning.paths))
        self.remove.setEnabled(chosen)
        self.remove.setToolTip("" if chosen else "Choose a row first.")

    def _remove(self) -> None:
        for item in self.list.selectedItems():
            self._tuning.remove(item.data(Qt.ItemDataRole.UserRole))

    def _ask(self, mode: QFileDialog.FileMode) -> None:
        dialog = QFileDialog(self, "Footage to train on", self._studio.settings.folder)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(mode)
        dialog.filesSelected.connect(lambda paths: self._tuning.add(map(Path, paths)))
        dialog.open()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        files = (Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile())
        self._tuning.add(files)
        event.acceptProposedAction()
