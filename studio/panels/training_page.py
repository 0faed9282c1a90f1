"""A training: how far it is, what can be done with it, its curves and its samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSplitter, QVBoxLayout, QWidget

from core.runs.reading import RunLook
from studio import theme
from studio.observable import watch
from studio.panels.recipe import small_text
from studio.panels.training_buttons import TrainingButtons
from studio.panels.training_samples import TrainingSamples
from studio.state.studio import Studio
from studio.state.training import run_obstacles as obstacles
from studio.state.training.run_samples import RunSamples
from studio.widgets.notice import Notice
from studio.widgets.progress import JobProgress, spoken

if TYPE_CHECKING:
    from studio.panels.training_curves import TrainingCurves

STATUS = {
    "waiting": "Waiting to be begun",
    "preparing": "Preparing",
    "training": "Training",
    "saving": "Writing the model",
    "paused": "Paused",
    "finished": "Finished",
    "failed": "Stopped by an error",
    "lost": "Interrupted",
    "gone": "Not there any more",
}
LEARNS = {
    "prior": "the transformer learns",
    "tokenizer": "the tokenizer learns",
    "both": "both parts learn",
}
MOST_NAMED = 3


class TrainingPage(QWidget):
    """Attributes:
    title, progress, facts, notice: how it goes. buttons: what can be done.
    curves: None until a run is shown; samples: at the right.
    """

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runs = studio.runs
        self.title, self.progress, self.facts = QLabel(), JobProgress(), small_text()
        self.notice, self.buttons = Notice(), TrainingButtons(studio)
        self.shown_samples = RunSamples(self)
        self.samples = TrainingSamples(self.shown_samples)
        self.curves: TrainingCurves | None = None
        self._split = QSplitter(Qt.Orientation.Horizontal)
        self._lay_out()
        self.notice.actionTriggered.connect(self.buttons.pause_or_go_on)
        watch(self._runs, "looks chosen doing failure", self._show)

    def _lay_out(self) -> None:
        self.title.setFont(theme.font(16, bold=True))
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.notice.close_button.hide()
        self._split.addWidget(self.samples)
        self._split.setChildrenCollapsible(False)
        self._split.setHandleWidth(2 * theme.GAP_PX)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(theme.GAP_PX)
        for part in (self.title, self.progress, self.notice, self.buttons):
            column.addWidget(part)
        column.addWidget(self._split, 1)
        column.addWidget(self.facts)

    def _show(self) -> None:
        look = self._runs.look
        if look is None:
            return
        self.title.setText(look.name)
        self.progress.bar.setRange(0, max(look.total, 1))
        self.progress.bar.setValue(look.total if look.status == "finished" else look.done)
        self.progress.setText("  ·  ".join(_how_far(look)))
        self._show_notice(look)
        self.facts.setText(_facts(look))
        curves = self._curves()
        curves.show_lines(list(look.phases), look.lines)
        newest = look.samples[-1].phase if look.samples else ""
        self.shown_samples.look_at(look, curves.chosen_phase or newest)

    def _curves(self) -> TrainingCurves:
        if self.curves is None:
            from studio.panels.training_curves import TrainingCurves  # loads pyqtgraph

            self.curves = TrainingCurves()
            self.curves.phase.chosen.connect(lambda _phase: self._show())
            self._split.insertWidget(0, self.curves)
            self._split.setSizes([500, 440])
        return self.curves

    def _show_notice(self, look: RunLook) -> None:
        if self._runs.failure:
            self.notice.post(self._runs.failure, "error")
        elif look.status in ("failed", "lost", "gone"):
            stays = obstacles.to_go_on(look, self._runs.trained_here)
            words = look.words.replace("--resume", "“Go on”")  # as the command line has it
            self.notice.post(words, "error", "" if stays else "Go on")
        elif look.status == "waiting":
            words = f"{look.words} It is followed as soon as another machine does."
            self.notice.post(words, "info")
        else:
            self.notice.clear()


def _how_far(look: RunLook) -> list[str]:
    """Where it stands, in words."""
    words = [STATUS[look.status]]
    if look.working and look.wish:
        words = ["Pausing" if look.wish == "pause" else "Stopping"]
    if look.status == "preparing" and look.words:
        words.append(look.words.rstrip("."))
    if look.total and look.status != "preparing":
        words.append(f"step {look.done:,} of {look.total:,}")
    if look.eta is not None:
        words.append(f"about {spoken(look.eta)} left")
    if look.life is not None:
        here = [] if look.here else [f"on {look.life.machine}"]
        words += [*here, *filter(None, [look.life.device])]
    return words


def _facts(look: RunLook) -> str:
    """What is trained on what."""
    if look.asked is None:
        return str(look.folder)
    request = look.asked.request
    clips = [path.rsplit("/", 1)[-1] for path in request.clips]
    few, rest = ", ".join(clips[:MOST_NAMED]), len(clips) - MOST_NAMED
    words = [f"“{look.asked.parent}” on {few}" + (f" and {rest} more" if rest > 0 else "")]
    words.append(LEARNS[request.part])
    if request.lora:
        words.append(f"adapters of rank {request.lora}")
    if request.class_name:
        words.append(f"class “{request.class_name}”")
    return "  ·  ".join(words)
