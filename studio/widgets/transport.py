"""Transport: play, step, jump, loop, in and out marks, and where in the clip one is."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from studio import theme


def time_code(frame: int, rate: float | Fraction) -> str:
    """Frame `frame` as minutes:seconds:frames, with hours when there are any."""
    whole = max(1, round(rate))
    seconds, rest = divmod(frame, whole)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    short = f"{minutes:02d}:{seconds:02d}:{rest:02d}"
    return f"{hours:d}:{short}" if hours else short


class Transport(QWidget):
    """One row of buttons under the picture.

    Signals:
        firstRequested, lastRequested, stepRequested(int: -1 or 1), playToggled(bool),
        loopToggled(bool), inRequested, outRequested (set the mark here).
    """

    firstRequested = Signal()
    lastRequested = Signal()
    stepRequested = Signal(int)
    playToggled = Signal(bool)
    loopToggled = Signal(bool)
    inRequested = Signal()
    outRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Transport")
        self._length, self._rate, self._position = 0, 24.0, 0

        self.time = QLabel()
        self.time.setAccessibleName("Time")
        self.time.setFont(theme.font(theme.FONT_PX, bold=True, tabular=True))
        self.count = QLabel()
        self.count.setAccessibleName("Frame")
        self.count.setProperty("role", "dim")
        self.count.setFont(theme.font(theme.FONT_PX, tabular=True))
        self.count.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

        self.mark_in = _button("in", "Set the in mark here", self.inRequested.emit)
        self.mark_out = _button("out", "Set the out mark here", self.outRequested.emit)
        self.first = _button("first", "First frame", self.firstRequested.emit)
        self.back = _button("step-back", "One frame back", lambda: self.stepRequested.emit(-1))
        self.play = _button("play", "Play")
        self.play.setCheckable(True)
        self.play.toggled.connect(self._show_playing)
        self.play.clicked.connect(self.playToggled)
        self.on = _button("step-on", "One frame on", lambda: self.stepRequested.emit(1))
        self.last = _button("last", "Last frame", self.lastRequested.emit)
        self.loop = _button("loop", "Play in a loop")
        self.loop.setCheckable(True)
        self.loop.clicked.connect(self.loopToggled)

        self._lay_out()
        self._show_position()

    def setLength(self, frames: int, rate: float | Fraction) -> None:
        """The clip's length in frames (0 = no clip) and its frames per second."""
        self._length, self._rate = frames, float(rate)
        self._show_position()

    def setPosition(self, frame: int) -> None:
        """The current frame, counted from 0; shown counted from 1."""
        self._position = frame
        self._show_position()

    def setPlaying(self, playing: bool) -> None:
        self.play.setChecked(playing)

    def setLoop(self, loop: bool) -> None:
        self.loop.setChecked(loop)

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.GAP_PX, 2, theme.GAP_PX, 2)
        row.setSpacing(2)
        # Both ends are equally wide, so play stands in the middle of the picture.
        row.addWidget(self.time, 1)
        for button in (
            self.mark_in, self.first, self.back, self.play, self.on, self.last, self.mark_out,
            self.loop,
        ):  # fmt: skip
            row.addWidget(button)
        row.addWidget(self.count, 1)

    def _show_position(self) -> None:
        for button in self.findChildren(QToolButton):
            button.setEnabled(self._length > 0)
        if not self._length:
            self.time.setText("–")
            self.count.setText("–")
            return
        self.time.setText(time_code(self._position, self._rate))
        digits = len(str(self._length))
        place = f"{self._position + 1:>{digits}}".replace(" ", "\u2007")
        self.count.setText(f"{place} / {self._length}  ·  {self._rate:.5g} fps")

    def _show_playing(self, playing: bool) -> None:
        theme.set_icon(self.play, "pause" if playing else "play")
        name = "Pause" if playing else "Play"
        self.play.setAccessibleName(name)


def _button(icon: str, name: str, clicked: Callable[[], None] | None = None) -> QToolButton:
    button = QToolButton()
    theme.set_icon(button, icon)
    button.setIconSize(QSize(theme.ICON_PX, theme.ICON_PX))
    button.setToolTip(name)
    button.setAccessibleName(name)
    button.setAutoRaise(True)
    if clicked is not None:
        button.clicked.connect(lambda: clicked())
    return button
