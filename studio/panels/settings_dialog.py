"""What can be set about the program itself. Each change counts, and is kept, at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from core.assets import model_folders
from studio import theme
from studio.observable import bind
from studio.panels.recipe import heading, small_text
from studio.state.preferences import FRAMES_RANGE, UNDO_RANGE
from studio.widgets.choice_box import ChoiceBox

if TYPE_CHECKING:
    from studio.panels.main_window import MainWindow

LOOKS = {"dark": ("Dark", ""), "light": ("Light", ""), "system": ("As the system", "")}
STARTS = {"last": ("What was open last", ""), "welcome": ("Welcome page", "")}
_WIDTH, _LABELS = 480, 110


class SettingsDialog(QDialog):
    """Attributes:
    look, at_start, shortcuts, undo, frames, folder, choose, forget: from top to bottom.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Settings")
        self.setMinimumWidth(_WIDTH)
        self._window, self._preferences = window, window.studio.preferences
        self.look, self.at_start = ChoiceBox("Look"), ChoiceBox("At start")
        self.shortcuts = QPushButton("Keyboard shortcuts…")
        self.undo = _megabytes("Memory for undo", UNDO_RANGE)
        self.frames = _megabytes("Memory for frames", FRAMES_RANGE)
        self.folder = QLineEdit()
        self.choose, self.forget = QPushButton("Choose…"), QPushButton("None")
        self._lay_out()
        self._bind()

    def _lay_out(self) -> None:
        self.folder.setReadOnly(True)
        self.folder.setAccessibleName("Folder with more models")
        self.folder.setPlaceholderText("none")
        place = QHBoxLayout()
        place.setSpacing(theme.GAP_PX)
        place.addWidget(self.folder, 1)
        place.addWidget(self.choose)
        place.addWidget(self.forget)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 12)
        column.setSpacing(theme.GAP_PX)
        for title, rows, words in (
            (
                "Window",
                (("Look", self.look), ("At start", self.at_start), ("Keys", self.shortcuts)),
                "",
            ),
            (
                "Memory",
                (("Undo of masks", self.undo), ("Decoded frames", self.frames)),
                "More lets you undo further back, and scrub a longer part of a clip at once.",
            ),
            ("Models", (("More models", place),), f"Looked at besides {model_folders()[-1]}."),
        ):
            column.addWidget(heading(title))
            column.addLayout(_form(rows))
            about = small_text()
            about.setText(words)
            about.setVisible(bool(words))
            column.addWidget(about)
            column.addSpacing(theme.GAP_PX)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column.addStretch(1)
        column.addWidget(buttons)
        for button in self.findChildren(QPushButton):
            button.setAutoDefault(False)

    def _bind(self) -> None:
        chosen = self._preferences
        bind(chosen, "look", self._show_look, self.look.chosen)
        bind(chosen, "at_start", self._show_start, self.at_start.chosen)
        bind(chosen, "undo_mb", self.undo.setValue, self.undo.valueChanged)
        bind(chosen, "frames_mb", self.frames.setValue, self.frames.valueChanged)
        bind(chosen, "models_folder", self._show_folder)
        self.shortcuts.clicked.connect(self._window.show_keys)
        self.choose.clicked.connect(self._ask_for_folder)
        self.forget.clicked.connect(lambda: self.use_folder(""))

    def use_folder(self, folder: str) -> None:
        """Look for models in a folder besides the usual ones; "" for none."""
        self._preferences.models_folder = folder
        self._window.studio.models.ask_again()

    def _show_look(self, look: str) -> None:
        self.look.show_entries(LOOKS, look)

    def _show_start(self, start: str) -> None:
        self.at_start.show_entries(STARTS, start)

    def _show_folder(self, folder: str) -> None:
        self.folder.setText(folder)
        self.folder.setToolTip(folder)
        self.forget.setEnabled(bool(folder))
        self.forget.setToolTip("" if folder else "No folder is chosen.")

    def _ask_for_folder(self) -> None:
        dialog = QFileDialog(self, "Folder with models", self._preferences.models_folder)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self.use_folder)
        dialog.open()


def _megabytes(name: str, limits: tuple[int, int]) -> QSpinBox:
    number = QSpinBox()
    number.setRange(*limits)
    number.setSingleStep(32)
    number.setSuffix(" MB")
    number.setAccessibleName(name)
    number.lineEdit().setTextMargins(theme.FIELD_MARGIN_PX, 0, 0, 0)
    return number


def _form(rows: tuple[tuple[str, QWidget | QHBoxLayout], ...]) -> QFormLayout:
    form = QFormLayout()
    form.setHorizontalSpacing(2 * theme.GAP_PX)
    form.setVerticalSpacing(theme.GAP_PX)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    for label, control in rows:
        name = QLabel(label)
        name.setMinimumWidth(_LABELS)
        form.addRow(name, control)
    return form
