"""A report for whoever shall find an error: all that it holds is seen before it is saved."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from studio import theme
from studio.observable import bind
from studio.state.report import Report

SIZE = (820, 560)
_LIST = 150
_WORDS = (
    "Nothing is sent anywhere: you save a zip file, and give it to whom you like. Your name, the "
    "name of this machine and your folders are replaced already. Look at what is in it:"
)


class ReportDialog(QDialog):
    """Attributes:
    files: what the report holds. text: the one that is chosen. hide_names: the choice.
    save: the button. state: what is still being gathered.
    """

    def __init__(self, report: Report, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Save a report")
        self.resize(*SIZE)
        self._report = report
        self.files, self.text = QListWidget(), QPlainTextEdit()
        self.hide_names = QCheckBox("Replace the names of clips and other files as well")
        self.state = QLabel()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.save = buttons.addButton("Save…", QDialogButtonBox.ButtonRole.ActionRole)
        self.save.setProperty("primary", True)
        self.save.clicked.connect(self._ask_for_place)
        buttons.rejected.connect(self.reject)
        self._lay_out(buttons)
        self.files.currentTextChanged.connect(lambda _name: self._show_text())
        report.gather()
        bind(report, "files", self._show_files)
        bind(report, "checking", self._show_state)
        bind(report, "hide_names", self.hide_names.setChecked, self.hide_names.toggled)

    def _lay_out(self, buttons: QDialogButtonBox) -> None:
        words = QLabel(_WORDS)
        words.setWordWrap(True)
        self.files.setAccessibleName("Files of the report")
        self.files.setFixedWidth(_LIST)
        self.text.setAccessibleName("What the file holds")
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setFont(theme.mono(theme.FONT_PX - 1))
        self.state.setProperty("role", "small")
        middle = QHBoxLayout()
        middle.setSpacing(theme.GAP_PX)
        middle.addWidget(self.files)
        middle.addWidget(self.text, 1)
        below = QHBoxLayout()
        below.addWidget(self.state, 1)
        below.addWidget(buttons)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 12)
        column.setSpacing(theme.GAP_PX)
        column.addWidget(words)
        column.addLayout(middle, 1)
        column.addWidget(self.hide_names)
        column.addLayout(below)

    def _show_files(self, files: Mapping[str, str]) -> None:
        if self.files.count() != len(files):
            self.files.clear()
            self.files.addItems(list(files))
            self.files.setCurrentRow(0)
        self._show_text()

    def _show_text(self) -> None:
        item = self.files.currentItem()
        shown = self._report.files.get(item.text(), "") if item is not None else ""
        if shown != self.text.toPlainText():
            self.text.setPlainText(shown)

    def _show_state(self, checking: bool) -> None:
        self.state.setText("This machine is being checked …" if checking else "")

    def _ask_for_place(self) -> None:
        dialog = QFileDialog(self, "Save the report", str(Path.home() / "maskreel-report.zip"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter("Zip files (*.zip)")
        dialog.selectFile("maskreel-report.zip")
        dialog.fileSelected.connect(lambda path: self._report.write(Path(path)))
        dialog.open()
