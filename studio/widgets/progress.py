"""How far a job is: a bar and a line of text."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QProgressBar, QVBoxLayout, QWidget

from studio import theme


class JobProgress(QWidget):
    """A slim bar over "Step 5 of 12 · 3.1 s left".

    Attributes:
        bar, text: the two parts.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress")
        self.text = QLabel()
        self.text.setAccessibleName("Progress in words")
        self.text.setProperty("role", "small")
        self.text.setFont(theme.font(theme.SMALL_PX, tabular=True))
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(5)
        column.addWidget(self.bar)
        column.addWidget(self.text)
        self.setProgress(0, 1, None)
        self.setText("")

    def setProgress(self, done: int, total: int, eta_seconds: float | None) -> None:
        """`done` of `total` steps; the time left in seconds when it is known."""
        self.bar.setRange(0, max(1, total))
        self.bar.setValue(done)
        words = f"Step {done} of {total}"
        if eta_seconds is not None and done < total:
            words += f"  ·  {_spoken(eta_seconds)} left"
        self.text.setText(words)

    def setText(self, text: str) -> None:
        """Another line of text, e.g. "Stopped after step 5"."""
        self.text.setText(text)

    def setBusy(self, text: str) -> None:
        """Something is under way that cannot say how far it is."""
        self.bar.setRange(0, 0)
        self.text.setText(text)


def _spoken(seconds: float) -> str:
    if seconds < 10:
        return f"{max(seconds, 0.1):.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"
