"""Generate, pause, stop; how far it is, and how long it took."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.estimates.words import at_length, in_words
from studio import theme
from studio.observable import watch
from studio.panels.recipe import small_text
from studio.panels.window_actions import Actions, button_tooltip, tool_button
from studio.state.studio import Studio
from studio.state.takes.generation import Generation
from studio.state.takes.take import Phase
from studio.widgets.progress import JobProgress


class JobPanel(QWidget):
    """Attributes:
    generate, pause, stop, branch, again: the buttons; the last two go on from the step that is
        looked at.
    more: other ways to generate.
    expected: how long it will take, before it begins; less: chooses less where that is too much.
    progress: bar and words. variation: which result is shown.
    """

    def __init__(self, studio: Studio, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.generate: QPushButton = _button(actions["generate"], primary=True)
        self.more = QToolButton()
        self.more.setMenu(_menu(self.more, actions, "generate_next", "queue_hold", "queue_cancel"))
        self.pause = _button(actions["pause"])
        self.stop = _button(actions["stop"])
        self.again = _button(actions["continue"])
        self.branch = tool_button(actions["branch"])
        self.expected, self.less = small_text(), QPushButton()
        self.progress = JobProgress()
        self.variation = _Variation(studio)
        self._timing = small_text()
        self._lay_out()
        watch(studio.estimates, "estimate", self._show_estimate)
        watch(studio.recipe, "bundle", self._show_estimate)
        watch(studio.queue, "held running", self._name_generate)
        watch(studio.generation, "phase", self._show_phase)
        watch(studio.generation, "chosen steps", self._show_again)
        watch(studio.generation, "phase started done eta chosen finished", self._show_progress)
        watch(studio.models, "device", self._show_progress)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 12)
        column.setSpacing(theme.GAP_PX)
        column.addWidget(self._estimate())
        column.addLayout(self._generate())
        row = QHBoxLayout()
        row.setSpacing(theme.GAP_PX)
        row.addWidget(self.pause, 1)
        row.addWidget(self.stop, 1)
        row.addWidget(self.branch)
        column.addLayout(row)
        column.addWidget(self.progress)
        column.addWidget(self.again)
        column.addWidget(self.variation)
        column.addWidget(self._timing)

    def _generate(self) -> QHBoxLayout:
        """The button, and beside it what else can be done with a new job."""
        self.more.setProperty("more", True)
        theme.set_icon(self.more, "chevron-down", "plain")
        self.more.setIconSize(QSize(14, 14))
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setFixedWidth(26)
        self.more.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.more.setToolTip("Generate before others, hold the queue")
        self.more.setAccessibleName("More ways to generate")
        self.more.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.generate, 1)
        row.addWidget(self.more)
        return row

    def _name_generate(self) -> None:
        """What the button does now."""
        queue = self._studio.queue
        waits = queue.held or queue.running is not None
        self.generate.setText("Add to the queue" if waits else "Generate")

    def _estimate(self) -> QWidget:
        """How long it will take, and below, where it does not fit, what does."""
        self.less.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.less.clicked.connect(self._studio.estimates.choose_lower)
        part = QWidget()
        column = QVBoxLayout(part)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.expected)
        column.addWidget(self.less)
        return part

    def _show_estimate(self) -> None:
        estimates = self._studio.estimates
        found, lower = estimates.estimate, estimates.lower_choice
        self.expected.setText(in_words(found))
        self.expected.setToolTip(at_length(found))
        theme.set_role(self.expected, "small" if found is None or found.fits else "warning")
        self.expected.setVisible(self._studio.recipe.card is not None)
        self.less.setVisible(lower is not None)
        if lower is not None:
            self.less.setText(f"Choose {lower.words[0].lower()}{lower.words[1:]}")

    def _show_phase(self) -> None:
        resumable = self._studio.generation.resumable
        self.pause.setText("Resume" if resumable else "Pause")
        theme.set_icon(self.pause, "play" if resumable else "pause", "plain")

    def _show_again(self) -> None:
        generation = self._studio.generation
        self.again.setVisible(generation.chosen is not None)
        if generation.chosen is not None:
            step = generation.steps[generation.looked_at].step
            self.again.setText(f"Decode again from {generation.unit} {step + 1:,}")

    def _show_progress(self) -> None:
        generation = self._studio.generation
        match generation.phase:
            case Phase.PREPARING:
                started = bool(self._studio.models.device)
                self.progress.setBusy(
                    "Reading and encoding the clip" if started else "Starting the engine"
                )
            case Phase.HALTING:
                self.progress.setBusy("Stopping")
            case Phase.WAITING:
                self.progress.setProgress(generation.done, generation.total, None)
                self.progress.setText("Waiting in the queue")
            case Phase.IDLE:
                self.progress.setProgress(0, 1, None)
                self.progress.setText("")
            case phase:
                self.progress.setProgress(
                    generation.done,
                    generation.total,
                    generation.eta,
                    unit=generation.unit,
                    pace=generation.pace if generation.unit == "token" else None,
                )
                if phase is not Phase.DECODING:
                    self.progress.setText(_words(phase, generation))
        timing = _timing(generation)
        self._timing.setVisible(bool(timing))
        self._timing.setText(timing)


class _Variation(QWidget):
    """Which of several results is shown; there when there are several."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._result = studio.result
        self.text = QLabel()
        self.text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._arrow("step-back", "The variation before", -1))
        row.addWidget(self.text, 1)
        row.addWidget(self._arrow("step-on", "The next variation", 1))
        watch(self._result, "clips variation", self._show)

    def _arrow(self, icon: str, name: str, by: int) -> QToolButton:
        button = QToolButton()
        theme.set_icon(button, icon)
        button.setToolTip(name)
        button.setAccessibleName(name)
        button.clicked.connect(lambda: self._result.show_beside(by))
        return button

    def _show(self) -> None:
        count = self._result.count
        self.setVisible(count > 1)
        self.text.setText(f"Variation {self._result.variation + 1} of {count}")


def _button(action: QAction, *, primary: bool = False) -> QPushButton:
    """A button that does what an action does, and is enabled when that is."""
    button = QPushButton(action.text().split(" or ")[0])
    theme.set_icon_of(button, action, "accent" if primary else "plain")
    button.setProperty("primary", primary)
    # A click leaves the focus where it is: a button that is then disabled would pass it on.
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.clicked.connect(action.trigger)
    action.changed.connect(lambda: button.setEnabled(action.isEnabled()))
    button.setEnabled(action.isEnabled())
    button_tooltip(button, action)
    return button


def _menu(parent: QWidget, actions: Actions, *names: str) -> QMenu:
    menu = QMenu(parent)
    for name in names:
        menu.addAction(actions[name])
    return menu


def _words(phase: Phase, generation: Generation) -> str:
    unit, done, total = generation.unit, generation.done, generation.total
    if phase is Phase.FINISHED and unit == "step" and _begun(generation):
        return f"Finished in {total - _begun(generation):,} of {total:,} steps"
    if phase is Phase.FINISHED:
        return f"Finished in {total:,} steps" if unit == "step" else f"Finished: {total:,} tokens"
    if not done:
        return f"{phase.value} before the first {unit}"
    return f"{phase.value} after {unit} {done:,} of {total:,}"


def _begun(generation: Generation) -> int:
    """How many steps a branch has taken over."""
    request, steps = generation.request, generation.steps
    return steps[0].step + 1 if request is not None and request.branch and steps else 0


def _timing(generation: Generation) -> str:
    """How long the parts of a finished job took; "" before."""
    finished = generation.finished
    if finished is None:
        return ""
    seconds = finished.timings
    parts = [
        f"Encode {_rounded(seconds.encode)} s",
        f"transformer {_rounded(seconds.transformer)} s",
        f"pixels {_rounded(seconds.decode)} s",
    ]
    return "  ·  ".join(parts) + f"\non {finished.device}"


def _rounded(seconds: float) -> str:
    return f"{seconds:.1f}" if seconds < 10 else f"{seconds:,.0f}"
