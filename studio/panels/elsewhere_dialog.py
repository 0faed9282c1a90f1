"""A fine-tuning for other machines: how many, and the folder and the commands that are written."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from core.runs.elsewhere import Machines, bytes_to_copy, commands
from studio import theme
from studio.panels.recipe import small_text
from studio.state.places import in_bytes
from studio.state.studio import Studio
from studio.widgets.notice import Notice
from studio.widgets.option_form import NumberBox

_WIDTH = 640
_USUAL_STEPS = 1000


class ElsewhereDialog(QDialog):
    """Attributes:
    nodes, processes, address, steps: the machines, and for how long.
    folder: where it is written. commands: what is typed there, one line per machine.
    copy, write: the buttons.
    """

    def __init__(self, studio: Studio, parent: QWidget) -> None:
        super().__init__(parent)
        self._studio, self._tuning = studio, studio.fine_tuning
        self.setWindowTitle("Run elsewhere")
        self.setMinimumWidth(_WIDTH)
        self.nodes, self.processes = QSpinBox(), QSpinBox()
        self.address, self.steps = QLineEdit(), NumberBox()
        self.folder, self._browse = QLineEdit(), QPushButton("Choose…")
        self.commands, self._about = QPlainTextEdit(), small_text()
        self.notice = Notice()
        self.copy, self.write = QPushButton("Copy the commands"), QPushButton("Write the folder")
        self._close = QPushButton("Cancel")
        self._size = bytes_to_copy(self._tuning.asked().request)
        self._name()
        self._lay_out()
        self._bind()

    def _name(self) -> None:
        expected = self._tuning.expected_steps
        for spin, most, name in (
            (self.nodes, 64, "Machines"),
            (self.processes, 64, "GPUs of each machine"),
        ):
            spin.setRange(1, most)
            spin.setAccessibleName(name)
            spin.lineEdit().setTextMargins(theme.FIELD_MARGIN_PX, 0, 0, 0)
        self.steps.setDecimals(0)
        self.steps.setRange(1, 10**6)
        self.steps.setValue(round(expected.likely) if expected else _USUAL_STEPS)
        self.steps.setAccessibleName("Steps of each part")
        self.address.setAccessibleName("Address of the first machine")
        self.address.setPlaceholderText("its name or number, as the others reach it")
        self.folder.setText(str(Path.home() / f"{self._tuning.free_name}-run"))
        self.folder.setAccessibleName("Folder of the run")
        self.commands.setReadOnly(True)
        self.commands.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        self.commands.setAccessibleName("Commands")
        self.commands.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.commands.setFixedHeight(150)
        self._about.setText(
            f"The folder gets the model, the footage ({in_bytes(self._size)} in all), the request "
            "and run.sh with this command. Copy it to the other machine, or write it to a folder "
            "that both see: then the training is followed from here, and its model is taken over."
        )

    def _lay_out(self) -> None:
        place = QHBoxLayout()
        place.setSpacing(theme.GAP_PX)
        place.addWidget(self.folder, 1)
        place.addWidget(self._browse)
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(theme.GAP_PX)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("Machines", self.nodes)
        form.addRow("GPUs of each", self.processes)
        form.addRow("First machine", self.address)
        form.addRow("Steps", self.steps)
        form.addRow("Folder", place)
        self._form = form
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.GAP_PX)
        buttons.addWidget(self.copy)
        buttons.addStretch(1)
        buttons.addWidget(self._close)
        buttons.addWidget(self.write)
        self.write.setProperty("primary", True)
        self.write.setDefault(True)
        for button in (self._browse, self.copy, self._close):
            button.setAutoDefault(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(theme.GAP_PX)
        for part in (form, self.commands, self._about, self.notice, buttons):
            column.addLayout(part) if isinstance(
                part, QFormLayout | QHBoxLayout
            ) else column.addWidget(part)
        self.notice.close_button.hide()

    def _bind(self) -> None:
        for number in (self.nodes, self.processes, self.steps):
            number.valueChanged.connect(lambda _value: self._show())
        for text in (self.address, self.folder):
            text.textChanged.connect(lambda _text: self._show())
        self._browse.clicked.connect(self._ask)
        self.copy.clicked.connect(
            lambda: QGuiApplication.clipboard().setText(self.commands.toPlainText())
        )
        self.write.clicked.connect(self._write)
        self._close.clicked.connect(self.reject)
        self._show()

    @property
    def machines(self) -> Machines:
        return Machines(self.nodes.value(), self.processes.value(), self.address.text())

    def _show(self) -> None:
        machines = self.machines
        self._form.setRowVisible(2, machines.nodes > 1)
        asked = self._tuning.asked(self._target, round(self.steps.value()))
        self.commands.setPlainText("\n\n".join(commands(asked.request, machines)))
        why = machines.obstacle or ("" if self.folder.text().strip() else "Choose a folder.")
        self.write.setEnabled(not why)
        self.write.setToolTip(why)
        if why:
            self.notice.post(why, "warning")
        else:
            self.notice.clear()

    @property
    def _target(self) -> Path:
        return Path(self.folder.text().strip()).expanduser()

    def _write(self) -> None:
        self._tuning.write_elsewhere(self._target, round(self.steps.value()), self.machines)
        self.accept()

    def _ask(self) -> None:
        dialog = QFileDialog(self, "Folder of the run", str(self._target.parent))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self.folder.setText)
        dialog.open()
