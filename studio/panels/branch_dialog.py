"""A branch before it begins: from which step, and what it does otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.options import Option
from studio import theme
from studio.panels.recipe import heading, small_text
from studio.state.recipe import LARGEST_SEED, MOST_VARIATIONS
from studio.state.tokens.branching import Settings, another_seed
from studio.widgets.choice_box import ChoiceBox
from studio.widgets.option_form import NumberBox, OptionForm

if TYPE_CHECKING:
    from studio.panels.main_window import MainWindow

_WIDTH, _LABELS = 390, 150


class BranchDialog(QDialog):
    """Attributes:
    seed, dice, count, label, decoder, options: what the branch gets.
    left: how much is still to be decided. begin: the button.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(_WIDTH)
        self._branching = window.studio.branching
        self._settings = self._branching.settings
        self.seed, self.count, self.dice = NumberBox(), NumberBox(), QToolButton()
        self.label, self.decoder = ChoiceBox("Class"), ChoiceBox("Decoder")
        self.options, self.left = OptionForm(), small_text()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.begin = buttons.addButton("Branch", QDialogButtonBox.ButtonRole.AcceptRole)
        self.begin.setProperty("primary", True)
        self._lay_out(buttons)
        self._fill()
        for changed in (self.options.changed, self.seed.valueChanged, self.count.valueChanged):
            changed.connect(self._tell_left)
        self.decoder.chosen.connect(self._choose_decoder)
        self.dice.clicked.connect(self._throw_dice)
        buttons.accepted.connect(self._accept)
        buttons.rejected.connect(self.reject)

    def chosen(self) -> Settings:
        """What is chosen now."""
        usual = {option.name: option.default for option in self._schema()}
        values = self.options.values()
        return Settings(
            seed=round(self.seed.value()),
            count=round(self.count.value()),
            decoder=self.decoder.name,
            options={name: value for name, value in values.items() if value != usual[name]},
            label=self.label.name if self._branching.classes else self._settings.label,
        )

    def _lay_out(self, buttons: QDialogButtonBox) -> None:
        self.setWindowTitle(f"Branch from {self._branching.place}")
        about = small_text()
        about.setText(self._branching.about)
        column = QVBoxLayout(self)
        column.setSpacing(theme.GAP_PX)
        column.addWidget(about)
        for title, part in (("Result", self._form()), ("Decoder", None)):
            column.addSpacing(4)
            column.addWidget(heading(title))
            if part is not None:
                column.addLayout(part)
        column.addWidget(self.decoder)
        self.options.setLabelWidth(_LABELS)
        column.addWidget(self.options)
        column.addWidget(self.left)
        column.addStretch(1)
        column.addWidget(buttons)

    def _form(self) -> QFormLayout:
        for number in (self.seed, self.count):
            number.setDecimals(0)
        self.seed.setRange(0, LARGEST_SEED)
        self.seed.setAccessibleName("Seed")
        self.seed.setToolTip("With the take's own seed and settings the result is the same.")
        self.count.setRange(1, MOST_VARIATIONS)
        self.count.setAccessibleName("Number of variations")
        self.count.setToolTip("So many results go on from this step, each with the next seed.")
        theme.set_icon(self.dice, "dice")
        self.dice.setAutoRaise(True)
        self.dice.setToolTip("Another seed")
        self.dice.setAccessibleName("Another seed")
        seed = QHBoxLayout()
        seed.setSpacing(4)
        seed.addWidget(self.seed, 1)
        seed.addWidget(self.dice)
        form = QFormLayout()
        form.setHorizontalSpacing(theme.GAP_PX)
        form.setVerticalSpacing(theme.GAP_PX - 2)
        rows: tuple[tuple[str, QWidget | QLayout], ...] = (("Seed", seed), ("How many", self.count))
        for words, part in rows if not self._branching.classes else (*rows, ("Class", self.label)):
            name = QLabel(words)
            name.setProperty("role", "dim")
            name.setMinimumWidth(_LABELS)
            form.addRow(name, part)
        return form

    def _fill(self) -> None:
        settings, branching = self._settings, self._branching
        self.seed.setValue(another_seed(settings.seed))
        self.count.setValue(settings.count)
        classes = {name: (name, "") for name in branching.classes}
        self.label.show_entries(classes, settings.label or "")
        decoders = {name: (entry.label, "") for name, entry in branching.decoders.items()}
        self.decoder.show_entries(decoders, settings.decoder)
        self.decoder.setVisible(len(decoders) > 1)
        self.options.setSchema(self._schema())
        self.options.setValues(settings.options)
        self._tell_left()

    def _throw_dice(self) -> None:
        self.seed.setValue(another_seed(round(self.seed.value())))

    def _choose_decoder(self, _name: str) -> None:
        values = self.options.values()
        self.options.setSchema(self._schema())
        self.options.setValues(values)
        self._tell_left()

    def _schema(self) -> tuple[Option, ...]:
        return self._branching.schema(self.decoder.name)

    def _tell_left(self) -> None:
        self.left.setText(self._branching.left(self.chosen()))

    def _accept(self) -> None:
        self._branching.begin(self.chosen())
        self.accept()
