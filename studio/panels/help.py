"""What the Help menu shows of this program."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from studio.state.studio import Studio
from studio.version import program_version


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
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 12)
        column.setSpacing(12)
        column.addWidget(text, 1)
        column.addWidget(buttons)
