"""The question that is asked when the window is closed while something is trained."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from core.runs.reading import RunLook
from studio.state.training.training_runs import TrainingRuns


class GoesOnBox(QMessageBox):
    """Attributes:
    goes_on, pauses, stays: the answers.

    Args:
        close: closes the window without asking again.
    """

    def __init__(
        self, runs: TrainingRuns, look: RunLook, close: Callable[[], object], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setIcon(QMessageBox.Icon.Question)
        self.setWindowTitle("A model is being trained")
        self.setText(f"“{look.name}” is being trained. Shall that go on without this window?")
        self.setInformativeText(
            "It is a program of its own, which is shown here again when Maskreel is opened. "
            "A pause loses nothing."
        )
        self.goes_on = self.addButton("Let it go on", QMessageBox.ButtonRole.AcceptRole)
        self.pauses = self.addButton("Pause it", QMessageBox.ButtonRole.DestructiveRole)
        self.stays = self.addButton("Do not close", QMessageBox.ButtonRole.RejectRole)
        self.setDefaultButton(self.goes_on)
        self.setEscapeButton(self.stays)
        self.goes_on.clicked.connect(lambda: close())
        self.pauses.clicked.connect(lambda: runs.pause(look))
        self.pauses.clicked.connect(lambda: close())
