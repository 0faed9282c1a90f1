"""What there is to know of one model: its card, sample clips, tasks, classes and figures."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QListWidget,
    QScrollArea,
    QTabWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from core.cards import ModelCard
from core.tasks import TASKS
from studio import theme
from studio.matching import match
from studio.observable import bind
from studio.panels.recipe import heading, small_text
from studio.state.models.figures import ABOUT_WAYS, WAYS, table
from studio.state.models.model_facts import facts_of
from studio.state.models.sample_clips import SampleClip, SampleClips
from studio.widgets.clip_loop import ClipLoop
from studio.widgets.flow_layout import FlowLayout

_LABELS_PX, _GAP_PX, _LOOP_PX = 96, 12, 70
_FIGURES = 2  # the tab
_SEARCHABLE_FROM = 12
"""So many classes can be searched."""


class ModelPage(QTabWidget):
    """Attributes:
    facts: name → value in words, as they are shown.
    loops: the sample clips that play.
    tasks, classes: the lists. query: which classes are shown. figures: the table.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setDocumentMode(True)
        self.setAccessibleName("About the model")
        self.tabBar().setDrawBase(False)
        self.facts: dict[str, str] = {}
        self._values: dict[str, QLabel] = {}
        self._card: ModelCard | None = None
        self._measured: ModelCard | None = None  # whose figures are in the table
        self.loops: list[ClipLoop] = []
        self.tasks, self.classes, self.query = QListWidget(), QListWidget(), QLineEdit()
        self.figures = QTreeWidget()
        self._about, self._clips, self._form = _words(), FlowLayout(_GAP_PX), QFormLayout()
        self._samples, self._clips_title = SampleClips(self), heading("Sample clips")
        self._about_clips = small_text()
        self._about_clips.setText(
            "Of two pictures, the left one is what the model was given. A click stops a clip."
        )
        self._tasks_title, self._classes_title = heading("Tasks"), heading("Classes")
        self.addTab(self._about_tab(), "About")
        self.addTab(self._tasks_tab(), "Tasks and classes")
        self.addTab(self._figures_tab(), "Figures")
        self.currentChanged.connect(self._fill)
        bind(self._samples, "clips", self._show_clips)

    def show_model(self, folder: Path, card: ModelCard, size: int) -> None:
        """Show another model; `size` is what it takes on the disk, in bytes."""
        self._about.setText(card.description)
        self._show_facts(facts_of(folder, card, size))
        self._samples.look_at(folder)
        self._show_tasks(card)
        self._card = card
        self.setTabEnabled(_FIGURES, bool(card.metrics))
        why = "" if card.metrics else "Nothing was measured of this model."
        self.setTabToolTip(_FIGURES, why)
        self._fill(self.currentIndex())

    def _fill(self, tab: int) -> None:
        """There may be hundreds of figures, so they wait until somebody looks."""
        if tab == _FIGURES and self._card is not None and self._card is not self._measured:
            self._measured = self._card
            self._show_figures(self._card)

    def show_speed(self, words: str) -> None:
        """What the model takes on this device."""
        if "Here" in self.facts:
            self.facts["Here"] = words
            self._values["Here"].setText(words)

    def end(self) -> None:
        """Stop decoding clips."""
        self._samples.end()

    # About

    def _about_tab(self) -> QWidget:
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 12, 12, 8)
        column.setSpacing(theme.GAP_PX)
        self._form.setHorizontalSpacing(16)
        self._form.setVerticalSpacing(6)
        column.addWidget(self._about)
        column.addSpacing(4)
        column.addWidget(self._clips_title)
        column.addLayout(self._clips)
        column.addWidget(self._about_clips)
        column.addLayout(self._form)
        column.addStretch(1)
        return _scrolled(inside)

    def _show_facts(self, facts: dict[str, str]) -> None:
        self.facts = facts
        self._values.clear()
        while self._form.rowCount():
            self._form.removeRow(0)
        for name, value in facts.items():
            label = QLabel(name)
            label.setProperty("role", "dim")
            label.setMinimumWidth(_LABELS_PX)
            label.setAlignment(Qt.AlignmentFlag.AlignTop)
            words = _words()
            words.setText(value)
            words.setAccessibleName(name)
            self._form.addRow(label, words)
            self._values[name] = words

    def _show_clips(self, clips: tuple[SampleClip, ...]) -> None:
        for loop in self.loops[len(clips) :] if clips else self.loops:
            self._clips.removeWidget(loop)
            loop.deleteLater()
        self.loops = self.loops[: len(clips)]
        for clip in clips[len(self.loops) :]:
            loop = ClipLoop(clip.frames, clip.rate, clip.caption, _LOOP_PX)
            self._clips.addWidget(loop)
            self.loops.append(loop)
        for part in (self._clips_title, self._about_clips):
            part.setVisible(bool(clips))

    # Tasks and classes

    def _tasks_tab(self) -> QWidget:
        for shown, name in ((self.tasks, "Tasks"), (self.classes, "Classes")):
            shown.setAccessibleName(name)
        self.query.setPlaceholderText("Find a class")
        self.query.setAccessibleName("Find a class")
        self.query.setClearButtonEnabled(True)
        self.query.textChanged.connect(lambda _text: self._filter())
        columns = QHBoxLayout()
        columns.setSpacing(16)
        for title, parts in (
            (self._tasks_title, (self.tasks,)),
            (self._classes_title, (self.query, self.classes)),
        ):
            column = QVBoxLayout()
            column.setSpacing(theme.GAP_PX)
            column.addWidget(title)
            for part in parts:
                column.addWidget(part, 1 if isinstance(part, QListWidget) else 0)
            columns.addLayout(column, 1)
        inside = QWidget()
        inside.setLayout(columns)
        columns.setContentsMargins(0, 12, 0, 0)
        return inside

    def _show_tasks(self, card: ModelCard) -> None:
        self.tasks.clear()
        known = [TASKS[name] for name in card.tasks if name in TASKS]
        for row, task in enumerate(known):
            self.tasks.addItem(task.label)
            self.tasks.item(row).setToolTip(task.description)
        self.classes.clear()
        self.classes.addItems(card.classes)
        self._tasks_title.setText(_counted(len(known), "task").upper())
        self._classes_title.setText(_counted(len(card.classes), "class", "classes").upper())
        self.query.clear()
        self.query.setVisible(len(card.classes) >= _SEARCHABLE_FROM)

    def _filter(self) -> None:
        wanted = self.query.text().strip()
        for row in range(self.classes.count()):
            item = self.classes.item(row)
            item.setHidden(bool(wanted) and match(wanted, item.text()) is None)

    # Figures

    def _figures_tab(self) -> QWidget:
        self.figures.setAccessibleName("Figures")
        self.figures.setRootIsDecorated(False)
        self.figures.setItemsExpandable(False)
        self.figures.setIndentation(14)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 12, 0, 0)
        column.addWidget(self.figures)
        return inside

    def _show_figures(self, card: ModelCard) -> None:
        ways, rows = table(card.metrics)
        self.figures.clear()
        self.figures.setHeaderLabels(["", *(WAYS[way] for way in ways)])
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for place, way in enumerate(ways, 1):
            self.figures.headerItem().setToolTip(place, ABOUT_WAYS[way])
            self.figures.headerItem().setTextAlignment(place, right)
        groups: dict[str, QTreeWidgetItem] = {}
        for row in rows:
            if row.what not in groups:
                groups[row.what] = self._group(row.what)
            values = [row.values.get(way, "") for way in ways]
            item = QTreeWidgetItem(groups[row.what], [row.measure, *values])
            for place in range(1, 1 + len(ways)):
                item.setTextAlignment(place, right)
        self.figures.expandAll()
        self.figures.header().setStretchLastSection(False)
        self.figures.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)

    def _group(self, what: str) -> QTreeWidgetItem:
        group = QTreeWidgetItem(self.figures, [what])
        group.setFlags(Qt.ItemFlag.ItemIsEnabled)
        group.setFont(0, theme.font(theme.SMALL_PX, bold=True))
        group.setFirstColumnSpanned(True)
        return group


def _counted(count: int, one: str, many: str = "") -> str:
    return f"{count or 'No'} {one if count == 1 else many or one + 's'}"


def _words() -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def _scrolled(inside: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what is in it scrolls along
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(inside)
    area.viewport().setAutoFillBackground(False)
    inside.setAutoFillBackground(False)
    return area
