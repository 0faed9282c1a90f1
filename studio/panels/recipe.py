"""What shall be generated: model, task, class, working window, decoder, seed, variations."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QStandardItem, QStandardItemModel, QWheelEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLayout,
    QVBoxLayout,
    QWidget,
)

from core.window import Window
from studio import theme
from studio.observable import bind, watch
from studio.panels.lengths import Lengths
from studio.panels.window_actions import Actions, tool_button
from studio.state.models.models import obstacle
from studio.state.recipe import LARGEST_SEED, MOST_VARIATIONS
from studio.state.studio import Studio
from studio.widgets.option_form import NumberBox, OptionForm

_MARGIN = 12
_LEAST_SQUEEZE = 0.97  # from here up nobody sees that a picture is squeezed


def heading(text: str) -> QLabel:
    label = QLabel(text.upper())
    label.setProperty("role", "heading")
    return label


def small_text() -> QLabel:
    """A dim line that wraps."""
    label = QLabel()
    label.setProperty("role", "small")
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label


class RecipePanel(QWidget):
    """Attributes:
    bundle, task, label, decoder: the lists. lengths: what is kept and how long the result is.
    options: the decoder's form. seed, count: numbers.
    """

    def __init__(self, studio: Studio, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.bundle, self.task = _list("Model"), _list("Task")
        self.label, self.decoder = _list("Class"), _list("Decoder")
        self.lengths = Lengths(studio, actions)
        self.options = OptionForm()
        self.seed, self.count = NumberBox(), NumberBox()
        self._about_bundle, self._about_task = small_text(), small_text()
        self._about_window = small_text()
        self._lay_out(actions)
        self._bind_model()
        self._bind_task()
        self._bind_decoder()

    def _lay_out(self, actions: Actions) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
        column.setSpacing(6)
        for title, parts in (
            ("Task", (self.task, self._about_task, self.label, self.lengths)),
            ("Working window", (self._window_row(actions),)),
            ("Model", (self._bundle_row(actions), self._about_bundle)),
            ("Decoder", (self.decoder, self.options)),
            ("Variations", (self._numbers(actions),)),
        ):
            column.addWidget(heading(title))
            for part in parts:
                _add(column, part)
            column.addSpacing(_MARGIN)
        column.addStretch(1)

    def _bundle_row(self, actions: Actions) -> QLayout:
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.bundle, 1)
        row.addWidget(tool_button(actions["models"]))
        return row

    def _window_row(self, actions: Actions) -> QLayout:
        row = QHBoxLayout()
        row.addWidget(self._about_window, 1)
        row.addWidget(tool_button(actions["fit_window"]), 0, Qt.AlignmentFlag.AlignTop)
        return row

    def _numbers(self, actions: Actions) -> QLayout:
        for number in (self.seed, self.count):
            number.setDecimals(0)
        self.seed.setRange(0, LARGEST_SEED)
        self.seed.setAccessibleName("Seed")
        self.seed.setToolTip("The same seed gives the same result.")
        self.count.setRange(1, MOST_VARIATIONS)
        self.count.setAccessibleName("Number of variations")
        self.count.setToolTip("How many results, each with the next seed.")
        seed = QHBoxLayout()
        seed.setSpacing(4)
        seed.addWidget(self.seed, 1)
        seed.addWidget(tool_button(actions["dice"]))
        form = QFormLayout()
        form.setHorizontalSpacing(theme.GAP_PX)
        form.setVerticalSpacing(theme.GAP_PX - 2)
        form.addRow(_dim("Seed"), seed)
        form.addRow(_dim("How many"), self.count)
        return form

    def _bind_model(self) -> None:
        recipe, models = self._studio.recipe, self._studio.models
        watch(models, "bundles", self._list_bundles)
        bind(recipe, "bundle", lambda folder: _choose(self.bundle, folder))
        watch(recipe, "bundle", self._describe_bundle)
        bind(self._studio.framing, "window", self._describe_window)
        watch(self._studio.playback, "out_mark", self._describe_covered)
        watch(recipe, "bundle", self._describe_covered)
        self.bundle.activated.connect(
            lambda row: setattr(recipe, "bundle", self.bundle.itemData(row))
        )

    def _bind_task(self) -> None:
        recipe = self._studio.recipe
        watch(recipe, "bundle", self._list_tasks)
        watch(recipe, "task", self._describe_task)
        watch(recipe, "bundle task", self._list_classes)
        bind(recipe, "label", lambda label: _choose(self.label, label))
        self.task.activated.connect(lambda row: setattr(recipe, "task", self.task.itemData(row)))
        self.label.activated.connect(lambda row: setattr(recipe, "label", self.label.itemData(row)))

    def _bind_decoder(self) -> None:
        recipe = self._studio.recipe
        watch(self._studio.models, "decoders", self._list_decoders)
        watch(recipe, "bundle", self._list_decoders)
        watch(recipe, "decoder", self._show_decoder)
        self.decoder.activated.connect(
            lambda row: setattr(recipe, "decoder", self.decoder.itemData(row))
        )
        self.options.changed.connect(lambda: setattr(recipe, "options", self.options.values()))
        bind(recipe, "options", self.options.setValues)
        bind(recipe, "seed", self.seed.setValue)
        bind(recipe, "count", self.count.setValue)
        self.seed.valueChanged.connect(lambda seed: setattr(recipe, "seed", round(seed)))
        self.count.valueChanged.connect(lambda count: setattr(recipe, "count", round(count)))

    def _list_bundles(self) -> None:
        entries = self._studio.models.bundles
        titles = [(entry.card.title if entry.card else entry.folder) for entry in entries]
        _fill(
            self.bundle,
            [(t, e.folder, obstacle(e)) for t, e in zip(titles, entries, strict=True)],
        )
        _choose(self.bundle, self._studio.recipe.bundle)
        self._describe_bundle()

    def _list_tasks(self) -> None:
        recipe = self._studio.recipe
        rows = [(task.label, task.name, recipe.obstacle(task)) for task in recipe.tasks]
        _fill(self.task, rows)
        for row, task in enumerate(recipe.tasks):
            if not recipe.obstacle(task):
                self.task.setItemData(row, task.description, Qt.ItemDataRole.ToolTipRole)
        _choose(self.task, recipe.task)

    def _list_classes(self) -> None:
        recipe = self._studio.recipe
        _fill(
            self.label, [(name, name, "") for name in (recipe.card.classes if recipe.card else ())]
        )
        _choose(self.label, recipe.label)
        self.label.setVisible(recipe.chosen_task.needs_label)

    def _list_decoders(self) -> None:
        decoders = self._studio.recipe.decoders
        _fill(self.decoder, [(entry.label, name, "") for name, entry in decoders.items()])
        self.decoder.setEnabled(bool(decoders))
        self.decoder.setToolTip("" if decoders else self._no_decoder())
        self._show_decoder()

    def _no_decoder(self) -> str:
        """Why there is no decoder to choose from."""
        studio = self._studio
        if studio.recipe.card is None:
            return "No model is installed."
        if not studio.models.decoders:
            return "The engine is starting."
        return f"No decoder can decode “{studio.recipe.card.title}”."

    def _show_decoder(self) -> None:
        recipe = self._studio.recipe
        _choose(self.decoder, recipe.decoder)
        self.options.setSchema(recipe.schema)
        self.options.setValues(recipe.options)

    def _describe_bundle(self) -> None:
        card = self._studio.recipe.card
        if card is None:
            self._about_bundle.setText("No model is installed.")
            return
        size = f"{card.frames} frames of {card.width} × {card.height} pixels"
        self._about_bundle.setText(f"{size}, trained at {card.rate:g} fps")
        self._about_bundle.setToolTip(card.description)

    def _describe_task(self) -> None:
        _choose(self.task, self._studio.recipe.task)
        self._about_task.setText(self._studio.recipe.chosen_task.description)

    def _describe_covered(self) -> None:
        self._describe_window(self._studio.framing.window)

    def _describe_window(self, window: Window | None) -> None:
        recipe = self._studio.recipe
        if window is None:
            self._about_window.setText("Open a clip to choose the part to work on.")
            return
        place = f"{window.width} × {window.height} pixels at {window.left}, {window.top}"
        place += squeezed(window)
        covered = self._studio.framing.covered
        # Where the result may be long, its frames stand beside its length.
        frames = "" if recipe.lasts else f"\nFrames {covered.start + 1} to {covered.stop}"
        self._about_window.setText(place + frames)


def squeezed(window: Window) -> str:
    """A line on how a window whose shape is not the model's is seen by it; "" for one that is."""
    wide, tall = window.squeeze, 1 / window.squeeze
    if min(wide, tall) > _LEAST_SQUEEZE:
        return ""
    side = "width" if wide < 1 else "height"
    return f"\nThe model sees it at {min(wide, tall):.0%} of its {side}"


class _List(QComboBox):
    """A list that leaves the wheel to the panel, unless it was chosen before."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


def _list(name: str) -> QComboBox:
    box = _List()
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    box.setAccessibleName(name)
    box.setAccessibleDescription(name)  # what Linux reads of a list besides its entry
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(8)
    return box


def _fill(box: QComboBox, rows: list[tuple[str, str, str]]) -> None:
    """Rows of (text, value, why it cannot be chosen or "")."""
    model = QStandardItemModel(box)
    for text, value, problem in rows:
        item = QStandardItem(text)
        item.setData(value, Qt.ItemDataRole.UserRole)
        item.setEnabled(not problem)
        item.setToolTip(problem)
        model.appendRow(item)
    box.setModel(model)


def _choose(box: QComboBox, value: str | None) -> None:
    box.setCurrentIndex(box.findData(value))


def _dim(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "dim")
    return label


def _add(column: QVBoxLayout, part: QWidget | QLayout) -> None:
    if isinstance(part, QWidget):
        column.addWidget(part)
    else:
        column.addLayout(part)
