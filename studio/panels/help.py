"""What the Help menu shows: the list of keys, and what this program is."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from studio.actions import key_list
from studio.panels.recipe import heading
from studio.state.studio import Studio
from studio.version import program_version


class KeysDialog(QDialog):
    """Every action that has a shortcut."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Keyboard shortcuts")
        self.resize(460, 620)
        table = QWidget()
        grid = QGridLayout(table)
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(5)
        grid.setContentsMargins(12, 4, 12, 12)
        for menu, rows in key_list():
            title = heading(menu)
            title.setContentsMargins(0, 12, 0, 2)
            grid.addWidget(title, grid.rowCount(), 0)
            for text, keys in rows:
                row = grid.rowCount()
                grid.addWidget(QLabel(text), row, 0)
                grid.addWidget(QLabel(keys), row, 1, Qt.AlignmentFlag.AlignRight)
        scroll = QScrollArea()
        scroll.setWidget(table)
        scroll.setWidgetResizable(True)
        _lay_out(self, scroll)


class AboutDialog(QDialog):
    """Name, version, device and licence."""

    def __init__(self, studio: Studio, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("About Maskreel")
        text = QLabel(
            f"<h3>Maskreel {program_version()}</h3>"
            "<p>Paint on a clip, and watch a transformer fill or continue it, token by token.</p>"
            "<p>Masked generative video transformer: MAGVIT, arXiv 2212.05199. "
            "VQ-VAE and causal transformer: VideoGPT, arXiv 2104.10157.</p>"
            f"<p>Computes on: {studio.models.device or 'not known yet'}.</p>"
            "<p>Apache License 2.0</p>"
        )
        text.setWordWrap(True)
        text.setMinimumWidth(360)
        _lay_out(self, text)


def _lay_out(dialog: QDialog, content: QWidget) -> None:
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    buttons.rejected.connect(dialog.reject)
    column = QVBoxLayout(dialog)
    column.setContentsMargins(16, 16, 16, 12)
    column.setSpacing(12)
    column.addWidget(content, 1)
    column.addWidget(buttons)
