"""Export: format and its options, range, sound, place; then progress and cancel."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from core.media.writing import WRITERS
from core.options import schema
from studio import theme
from studio.observable import bind, watch
from studio.panels.recipe import small_text
from studio.state.studio import Studio
from studio.widgets.option_form import OptionForm
from studio.widgets.progress import JobProgress


class ExportDialog(QDialog):
    """Attributes:
    writer, options, range, audio, path: the choices.
    start, cancel: the buttons; `cancel` stops a running export, else it closes the dialog.
    """

    def __init__(self, studio: Studio, parent: QWidget) -> None:
        super().__init__(parent)
        self._studio, self._export = studio, studio.export
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Export")
        self.setMinimumWidth(480)
        self.writer, self.options = QComboBox(), OptionForm()
        self.range = QComboBox()
        self.audio = QCheckBox("Keep the clip's sound")
        self.path = QLineEdit()
        self.start, self.cancel = QPushButton("Export"), QPushButton("Cancel")
        self.progress = JobProgress()
        self._about = small_text()
        self._lay_out()
        self._fill()
        self._bind()

    def _lay_out(self) -> None:
        place = QHBoxLayout()
        place.setSpacing(theme.GAP_PX)
        place.addWidget(self.path, 1)
        browse = QPushButton("Choose…")
        browse.clicked.connect(self._ask_for_place)
        place.addWidget(browse)
        form = QFormLayout()
        form.setVerticalSpacing(10)
        form.setHorizontalSpacing(16)
        form.addRow("Format", self.writer)
        form.addRow("", self._about)
        form.addRow("", self.options)
        form.addRow("Frames", self.range)
        form.addRow("Sound", self.audio)
        form.addRow("Save as", place)
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.GAP_PX)
        buttons.addStretch(1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.start)
        self.start.setProperty("primary", True)
        self.start.setDefault(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 20, 20, 16)
        column.setSpacing(2 * theme.GAP_PX)
        column.addLayout(form)
        column.addWidget(self.progress)
        column.addLayout(buttons)

    def _fill(self) -> None:
        playback = self._studio.playback
        for row in WRITERS.values():
            self.writer.addItem(row.label, row.name)
        self.writer.setAccessibleName("Format")
        self.path.setAccessibleName("Save as")
        self.range.setAccessibleName("Frames")
        self.range.addItem(f"The whole clip, {self._export.whole_length} frames", True)
        self.range.addItem(f"Between the marks, {playback.first + 1} to {playback.last + 1}", False)
        marks = playback.in_mark is not None or playback.out_mark is not None
        self.range.setEnabled(marks)
        self.range.setToolTip("" if marks else "Set an in or out mark in the timeline first.")
        self._export.whole = self._export.whole or not marks
        self.path.setText(str(self._export.suggested()))

    def _bind(self) -> None:
        export = self._export
        bind(export, "writer", self._show_writer)
        self.writer.activated.connect(
            lambda row: setattr(export, "writer", self.writer.itemData(row))
        )
        self.options.changed.connect(lambda: setattr(export, "options", self.options.values()))
        bind(export, "whole", self._show_range)
        self.range.activated.connect(lambda row: setattr(export, "whole", self.range.itemData(row)))
        bind(export, "audio", self.audio.setChecked, self.audio.toggled)
        watch(export, "running done total", self._show_progress)
        export.written.connect(self._finish)
        self.start.clicked.connect(lambda: export.start(Path(self.path.text()).expanduser()))
        self.cancel.clicked.connect(self.reject)
        self.path.textChanged.connect(lambda _text: self._show_progress())

    def _show_writer(self, name: str) -> None:
        row = WRITERS[name]
        self.writer.setCurrentIndex(self.writer.findData(name))
        self._about.setText(row.description)
        self.options.setSchema(schema(row.options))
        self.options.setValues(self._export.options)
        self.options.setVisible(bool(schema(row.options)))
        self.audio.setEnabled(row.has_audio and self._has_sound)
        self.audio.setToolTip(
            "" if self.audio.isEnabled() else "The clip or the format has no sound."
        )
        self.path.setText(str(self._export.with_suffix(Path(self.path.text()))))
        self.adjustSize()

    @property
    def _has_sound(self) -> bool:
        clip = self._studio.session.clip
        return clip is not None and clip.has_audio

    def _show_range(self, whole: bool) -> None:
        self.range.setCurrentIndex(self.range.findData(whole))

    def _show_progress(self) -> None:
        export = self._export
        self.progress.setVisible(export.running)
        self.progress.setProgress(export.done, export.total, None)
        self.progress.setText(f"Frame {export.done} of {export.total}")
        self.start.setEnabled(not export.running and bool(self.path.text().strip()))
        self.cancel.setText("Stop" if export.running else "Cancel")

    def _finish(self, _path: Path) -> None:
        self.accept()

    def _ask_for_place(self) -> None:
        dialog = QFileDialog(self, "Export to", self.path.text())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.fileSelected.connect(
            lambda path: self.path.setText(str(self._export.with_suffix(Path(path))))
        )
        dialog.open()

    def reject(self) -> None:
        """Stop a running export and stay; else close."""
        if self._export.running:
            self._export.cancel()
        else:
            super().reject()
