"""How much of the clip is kept, how long the result is, and in words what comes of it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from studio.observable import watch
from studio.panels.window_actions import Actions, tool_button
from studio.state.studio import Studio
from studio.widgets.option_form import OptionForm


class Lengths(QWidget):
    """There where the result may be longer than the model's clips.

    Attributes:
        form: the numbers; the overlap is folded away. words: what is kept and what is invented.
    """

    def __init__(self, studio: Studio, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.form = OptionForm()
        self.words = QLabel()
        self.words.setProperty("role", "small")
        self.words.setWordWrap(True)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self._here = tool_button(actions["continue_here"], 16)
        row = QHBoxLayout()
        row.addWidget(self.words, 1)
        row.addWidget(self._here, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.form)
        column.addLayout(row)
        recipe = studio.recipe
        watch(recipe, "bundle task", self._show_form)
        watch(recipe, "kept length overlap asked room", self._show_values)
        watch(studio.framing, "window last_kept", self._describe)
        watch(studio.playback, "out_mark", self._describe)
        watch(studio.session, "clip", self._describe)
        self.form.changed.connect(self._take_values)

    def _show_form(self) -> None:
        recipe = self._studio.recipe
        self.setVisible(bool(recipe.lengths))
        self._here.setVisible(recipe.chosen_task.continues)
        self.form.setSchema(recipe.lengths)
        self._show_values()

    def _show_values(self) -> None:
        self.form.setValues(self._studio.recipe.chosen_lengths)
        self._describe()

    def _take_values(self) -> None:
        self._studio.recipe.choose_lengths(self.form.values())
        self._show_values()  # as a number may have been put right

    def _describe(self) -> None:
        recipe, covered = self._studio.recipe, self._studio.framing.covered
        windows = recipe.windows
        count = len(windows) if windows else 1
        self.words.setText(in_words(covered, recipe.keeps, count, invented=recipe.causal))


def in_words(covered: range, kept: int, windows: int, *, invented: bool = True) -> str:
    """What is kept of `covered`, what becomes of the rest, and in how many windows; counted from 1.

    Args:
        invented: whether whole frames are; else something is generated in them.
    """
    rest = covered[kept:]
    many = f" ({windows} windows)" if windows > 1 else ""
    if not covered:
        return ""
    if not kept:
        return f"{'Invents' if invented else 'Works on'} {_frames(covered)}{many}"
    if not rest:
        return f"Keeps {_frames(covered)}: the out mark leaves none to invent"
    return f"Keeps {_frames(covered[:kept])}, invents {_span(rest)}{many}"


def _frames(frames: range) -> str:
    return f"frame{'s' if len(frames) > 1 else ''} {_span(frames)}"


def _span(frames: range) -> str:
    return f"{frames.start + 1} to {frames.stop}" if len(frames) > 1 else f"{frames.start + 1}"
