"""What can be done with a training: pause, go on, stop and keep, go back, compare, use, delete."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QMenu, QMessageBox, QPushButton, QWidget

from core.runs.asking import Wish
from core.runs.reading import RunLook
from studio import theme
from studio.observable import watch
from studio.state.places import in_bytes, show_in_folder
from studio.state.studio import Studio
from studio.state.training import run_obstacles as obstacles

KEEPS: dict[Wish, str] = {
    "keep-best": "Keep the best so far",
    "keep-last": "Keep it as it is now",
}


class TrainingButtons(QWidget):
    """Attributes:
    pause, stop, back, compare, use, more: the buttons. What cannot be done says why.
    """

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio, self._runs = studio, studio.runs
        self.pause, self.use = QPushButton("Pause"), QPushButton("Use this model")
        self.compare = QPushButton("Compare with its parent")
        self.stop, self.back = QPushButton("Stop and keep"), QPushButton("Go back to")
        self.more = QPushButton("More")
        self._lay_out()
        self._bind()

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GAP_PX)
        for button in (self.pause, self.stop, self.back, self.compare, self.use):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self.more)
        for button in (self.pause, self.stop, self.back, self.compare, self.use, self.more):
            button.setAutoDefault(False)
        for button in (self.stop, self.back, self.more):
            button.setMenu(QMenu(button))

    def _bind(self) -> None:
        self.pause.clicked.connect(self.pause_or_go_on)
        self.compare.clicked.connect(lambda: self._with_look(self._compare))
        self.use.clicked.connect(lambda: self._with_look(self._use))
        for wish, text in KEEPS.items():
            keep = partial(self._runs.keep, wish=wish)
            self.stop.menu().addAction(text, partial(self._with_look, keep))
        self.back.menu().aboutToShow.connect(self._fill_back)
        self.more.menu().aboutToShow.connect(self._fill_more)
        watch(self._runs, "looks chosen doing failure", self._show)
        watch(self._studio.models, "bundles", self._show)

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
        menu.setToolTipsVisible(True)
        menu.addAction("Show its folder", lambda: show_in_folder(look.folder / "state.json"))
        followed = look.folder.parent != self._runs.home
        text = "Follow it no more" if followed else "Delete this run…"
        act = self._runs.forget if followed else self._ask_to_delete
        forget = menu.addAction(text, lambda: act(look))
        forget.setEnabled(followed or not look.working)
        forget.setToolTip("" if forget.isEnabled() else "It is being trained. Pause it first.")

    def _show(self) -> None:
        look = self._runs.look
        if look is None:
            return
        self._show_ways(look, self._runs.trained_here)
        self._show_model(look)

    def _show_ways(self, look: RunLook, other: RunLook | None) -> None:
        self.pause.setText("Pause" if look.working else "Go on")
        why = obstacles.to_pause(look) if look.working else obstacles.to_go_on(look, other)
        help = "Saves a checkpoint and frees the device; nothing is lost."
        _allow(self.pause, why, help if look.working else "From the newest checkpoint.")
        _allow(self.stop, obstacles.to_keep(look, other), "End it, with a model of what there is.")
        help = "Go on from an earlier checkpoint; what came after it is kept aside."
        _allow(self.back, obstacles.to_go_back(look, other), help)
        for button in (self.pause, self.stop):
            button.setVisible(look.status != "finished")
        for button in (self.pause, self.stop, self.back) if self._runs.doing else ():
            _allow(button, f"{self._runs.doing} …", "")

    def _show_model(self, look: RunLook) -> None:
        """What can be done with the model that came of it."""
        bundle, parent = self._runs.made.bundle_of(look), self._runs.made.parent_of(look)
        card = self._studio.models.card(parent)
        self.compare.setText(f"Compare with “{card.title}”" if card else "Compare with its parent")
        why = self._studio.versus.obstacle(parent, bundle)
        _allow(self.compare, why, "The same window, mask, task and seed with both models.")
        _allow(
            self.use, "" if bundle else "There is no model of this run yet.", "Generate with it."
        )
        for button in (self.compare, self.use):
            button.setVisible(look.status == "finished" or bool(bundle))

    def pause_or_go_on(self) -> None:
        """Pause what is trained, go on with what is not."""
        look = self._runs.look
        if look is not None:
            (self._runs.pause if look.working else self._runs.go_on)(look)

    def _with_look(self, act: Callable[[RunLook], object]) -> None:
        if self._runs.look is not None:
            act(self._runs.look)

    def _compare(self, look: RunLook) -> None:
        """On the canvas, which must not lie behind this."""
        self.window().close()
        self._studio.compare_with_parent(look)

    def _use(self, look: RunLook) -> None:
        self._studio.recipe.bundle = self._runs.made.bundle_of(look)

    def _ask_to_delete(self, look: RunLook) -> None:
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
