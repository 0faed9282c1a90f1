"""The model manager: all models, what there is to know of each, and what can be done with them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QMessageBox,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from core.requests import BundleEntry
from studio import theme
from studio.observable import bind, watch
from studio.panels.hub_dialog import HubDialog
from studio.panels.model_page import ModelPage
from studio.state.models import KINDS, obstacle
from studio.state.places import in_bytes, show_in_folder
from studio.widgets.notice import Notice
from studio.widgets.progress import JobProgress
from studio.widgets.two_lines import Entry, TwoLines

if TYPE_CHECKING:
    from studio.panels.main_window import MainWindow

SIZE = QSize(1040, 680)
_SCREEN_SHARE, _LIST_PX = 0.92, 250


class ModelsDialog(QDialog):
    """Attributes:
    list: all models. page: the one that is looked at. notice: what went wrong.
    progress: how far a copy is; stop: ends it.
    add: the menu of ways to add a model. use, default, delete, reveal: the buttons.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Models")
        self._window, self._studio = window, window.studio
        self._library, self._fetching = self._studio.library, self._studio.fetching
        self.list, self.page, self.notice = TwoLines("Models"), ModelPage(), Notice()
        self.title, self.trouble = QLabel(), QLabel()
        self.progress, self.stop = JobProgress(), QPushButton("Stop")
        self.add, self.use = QPushButton("Add a model"), QPushButton("Use")
        self.default, self.delete = QPushButton("Set as default"), QPushButton("Delete…")
        self.reveal, self._close = QPushButton("Show folder"), QPushButton("Close")
        self._pages, self._copying = QStackedWidget(), QWidget()
        self._lay_out()
        self._fill_menu()
        self._bind()
        screen = self.screen() or QGuiApplication.primaryScreen()
        self.resize(SIZE.boundedTo(screen.availableSize() * _SCREEN_SHARE))
        self.list.setFocus()

    @property
    def chosen(self) -> BundleEntry | None:
        """The model that is looked at."""
        return self._library.entry(self.list.chosen)

    def add_folder(self, folder: Path) -> None:
        """Copy a model from a folder."""
        self._fetching.add_folder(folder)

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
        left.addWidget(self._copying)
        left.addWidget(self.add)
        self._lay_out_copying()
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

    def _lay_out_copying(self) -> None:
        row = QHBoxLayout(self._copying)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GAP_PX)
        row.addWidget(self.progress, 1)
        row.addWidget(self.stop)

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.GAP_PX)
        for button in (self.delete, self.reveal):
            row.addWidget(button)
        row.addStretch(1)
        for button in (self.default, self.use, self._close):
            row.addWidget(button)
        for button in (self.add, self.stop, *self._all_buttons(), self._close):
            button.setAutoDefault(False)
            button.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self.use.setProperty("primary", True)
        return row

    def _all_buttons(self) -> tuple[QPushButton, ...]:
        return self.use, self.default, self.delete, self.reveal

    def _fill_menu(self) -> None:
        menu = QMenu(self.add)
        menu.addAction("From Hugging Face…").triggered.connect(self.ask_for_repository)
        menu.addAction("From a folder…").triggered.connect(self._ask_for_folder)
        menu.addAction("VideoGPT checkpoint…").triggered.connect(self._window.ask_for_checkpoint)
        self.add.setMenu(menu)

    # What it shows

    def _bind(self) -> None:
        self.list.looked_at.connect(lambda _name: self._show_chosen())
        watch(self._studio.models, "bundles", self._list_models)
        watch(self._library, "default", self._list_models)
        watch(self._studio.recipe, "bundle", self._show_obstacles)
        watch(self._studio.queue, "running waiting", self._show_obstacles)
        bind(self._fetching, "problem", self._show_problem)
        watch(self._fetching, "adding", self._show_progress)
        self._fetching.added.connect(self._show_added)
        self.notice.closed.connect(self._fetching.forget)
        self.stop.clicked.connect(self._fetching.cancel)
        self.use.clicked.connect(self._use)
        self.default.clicked.connect(lambda: self._library.make_default(self.list.chosen))
        self.delete.clicked.connect(self._ask_before_deleting)
        self.reveal.clicked.connect(lambda: show_in_folder(Path(self.list.chosen) / "card.json"))
        self._close.clicked.connect(self.reject)

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
        else:
            self.title.setText(entry.card.title)
            size = self._library.size(entry.folder)
            self.page.show_model(Path(entry.folder), entry.card, size)
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
        ):
            button.setEnabled(not why)
            button.setToolTip(why)

    def _show_problem(self, problem: str) -> None:
        if problem and not self.findChildren(HubDialog):  # else it is told there
            self.notice.post(problem, "error")
        else:
            self.notice.clear()

    def _show_progress(self) -> None:
        adding = self._fetching.adding
        self._copying.setVisible(adding is not None)
        if adding is not None and adding.total:
            self.progress.bar.setRange(0, 1000)
            self.progress.bar.setValue(round(1000 * adding.done / adding.total))
            self.progress.setText(f"{in_bytes(adding.done)} of {in_bytes(adding.total)}")
        elif adding is not None:
            self.progress.setBusy("Looking at the folder")

    def _show_added(self, folder: str) -> None:
        entries = [self._line(entry) for entry in self._studio.models.bundles]
        self.list.show_entries(entries, folder)

    # What is done

    def _use(self) -> None:
        self._studio.recipe.bundle = self.list.chosen

    def ask_for_repository(self) -> None:
        HubDialog(self._studio, self).open()

    def _ask_for_folder(self) -> None:
        dialog = QFileDialog(self, "Add a model from a folder", self._studio.settings.folder)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(lambda path: self.add_folder(Path(path)))
        dialog.open()

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
