"""Fine-tuning: a new one, and those that run, have run, or run on other machines."""

from __future__ import annotations

import threading
from importlib import import_module
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QCloseEvent, QColor, QGuiApplication, QIcon, QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from core.runs.reading import RunLook
from studio import theme
from studio.observable import watch
from studio.panels.fine_tune_form import FineTuneForm
from studio.panels.recipe import heading
from studio.panels.training_page import STATUS, TrainingPage
from studio.state.studio import Studio

SIZE = QSize(1160, 720)
_SCREEN_SHARE = 0.92
_LIST_PX = 220


class FineTuneDialog(QDialog):
    """It may stay open beside the window, which goes on as before.

    Attributes:
        list: the new one at the top, then all runs. form: of the new one; page: of a run.
        follow: asks for the folder of a run.
    """

    def __init__(self, studio: Studio, parent: QWidget) -> None:
        super().__init__(parent)
        self._studio, self._runs = studio, studio.runs
        self.setWindowTitle("Fine-tuning")
        self.list, self.follow = QListWidget(), QPushButton("Follow a run…")
        self.form, self.page = FineTuneForm(studio), TrainingPage(studio)
        self._pages = QStackedWidget()
        self._lay_out()
        self._bind()
        load = threading.Thread(target=import_module, args=("pyqtgraph",), daemon=True)
        load.start()  # takes a third of a second, and will be needed
        screen = self.screen() or QGuiApplication.primaryScreen()
        self.resize(SIZE.boundedTo(screen.availableSize() * _SCREEN_SHARE))

    def show_run(self, folder: Path | None) -> None:
        """Show a run; None: a new one."""
        self._runs.chosen = folder
        self.show()
        self.raise_()
        self.activateWindow()

    def _lay_out(self) -> None:
        self.list.setAccessibleName("Trainings")
        self.list.setIconSize(QSize(16, 16))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.follow.setToolTip("A folder that another machine trains, or that was copied here.")
        self.follow.setAutoDefault(False)
        side = QVBoxLayout()
        side.setContentsMargins(12, 16, 12, 16)
        side.setSpacing(theme.GAP_PX)
        side.addWidget(heading("Trainings"))
        side.addWidget(self.list, 1)
        side.addWidget(self.follow)
        left = QWidget()
        left.setFixedWidth(_LIST_PX)
        left.setLayout(side)
        line = QFrame()
        line.setFixedWidth(1)
        line.setProperty("role", "line")
        for page in (self.form, self.page):
            self._pages.addWidget(page)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(left)
        whole.addWidget(line)
        whole.addWidget(self._pages, 1)

    def _bind(self) -> None:
        self.list.currentItemChanged.connect(lambda item, _before: self._choose(item))
        self.follow.clicked.connect(self._ask)
        watch(self._runs, "looks chosen", self._show_list)

    def _show_list(self) -> None:
        """A row for each run; the rows that are there stay, so that the focus does."""
        self.list.blockSignals(True)
        looks = self._runs.looks
        while self.list.count() > len(looks) + 1:
            self.list.takeItem(self.list.count() - 1)
        while self.list.count() < len(looks) + 1:
            self.list.addItem(QListWidgetItem())
        self.list.item(0).setText("New fine-tuning")
        self.list.item(0).setIcon(_icon("add", theme.TEXT))
        for row, look in enumerate(looks, 1):
            _fill(self.list.item(row), look)
        folders = [None, *(look.folder for look in looks)]
        chosen = self._runs.chosen
        self.list.setCurrentRow(folders.index(chosen) if chosen in folders else 0)
        self._pages.setCurrentWidget(self.form if self._runs.look is None else self.page)
        self.list.blockSignals(False)

    def _choose(self, item: QListWidgetItem | None) -> None:
        self._runs.failure = ""
        self._runs.chosen = item.data(Qt.ItemDataRole.UserRole) if item else None

    def _ask(self) -> None:
        dialog = QFileDialog(self, "Folder of a training", str(self._runs.home))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(lambda path: self.follow_folder(Path(path)))
        dialog.open()

    def follow_folder(self, folder: Path) -> None:
        """Follow a run that lies somewhere else; why that cannot be is shown."""
        self._runs.failure = self._runs.follow(folder)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._studio.fine_tuning.prepare()
        self._runs.watch(True)

    def closeEvent(self, event: QCloseEvent) -> None:
        self._rest()
        super().closeEvent(event)

    def reject(self) -> None:
        self._rest()
        super().reject()

    def _rest(self) -> None:
        self._studio.fine_tuning.estimate.stop()
        self._runs.watch(False)


def _fill(item: QListWidgetItem, look: RunLook) -> None:
    """The row of a run: its name, and how it goes."""
    share = f" {look.done / look.total:.0%}" if look.working and look.total and look.done else ""
    item.setText(f"{look.name}\n{STATUS[look.status]}{share}")
    item.setData(Qt.ItemDataRole.UserRole, look.folder)
    item.setToolTip(str(look.folder))
    names = {"finished": "check", "failed": "error", "lost": "error", "gone": "error"}
    colours = {"finished": theme.GIVEN, "failed": theme.ERROR, "lost": theme.ERROR}
    name = "play" if look.working else names.get(look.status, "pause")
    colour = theme.ACCENT if look.working else colours.get(look.status, theme.TEXT_DIM)
    item.setIcon(_icon(name, colour))


def _icon(name: str, colour: QColor) -> QIcon:
    """An icon in a colour of its own, except on the row that is chosen."""
    icon = QIcon(theme.icon_pixmap(name, colour, 16))
    icon.addPixmap(theme.icon_pixmap(name, theme.ON_DEEP, 16), QIcon.Mode.Selected)
    return icon
