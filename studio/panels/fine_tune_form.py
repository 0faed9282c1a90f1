"""A new fine-tuning: which model, on what, what learns, for how long; how long that is here; and
the start."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from core.runs.footage import holds_out
from studio import theme
from studio.observable import bind, watch
from studio.panels.elsewhere_dialog import ElsewhereDialog
from studio.panels.fine_tune_footage import FineTuneFootage
from studio.panels.recipe import heading, small_text
from studio.panels.run_estimate import estimate_in_words
from studio.state.studio import Studio
from studio.state.training.fine_tuning import Part
from studio.widgets.choice_box import ChoiceBox
from studio.widgets.notice import Notice
from studio.widgets.option_form import NumberBox

LABEL_PX = 110
PARTS: dict[Part, tuple[str, str]] = {
    "prior": (
        "How things look and move (transformer)",
        "What is filled in follows your footage. The usual choice.",
    ),
    "tokenizer": (
        "How finely pictures are drawn (tokenizer)",
        "Details come out sharper; what is filled in stays as it is.",
    ),
    "both": (
        "Both, one after the other",
        "The tokenizer first, then the transformer on its tokens.",
    ),
}
LENGTHS: dict[str, tuple[str, str]] = {
    "look": ("A quick look, 5 min", ""),
    "evening": ("An evening, 3 h", ""),
    "minutes": ("So many minutes …", ""),
    "steps": ("So many steps …", ""),
}


class FineTuneForm(QWidget):
    """Attributes:
    bundle, part, length: the lists. footage: clips and folders. minutes, steps: numbers.
    adapters, label, name: what else can be chosen.
    estimate: how long it takes here. again: measures that once more.
    notice: what stands in the way. elsewhere, start: the buttons.
    """

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio, self._tuning = studio, studio.fine_tuning
        self.bundle, self.part = ChoiceBox("Model"), ChoiceBox("What learns")
        self.length, self.footage = ChoiceBox("For how long"), FineTuneFootage(studio)
        self.minutes, self.steps = NumberBox(), NumberBox()
        self.adapters, self.label, self.name = QCheckBox("Adapters only"), QLineEdit(), QLineEdit()
        self.estimate, self.again = small_text(), QPushButton("Measure again")
        self.notice = Notice()
        self.elsewhere, self.start = QPushButton("Run elsewhere…"), QPushButton("Start training")
        self._about_part, self._about_footage = small_text(), small_text()
        self._lay_out()
        self._bind()

    # Layout

    def _lay_out(self) -> None:
        form = QWidget()
        grid = QGridLayout(form)
        grid.setContentsMargins(20, 16, 20, theme.GAP_PX)
        grid.setHorizontalSpacing(theme.GAP_PX)
        grid.setVerticalSpacing(theme.GAP_PX)
        grid.setColumnMinimumWidth(0, LABEL_PX)
        grid.setColumnStretch(1, 1)
        self._fill(grid)
        grid.setRowStretch(grid.rowCount(), 1)
        area = QScrollArea()
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what is in it scrolls along
        area.setWidget(form)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.viewport().setAutoFillBackground(False)
        form.setAutoFillBackground(False)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        foot = QVBoxLayout()
        foot.setContentsMargins(20, 0, 20, 16)
        foot.setSpacing(theme.GAP_PX)
        foot.addWidget(self.notice)
        foot.addLayout(self._buttons())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(area, 1)
        column.addLayout(foot)
        self.notice.close_button.hide()

    def _fill(self, grid: QGridLayout) -> None:
        _section(grid, "Train a model further")
        _row(grid, "Model", self.bundle)
        _row(grid, "Footage", self.footage)
        _below(grid, self._about_footage)
        _row(grid, "What learns", self.part)
        _below(grid, self._about_part)
        _row(grid, "", self.adapters)
        _row(grid, "Class", self.label)
        _section(grid, "For how long")
        numbers = QHBoxLayout()
        numbers.setSpacing(theme.GAP_PX)
        numbers.addWidget(self.length, 1)
        numbers.addWidget(self.minutes)
        numbers.addWidget(self.steps)
        holder = QWidget()
        numbers.setContentsMargins(0, 0, 0, 0)
        holder.setLayout(numbers)
        _row(grid, "Time", holder)
        _row(grid, "Here that is", self.estimate)
        _below(grid, self.again)
        grid.setAlignment(self.again, Qt.AlignmentFlag.AlignLeft)
        _section(grid, "The new model")
        _row(grid, "Name", self.name)
        self._name()

    def _name(self) -> None:
        self.adapters.setToolTip("A few weights beside the transformer's learn: less is forgotten.")
        self.label.setAccessibleName("Class of all the clips")
        self.label.setPlaceholderText("none; sub-folders of a folder name classes themselves")
        self.name.setAccessibleName("Name of the new model")
        self.estimate.setAccessibleName("How long it takes here")
        self.estimate.setProperty("role", "")
        for number, suffix, most in (
            (self.minutes, " min", 60 * 24 * 7),
            (self.steps, " steps", 10**6),
        ):
            number.setDecimals(0)
            number.setRange(1, most)
            number.setSuffix(suffix)
            number.setFixedWidth(120)
        self.minutes.setAccessibleName("Minutes")
        self.steps.setAccessibleName("Steps of each part")

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.GAP_PX)
        row.addStretch(1)
        row.addWidget(self.elsewhere)
        row.addWidget(self.start)
        for button in (self.elsewhere, self.again):
            button.setAutoDefault(False)
        self.start.setProperty("primary", True)
        return row

    # Binds

    def _bind(self) -> None:
        tuning = self._tuning
        self.bundle.chosen.connect(lambda folder: setattr(tuning, "bundle", folder))
        self.part.chosen.connect(lambda part: setattr(tuning, "part", part))
        self.length.chosen.connect(lambda length: setattr(tuning, "length", length))
        bind(tuning, "minutes", self.minutes.setValue, self.minutes.valueChanged)
        bind(tuning, "steps", lambda n: self.steps.setValue(n))
        self.steps.valueChanged.connect(lambda value: setattr(tuning, "steps", round(value)))
        bind(tuning, "adapters", self.adapters.setChecked, self.adapters.toggled)
        self.label.textChanged.connect(lambda text: setattr(tuning, "label", text))
        self.name.textChanged.connect(lambda text: setattr(tuning, "name", text))
        bind(
            tuning,
            "name",
            lambda name: self.name.setText(name) if name != self.name.text() else None,
        )
        self.again.clicked.connect(tuning.estimate.again)
        self.start.clicked.connect(tuning.start)
        self.elsewhere.clicked.connect(lambda: ElsewhereDialog(self._studio, self).open())
        watch(self._studio.models, "bundles", self._show_models)
        watch(tuning, "bundle", self._show_models)
        watch(tuning, "bundle part footage paths", self._show_parts)
        watch(
            tuning, "bundle part adapters length minutes steps footage paths name", self._show_state
        )
        watch(tuning.estimate, "measured measuring problem", self._show_state)
        watch(self._studio.runs, "looks doing failure", self._show_state)

    def _show_models(self) -> None:
        entries = {
            entry.folder: (entry.card.title, "")
            if entry.card
            else (entry.folder, entry.problem or "")
            for entry in self._studio.models.bundles
        }
        self.bundle.show_entries(entries, self._tuning.bundle)

    def _show_parts(self) -> None:
        tuning = self._tuning
        chosen = tuning.chosen_part
        self.part.show_entries(
            {part: (text, tuning.obstacle_to_part(part)) for part, (text, _) in PARTS.items()},
            chosen,
        )
        self._about_part.setText(PARTS[chosen][1])
        self.adapters.setVisible(chosen == "prior")
        why = tuning.obstacle_to_label
        self.label.setEnabled(not why)
        self.label.setToolTip(why or "The class that all the clips show; a new name is learnt.")
        known = [one for one in tuning.footage if not one.problem]
        alone = bool(known) and not holds_out(tuple(known))
        self._about_footage.setText(
            "A single clip has none to hold out: there is no held-out loss. Folders have one."
        )
        self._about_footage.setVisible(alone)

    def _show_state(self) -> None:
        tuning = self._tuning
        self.length.show_entries(LENGTHS, tuning.length)
        self.minutes.setVisible(tuning.length == "minutes")
        self.steps.setVisible(tuning.length == "steps")
        self.estimate.setText(estimate_in_words(tuning))
        self.again.setVisible(tuning.measured is not None)
        self.name.setPlaceholderText(tuning.free_name)
        obstacle, failure = tuning.obstacle_to_start, self._studio.runs.failure
        self.start.setEnabled(not obstacle)
        self.start.setToolTip(
            obstacle or "It runs as a program of its own, also when this window is closed."
        )
        self.elsewhere.setEnabled(not tuning.obstacle)
        self.elsewhere.setToolTip(
            tuning.obstacle or "Writes a folder and the command for other machines."
        )
        serious = failure or (obstacle if tuning.paths else "")
        if serious or tuning.warning:
            self.notice.post(serious or tuning.warning, "error" if failure else "warning")
        else:
            self.notice.clear()


def _section(grid: QGridLayout, title: str) -> None:
    row = grid.rowCount()
    if row > 1:
        grid.setRowMinimumHeight(row, theme.GAP_PX)
    grid.addWidget(heading(title), row + 1, 0, 1, 2)


def _row(grid: QGridLayout, text: str, control: QWidget) -> None:
    label, row = QLabel(text), grid.rowCount()
    label.setProperty("role", "dim")
    label.setBuddy(control)
    label.setMinimumHeight(theme.CONTROL_PX)
    grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignTop)
    grid.addWidget(control, row, 1)


def _below(grid: QGridLayout, control: QWidget) -> None:
    grid.addWidget(control, grid.rowCount(), 1)
