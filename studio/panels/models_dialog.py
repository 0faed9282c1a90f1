"""The model manager: all models, what there is to know of each, and what can be done with them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMessageBox,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
)

from core.requests import BundleEntry
from studio import theme
from studio.observable import bind, watch
from studio.panels.add_model import AddModel
from studio.panels.hub_dialog import HubDialog
from studio.panels.model_page import ModelPage
from studio.state.models.models import KINDS, obstacle
from studio.state.places import in_bytes, show_in_folder
from studio.widgets.notice import Notice
from studio.widgets.two_lines import Entry, TwoLines

if TYPE_CHECKING:
    from studio.panels.main_window import MainWindow

SIZE = QSize(1040, 680)
_SCREEN_SHARE, _LIST_PX = 0.92, 250
_HELP = {
    "Measure": "A few short generations, so that it can be said before how long others take.",
    "Set as default": "It is used from the next start on.",
}


class ModelsDialog(QDialog):
    """Attributes:
    list: all models. page: the one that is looked at. notice: what went wrong.
    add: the ways to add a model. use, default, delete, reveal, measure: the buttons.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Models")
        self._window, self._studio = window, window.studio
        self._library, self._fetching = self._studio.library, self._studio.fetching
        self.list, self.page, self.notice = TwoLines("Models"), ModelPage(), Notice()
        self.title, self.trouble = QLabel(), QLabel()
        self.add, self.use = AddModel(window, self), QPushButton("Use")
        self.default, self.delete = QPushButton("Set as default"), QPushButton("Delete…")
        self.reveal, self._close = QPushButton("Show folder"), QPushButton("Close")
        self.measure = QPushButton("Measure")
        self._pages = QStackedWidget()
        self._shown: BundleEntry | None = None
        self._lay_out()
        self._bind()
        screen = self.screen() or QGuiApplication.primaryScreen()
        self.resize(SIZE.boundedTo(screen.availableSize() * _SCREEN_SHARE))
        self.list.setFocus()

    @property
    def chosen(self) -> BundleEntry | None:
        """The model that is looked at."""
        return self._library.entry(self.list.chosen)

    def reject(self) -> None:
        self.page.end()
        if not self._fetching.running:
            self._fetching.forget()
        super().reject()

    # How it looks

    def _lay_out(self) -> None:
        self.title.setFont(theme.font(theme.FONT_PX + 4, bold=True))
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.trouble.setTextFormat(Qt.TextFormat.PlainText)
        self.trouble.setWordWrap(True)
        self.trouble.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.trouble.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._pages.addWidget(self.page)
        self._pages.addWidget(self.trouble)
        left = QVBoxLayout()
        left.setSpacing(theme.GAP_PX)
        left.addWidget(self.list, 1)
        left.addWidget(self.add)
        self.list.setFixedWidth(_LIST_PX)
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        right = QVBoxLayout()
        right.setSpacing(theme.GAP_PX)
        right.addWidget(self.title)
        right.addWidget(self._pages, 1)
        right.addLayout(self._buttons())
        columns = QHBoxLayout()
        columns.setSpacing(20)
        columns.addLayout(left)
        columns.addLayout(right, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(16, 16, 20, 16)
        whole.setSpacing(theme.GAP_PX)
        whole.addWidget(self.notice)
        whole.addLayout(columns, 1)

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.GAP_PX)
        for button in (self.delete, self.reveal, self.measure):
            row.addWidget(button)
        row.addStretch(1)
        for button in (self.default, self.use, self._close):
            row.addWidget(button)
        for button in (*self._all_buttons(), self._close):
            button.setAutoDefault(False)
            button.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self.use.setProperty("primary", True)
        return row

    def _all_buttons(self) -> tuple[QPushButton, ...]:
        return self.use, self.default, self.delete, self.reveal, self.measure

    # What it shows

    def _bind(self) -> None:
        self.list.looked_at.connect(lambda _name: self._show_chosen())
        watch(self._studio.models, "bundles", self._list_models)
        watch(self._library, "default", self._list_models)
        watch(self._studio.recipe, "bundle", self._show_obstacles)
        watch(self._studio.queue, "running waiting", self._show_obstacles)
        bind(self._fetching, "problem", self._show_problem)
        self._fetching.added.connect(self._show_added)
        self.notice.closed.connect(self._fetching.forget)
        self.use.clicked.connect(self._use)
        self.default.clicked.connect(lambda: self._library.make_default(self.list.chosen))
        self.delete.clicked.connect(self._ask_before_deleting)
        self.reveal.clicked.connect(lambda: show_in_folder(Path(self.list.chosen) / "card.json"))
        self.measure.clicked.connect(lambda: self._studio.estimates.measure(self.list.chosen))
        watch(self._studio.estimates, "measuring", self._show_obstacles)
        watch(self._studio.estimates, "table measuring", self._show_speed)
        self._close.clicked.connect(self.reject)

    def _show_speed(self) -> None:
        self.page.show_speed(self._studio.estimates.speed(self.list.chosen))

    def _list_models(self) -> None:
        entries = [self._line(entry) for entry in self._studio.models.bundles]
        self.list.show_entries(entries, self.list.chosen or self._studio.recipe.bundle)
        self._show_chosen()

    def _line(self, entry: BundleEntry) -> Entry:
        marked = entry.folder == self._library.default
        if entry.card is None:
            name = Path(entry.folder).name
            return Entry(entry.folder, name, "cannot be used", "warning", marked, wrong=True)
        kind = KINDS.get(entry.card.family, entry.card.family).partition(":")[0]
        about = [kind, in_bytes(self._library.size(entry.folder))]
        about += ["yours"] if self._library.is_own(entry.folder) else []
        about += ["default"] if marked else []
        icon = "token-by-token" if entry.card.causal else "lens"
        return Entry(entry.folder, entry.card.title, "  ·  ".join(about), icon, marked)

    def _show_chosen(self) -> None:
        entry = self.chosen
        self._pages.setCurrentWidget(self.page if entry and entry.card else self.trouble)
        if entry is None:
            self.title.setText("No model is installed")
            self.trouble.setText("Add one from Hugging Face, a folder or a checkpoint of VideoGPT.")
        elif entry.card is None:
            self.title.setText(Path(entry.folder).name)
            self.trouble.setText(obstacle(entry))
        elif entry != self._shown:
            self.title.setText(entry.card.title)
            size = self._library.size(entry.folder)
            self.page.show_model(Path(entry.folder), entry.card, size)
            self._show_speed()
        self._shown = entry
        self._show_obstacles()

    def _show_obstacles(self) -> None:
        """What can be done with the model that is looked at, and why not."""
        folder, entry = self.list.chosen, self.chosen
        used = "It is the one that is used." if folder == self._studio.recipe.bundle else ""
        for button, why in (
            (self.use, (obstacle(entry) or used) if entry else "There is no model."),
            (self.default, self._library.obstacle_to_default(folder)),
            (self.delete, self._library.obstacle_to_delete(folder) if entry else "No model."),
            (self.reveal, "" if entry else "There is no model."),
            (self.measure, self._studio.estimates.obstacle_to_measure(folder)),
        ):
            button.setEnabled(not why)
            button.setToolTip(why or _HELP.get(button.text(), ""))

    def _show_problem(self, problem: str) -> None:
        if problem and not self.findChildren(HubDialog):  # else it is told there
            self.notice.post(problem, "error")
        else:
            self.notice.clear()

    def _show_added(self, folder: str) -> None:
        entries = [self._line(entry) for entry in self._studio.models.bundles]
        self.list.show_entries(entries, folder)

    # What is done

    def _use(self) -> None:
        self._studio.recipe.bundle = self.list.chosen

    def _ask_before_deleting(self) -> None:
        folder = self.list.chosen
        box = QMessageBox(self)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle("Delete the model")
        size = in_bytes(self._library.size(folder))
        box.setText(f"Delete “{self.title.text()}” ({size})?")
        box.setInformativeText(f"The folder {folder} is deleted. This cannot be undone.")
        delete = box.addButton("Delete", QMessageBox.ButtonRole.DestructiveRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(QMessageBox.StandardButton.Cancel)
        delete.clicked.connect(lambda: self._library.delete(folder))
        box.open()
