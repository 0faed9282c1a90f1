"""How far a job is: a bar and a line of text."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QSizePolicy, QVBoxLayout, QWidget

from studio import theme


class TrackingProgress(QWidget):
    """How far a mask was tracked, in one line, with what stops it.

    Attributes:
        bar, text: the two parts.
    """

    def __init__(self, stop: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bar, self.text = QProgressBar(), QLabel()
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(90)
        self.bar.setAccessibleName("Tracking")
        self.text.setFont(theme.font(theme.SMALL_PX, tabular=True))
        self.text.setProperty("role", "small")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for part in (self.text, self.bar, stop):
            row.addWidget(part)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)

    def setProgress(self, done: int, total: int) -> None:
        """So many of all frames are done."""
        self.bar.setRange(0, max(1, total))
        self.bar.setValue(done)
        self.text.setText(f"Tracking {done} of {total}")


class JobProgress(QWidget):
    """A slim bar over "Step 5 of 12 · 3.1 s left", or "Token 384 of 1,024 · 412 tokens/s · …".

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
        self.text.setAlignment(Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(5)
        column.addWidget(self.bar)
        column.addWidget(self.text)
        self.setProgress(0, 1, None)
        self.setText("")

    def setProgress(
        self,
        done: int,
        total: int,
        eta_seconds: float | None,
        *,
        unit: str = "step",
        pace: float | None = None,
    ) -> None:
        """`done` of `total` steps, or what `unit` calls them.

        The time left in seconds and the pace in units per second are written when they are known.
        """
        self.bar.setRange(0, max(1, total))
        self.bar.setValue(done)
        words = [f"{unit.capitalize()} {done:,} of {total:,}"]
        if pace is not None and done < total:
            words.append(f"{pace_in_words(pace)} {unit}s/s")
        if eta_seconds is not None and done < total:
            words.append(f"{spoken(eta_seconds)} left")
        # What is written of tokens may need a second line; nothing shall jump when it does.
        lines = 2 if unit == "token" else 1
        self.text.setMinimumHeight(lines * self.text.fontMetrics().lineSpacing())
        self.text.setText("  ·  ".join(words))

    def setText(self, text: str) -> None:
        """Another line of text, e.g. "Stopped after step 5"."""
        self.text.setText(text)

    def setBusy(self, text: str) -> None:
        """Something is under way that cannot say how far it is."""
        self.bar.setRange(0, 0)
        self.text.setText(text)


def pace_in_words(pace: float) -> str:
    """Things per second, to about three digits."""
    return f"{pace:,.0f}" if pace >= 100 else f"{pace:.3g}"


def spoken(seconds: float) -> str:
    """A length of time, as a person says it."""
    if seconds < 10:
        return f"{max(seconds, 0.1):.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"
