"""A training: how far it is, what can be done with it, its curves and its samples."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QMessageBox,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from core.runs.reading import RunLook
from studio import theme
from studio.observable import watch
from studio.panels.recipe import small_text
from studio.panels.training_samples import TrainingSamples
from studio.state import run_obstacles as obstacles
from studio.state.places import in_bytes, show_in_folder
from studio.state.run_samples import RunSamples
from studio.state.studio import Studio
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


class TrainingPage(QWidget):
    """Attributes:
    title, progress, facts, notice: how it goes.
    pause, stop, back, compare, use, more: what can be done.
    curves: None until a run is shown; samples: at the right.
    """

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio, self._runs = studio, studio.runs
        self.title, self.progress, self.facts = QLabel(), JobProgress(), small_text()
        self.notice = Notice()
        self.pause, self.compare = QPushButton("Pause"), QPushButton("Compare with its parent")
        self.use = QPushButton("Use this model")
        self.stop, self.back, self.more = QPushButton(), QPushButton(), QPushButton()
        self.shown_samples = RunSamples(self)
        self.samples = TrainingSamples(self.shown_samples)
        self.curves: TrainingCurves | None = None
        self._split = QSplitter(Qt.Orientation.Horizontal)
        self._lay_out()
        self._bind()

    # Layout

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
        column.addWidget(self.title)
        column.addWidget(self.progress)
        column.addWidget(self.notice)
        column.addLayout(self._buttons())
        column.addWidget(self._split, 1)
        column.addWidget(self.facts)

    def _buttons(self) -> QHBoxLayout:
        for button, text in (
            (self.stop, "Stop and keep"),
            (self.back, "Go back to"),
            (self.more, "More"),
        ):
            button.setText(text)
            button.setMenu(QMenu(button))
            button.setAutoDefault(False)
        row = QHBoxLayout()
        row.setSpacing(theme.GAP_PX)
        for button in (self.pause, self.stop, self.back, self.compare, self.use):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self.more)
        for plain in (self.pause, self.compare, self.use):
            plain.setAutoDefault(False)
        return row

    def _bind(self) -> None:
        self.pause.clicked.connect(self._pause_or_go_on)
        self.notice.actionTriggered.connect(self._pause_or_go_on)
        self.compare.clicked.connect(lambda: self._with_look(self._compare))
        self.use.clicked.connect(lambda: self._with_look(self._use))
        self._fill_stop(self.stop.menu())
        self.back.menu().aboutToShow.connect(self._fill_back)
        self.more.menu().aboutToShow.connect(self._fill_more)
        watch(self._runs, "looks chosen doing failure", self._show)
        watch(self._studio.models, "bundles", self._show)

    def _fill_stop(self, menu: QMenu) -> None:
        keep = self._runs.keep
        menu.addAction(
            "Keep the best so far", lambda: self._with_look(lambda look: keep(look, "keep-best"))
        )
        menu.addAction(
            "Keep it as it is now", lambda: self._with_look(lambda look: keep(look, "keep-last"))
        )

    def _fill_back(self) -> None:
        """All checkpoints, the newest first."""
        menu, look = self.back.menu(), self._runs.look
        menu.clear()
        if look is None:
            return
        for kept in reversed(look.checkpoints):
            phase = f"{kept.phase}, " if len(look.phases) > 1 else ""
            best = "  ·  best so far" if kept.best else ""
            text = f"{phase}step {kept.step:,}{best}  ·  {in_bytes(kept.size)}"
            menu.addAction(text, partial(self._runs.go_back, look, kept.phase, kept.step))

    def _fill_more(self) -> None:
        menu, look = self.more.menu(), self._runs.look
        menu.clear()
        if look is None:
            return
        menu.addAction("Show its folder", lambda: show_in_folder(look.folder / "state.json"))
        followed = look.folder.parent != self._runs.home
        forget = menu.addAction(
            "Follow it no more" if followed else "Delete this run…", self._ask_to_forget
        )
        forget.setEnabled(followed or not look.working)
        menu.setToolTipsVisible(True)
        forget.setToolTip("" if forget.isEnabled() else "It is being trained. Pause it first.")

    # What is shown

    def _show(self) -> None:
        look = self._runs.look
        if look is None:
            return
        self.title.setText(look.name)
        self._show_progress(look)
        self._show_notice(look)
        self._show_buttons(look)
        self.facts.setText(_facts(look))
        curves = self._curves()
        curves.show_lines(list(look.phases), look.lines)
        phase = curves.chosen_phase
        newest = look.samples[-1].phase if look.samples else ""
        self.shown_samples.look_at(look, phase if phase in look.phases else newest)

    def _curves(self) -> TrainingCurves:
        if self.curves is None:
            from studio.panels.training_curves import TrainingCurves  # loads pyqtgraph

            self.curves = TrainingCurves()
            self.curves.phase.chosen.connect(lambda _phase: self._show())
            self._split.insertWidget(0, self.curves)
            self._split.setSizes([500, 440])
        return self.curves

    def _show_progress(self, look: RunLook) -> None:
        self.progress.bar.setRange(0, max(look.total, 1))
        self.progress.bar.setValue(look.total if look.status == "finished" else look.done)
        self.progress.setText("  ·  ".join(_how_far(look)))

    def _show_notice(self, look: RunLook) -> None:
        failure, other = self._runs.failure, self._runs.trained_here
        if failure:
            self.notice.post(failure, "error")
        elif look.status in ("failed", "lost", "gone"):
            self.notice.post(
                look.words, "error", "" if obstacles.to_go_on(look, other) else "Go on"
            )
        elif look.status == "waiting":
            self.notice.post(
                f"{look.words} It is followed as soon as another machine does.", "info"
            )
        else:
            self.notice.clear()

    def _show_buttons(self, look: RunLook) -> None:
        runs, other = self._runs, self._runs.trained_here
        self.pause.setText("Pause" if look.working else "Go on")
        why = obstacles.to_pause(look) if look.working else obstacles.to_go_on(look, other)
        help = "Saves a checkpoint and frees the device; it goes on as if it never had paused."
        _allow(self.pause, why, help if look.working else "Goes on from the newest checkpoint.")
        _allow(self.stop, obstacles.to_keep(look, other), "End it, with a model of what there is.")
        _allow(
            self.back,
            obstacles.to_go_back(look, other),
            "Go on from an earlier checkpoint; what came after it is kept aside.",
        )
        bundle = runs.made.bundle_of(look)
        _allow(
            self.use, "" if bundle else "There is no model of this run yet.", "Generate with it."
        )
        parent = runs.made.parent_of(look)
        card = self._studio.models.card(parent)
        self.compare.setText(f"Compare with “{card.title}”" if card else "Compare with its parent")
        why = self._studio.versus.obstacle(parent, bundle)
        _allow(self.compare, why, "The same window, mask, task and seed with both models.")
        for button in (self.pause, self.stop):
            button.setVisible(look.status != "finished")
        for button in (self.compare, self.use):
            button.setVisible(look.status == "finished" or bool(bundle))
        busy = runs.doing
        for each in (self.pause, self.stop, self.back) if busy else ():
            _allow(each, f"{busy} …", "")

    # What is done

    def _with_look(self, act: Callable[[RunLook], object]) -> None:
        if self._runs.look is not None:
            act(self._runs.look)

    def _pause_or_go_on(self) -> None:
        look = self._runs.look
        if look is not None:
            (self._runs.pause if look.working else self._runs.go_on)(look)

    def _compare(self, look: RunLook) -> None:
        """On the canvas, which must not lie behind this."""
        self.window().close()
        self._studio.compare_with_parent(look)

    def _use(self, look: RunLook) -> None:
        self._studio.recipe.bundle = self._runs.made.bundle_of(look)

    def _ask_to_forget(self) -> None:
        look = self._runs.look
        if look is None:
            return
        if look.folder.parent != self._runs.home:
            self._runs.forget(look)
            return
        box = QMessageBox(self)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setText(f"Delete the run “{look.name}”?")
        size = in_bytes(sum(kept.size for kept in look.checkpoints))
        box.setInformativeText(f"Its checkpoints ({size}), curves and samples go. Its model stays.")
        delete = box.addButton("Delete", QMessageBox.ButtonRole.DestructiveRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        delete.clicked.connect(lambda: self._runs.forget(look))
        box.open()


def _allow(button: QPushButton, obstacle: str, help: str) -> None:
    button.setEnabled(not obstacle)
    button.setToolTip(obstacle or help)


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
    learns = {"prior": "the transformer", "tokenizer": "the tokenizer", "both": "both parts"}
    clips = [path.rsplit("/", 1)[-1] for path in request.clips]
    few = ", ".join(clips[:3]) + (f" and {len(clips) - 3} more" if len(clips) > 3 else "")
    words = [f"“{look.asked.parent}” on {few}", f"{learns[request.part]} learns"]
    if request.part == "both":
        words[-1] = "both parts learn"
    if request.lora:
        words.append(f"adapters of rank {request.lora}")
    if request.class_name:
        words.append(f"class “{request.class_name}”")
    return "  ·  ".join(words)
