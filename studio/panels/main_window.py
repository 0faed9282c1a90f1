"""The window: puts the panels in their places, asks for files, and shows what is told."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QEvent, Qt, QTimer
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QGuiApplication,
    QKeyEvent,
    QPaintEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QHBoxLayout,
    QInputDialog,
    QMainWindow,
    QVBoxLayout,
    QWidget,
)

from core.mask_files import MASK_FORMATS
from core.masks import Kind
from studio import theme
from studio.observable import bind, watch
from studio.panels.branch_dialog import BranchDialog
from studio.panels.canvas import Canvas
from studio.panels.clips_page import ClipsPage
from studio.panels.drops import Drops
from studio.panels.enlarged import EnlargedResult
from studio.panels.export_dialog import ExportDialog
from studio.panels.goes_on_box import GoesOnBox
from studio.panels.help import AboutDialog
from studio.panels.import_dialog import CHECKPOINT_FILTER, ImportDialog
from studio.panels.inspector import Inspector
from studio.panels.log_dialog import LogDialog
from studio.panels.models_dialog import ModelsDialog
from studio.panels.palette import Palette
from studio.panels.project_dialogs import ProjectDialogs
from studio.panels.queue_page import QueuePage
from studio.panels.recent_menu import RecentMenu
from studio.panels.report_dialog import ReportDialog
from studio.panels.results_page import ResultsPage
from studio.panels.settings_dialog import SettingsDialog
from studio.panels.shortcuts import ShortcutsDialog
from studio.panels.side_bar import SideBar
from studio.panels.status import StatusBar
from studio.panels.timeline import TimelinePanel
from studio.panels.tool_bar import ToolBar
from studio.panels.tour import Tour
from studio.panels.window_actions import Actions
from studio.samples import sample_clip
from studio.settings import Look
from studio.state.studio import Studio

if TYPE_CHECKING:
    from studio.panels.fine_tune_dialog import FineTuneDialog

NAME = "Maskreel"
SIZE = (1280, 800)
CLIP_FILTER = (
    "Clips (*.mp4 *.mov *.mkv *.webm *.avi *.m4v *.mpg *.mpeg *.ts *.wmv *.flv *.ogv *.gif);;"
    "All files (*)"
)
MASK_FILTER = (
    "Masks (*.json *.png *.jpg *.jpeg *.webp *.tif *.tiff *.bmp *.mp4 *.mov *.mkv *.webm *.avi);;"
    "All files (*)"
)
MOST_FEATHER = 200  # pixels of the clip


class MainWindow(QMainWindow):
    """Attributes:
    studio: all states. actions: all actions.
    projects: what is asked about the project.
    tools, side, canvas, inspector, bottom, status: the panels. tour: while it is taken.
    """

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.studio: Studio = studio
        bind(studio.preferences, "look", self._show_look)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._follow_system)
        self.resize(*SIZE)
        self.restoreGeometry(QByteArray.fromHex(studio.settings.geometry.encode()))
        self._painted, self._closed = asyncio.Event(), asyncio.Event()
        self._let_go = False  # whether it was asked what becomes of a training
        self.trainings: FineTuneDialog | None = None  # made when it is first shown
        self.tour: Tour | None = None
        self.canvas: Canvas  # actions name it, and it needs the actions
        self.actions_: Actions = Actions(self)
        self.tools = ToolBar(self.actions_)
        self.projects: ProjectDialogs = ProjectDialogs(self)
        self.side = SideBar(
            studio.tools,
            {
                "clips": lambda: ClipsPage(studio, self.actions_, self.projects),
                "results": lambda: ResultsPage(studio, self.actions_),
                "queue": lambda: QueuePage(studio, self.actions_),
            },
        )
        self.canvas = Canvas(studio, self.actions_)
        self.inspector: Inspector = Inspector(studio, self.actions_)
        self.bottom: TimelinePanel = TimelinePanel(studio, self.actions_)
        self.status = StatusBar(studio, self.canvas.view, self.actions_)
        self.setStatusBar(self.status)
        self.actions_.fill(self.menuBar())
        self._add_recent()
        self._lay_out()
        self._bind()
        self.drops = Drops(self)
        self.setFocus()  # no button looks chosen at the start

    async def first_painted(self) -> None:
        """Returns when the window has been seen."""
        await self._painted.wait()

    async def closed(self) -> None:
        """Returns when the user has closed the window."""
        await self._closed.wait()

    def geometry_text(self) -> str:
        """Size and place for the settings."""
        return bytes(self.saveGeometry().toHex().data()).decode()

    # What the actions ask for

    def ask_for_clip(self) -> None:
        dialog = self._file_dialog("Open clip")
        dialog.setNameFilter(CLIP_FILTER)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.open()

    def ask_for_folder(self) -> None:
        dialog = self._file_dialog("Open folder of frames")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.open()

    def open_sample(self) -> None:
        sample = sample_clip()
        if sample is None:
            self.studio.notices.tell("warning", "No sample clip came with this copy of Maskreel.")
        else:
            self.studio.session.open(sample)

    def ask_for_export(self) -> None:
        ExportDialog(self.studio, self).open()

    def enlarge_result(self) -> None:
        """Show the result that is chosen large, over the window."""
        EnlargedResult(self.studio, self.actions_, self.results.view, self).show()

    def note_result(self) -> None:
        """Let the user write name and note of the result that is chosen."""
        self.studio.tools.side = "results"
        self.results.details.edit()

    @property
    def results(self) -> ResultsPage:
        page = self.side.page("results")
        assert isinstance(page, ResultsPage)
        return page

    def ask_for_branch(self) -> None:
        if not self.studio.branching.obstacle:
            self.studio.playback.pause()
            BranchDialog(self).open()

    def ask_for_checkpoint(self) -> None:
        dialog = QFileDialog(self, "Import a VideoGPT checkpoint", self.studio.settings.folder)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setNameFilter(CHECKPOINT_FILTER)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda path: self.import_checkpoint(Path(path)))
        dialog.open()

    def import_checkpoint(self, path: Path) -> None:
        """Make a model of a checkpoint, and show what was found in it."""
        self.studio.importing.start(path)
        ImportDialog(self.studio, self).open()

    def ask_for_mask(self) -> None:
        dialog = self._mask_dialog("Import mask")
        dialog.setNameFilter(MASK_FILTER)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda path: self.studio.mask_files.read(Path(path)))
        dialog.open()

    def ask_for_mask_folder(self) -> None:
        dialog = self._mask_dialog("Import folder of masks")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(lambda path: self.studio.mask_files.read(Path(path)))
        dialog.open()

    def ask_for_mask_export(self) -> None:
        dialog = self._mask_dialog("Export mask")
        forms = {f"{form.title} (*{form.suffix})": name for name, form in MASK_FORMATS.items()}
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters(list(forms))
        clip = self.studio.session.clip
        dialog.selectFile(f"{clip.path.stem}-mask" if clip else "mask")
        dialog.fileSelected.connect(
            lambda path: self.studio.mask_files.write(
                Path(path), forms[dialog.selectedNameFilter()]
            )
        )
        dialog.open()

    def ask_for_feather(self) -> None:
        masks = self.studio.masks
        if masks.track is None:
            return
        dialog = QInputDialog(self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle("Feather the mask")
        dialog.setLabelText("Inside the mask's border the result fades in over (pixels):")
        dialog.setInputMode(QInputDialog.InputMode.IntInput)
        dialog.setIntRange(0, MOST_FEATHER)
        dialog.setIntValue(masks.track.feather)
        dialog.intValueSelected.connect(
            lambda pixels: masks.feather(pixels, self.studio.stage.number)
        )
        dialog.open()

    def mask_kind(self) -> Kind | None:
        """Of the span at the playhead; None when nothing is painted."""
        track = self.studio.masks.track
        if track is None or not track.keyframes:
            return None
        return track.span_of(self.studio.stage.number).kind

    def set_mask_kind(self, kind: Kind) -> None:
        """What the masks do in the span at the playhead."""
        track = self.studio.masks.track
        if track is not None:
            self.studio.tracking.of_kind(track.span_of(self.studio.stage.number), kind)

    def go_to_key(self, direction: int) -> None:
        key = self.studio.masks.key_beside(self.studio.playback.position, direction)
        if key is not None:
            self.studio.playback.go(key)

    def toggle_full_screen(self) -> None:
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def find_action(self) -> None:
        Palette(self).show()

    def show_trainings(self, run: Path | None = None) -> None:
        """The dialog for fine-tuning, which may stay open: a run, or what it last showed."""
        if self.trainings is None:
            from studio.panels.fine_tune_dialog import FineTuneDialog  # seldom needed at the start

            self.trainings = FineTuneDialog(self.studio, self)
        self.trainings.show_run(run or self.studio.runs.chosen)

    def show_keys(self) -> None:
        ShortcutsDialog(self).open()

    def show_settings(self) -> None:
        SettingsDialog(self).open()

    def show_welcome(self) -> None:
        self.studio.welcome.wanted = True
        self.canvas.welcome.buttons["open"].setFocus()

    def take_tour(self) -> None:
        if self.tour is None:
            self.tour = Tour(self)

    def show_log(self) -> None:
        LogDialog(self).open()

    def show_report(self) -> None:
        ReportDialog(self.studio.report, self).open()

    def add_model(self, folder: Path) -> None:
        """Copy a model from a folder, in the model manager."""
        self.show_models()
        self.studio.fetching.add_folder(folder)

    def show_models(self) -> None:
        ModelsDialog(self).open()

    def show_about(self) -> None:
        AboutDialog(self.studio, self).open()

    # Internals

    def _lay_out(self) -> None:
        left = QHBoxLayout()
        left.setSpacing(0)
        left.addWidget(self.tools)
        left.addWidget(self.side)
        left.addWidget(self.canvas, 1)
        middle = QVBoxLayout()
        middle.setSpacing(0)
        middle.addLayout(left, 1)
        middle.addWidget(self.bottom)
        whole = QHBoxLayout()
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(1)
        whole.addLayout(middle, 1)
        whole.addWidget(self.inspector)
        centre = QWidget()
        centre.setLayout(whole)
        self.setCentralWidget(centre)

    def _add_recent(self) -> None:
        """What was opened last, below the ways to open something else."""
        recent = RecentMenu(self.studio, self)
        self.actions_.menus["File"].insertMenu(self.actions_["open_sample"], recent)

    def _bind(self) -> None:
        studio = self.studio
        watch(studio.project, "clips open_id", self._show_title)
        watch(studio.project_file, "title", self._show_title)
        studio.notices.log_wanted.connect(self.show_log)
        watch(studio.queue, "waiting", self._show_waiting)
        bind(studio.preferences, "shortcuts", self.actions_.use_shortcuts)
        studio.runs.wanted.connect(self.show_trainings)
        self.actions_.follow(
            (
                (studio.session, "clip"),
                (studio.project, "clips open_id folder"),
                (studio.clips, "removed"),
                (studio.footage, "files"),
                (studio.project_file, "busy trouble"),
                (studio.packing, "words"),
                (studio.recovery, "found"),
                (studio.playback, "loop"),
                (studio.stage, "number"),
                (studio.masks, "track undoable redoable"),
                (studio.tracking, "running"),
                (studio.preferences, "look"),
                (studio.tools, "tool by_keyboard side mask_shown onion lens lens_mode"),
                (studio.comparing, "mode peeking"),
                (studio.models, "decoders"),
                (studio.recipe, "bundle task decoder kept"),
                (studio.framing, "window last_kept"),
                (studio.generation, "phase steps chosen"),
                (studio.result, "clips"),
                (studio.token_marks, "edits"),
                (studio.history, "entries trash"),
                (studio.gallery, "chosen shown"),
                (studio.queue, "running waiting held"),
            )
        )

    def _show_waiting(self) -> None:
        self.tools.waiting.show_number(len(self.studio.queue.waiting))

    def _show_look(self, look: Look) -> None:
        app = QApplication.instance()
        if isinstance(app, QApplication):
            theme.apply(app, look)

    def _follow_system(self) -> None:
        if self.studio.preferences.look == "system":
            self._show_look("system")

    def _close_now(self) -> None:
        """Close without asking what becomes of a training."""
        self._let_go = True
        self.close()

    def _show_title(self) -> None:
        clip, project = self.studio.project.open_clip, self.studio.project_file.title
        self.setWindowTitle(f"{project} – {clip.name} – {NAME}" if clip else NAME)

    def _mask_dialog(self, title: str) -> QFileDialog:
        dialog = QFileDialog(self, title, self.studio.settings.folder)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return dialog

    def _file_dialog(self, title: str) -> QFileDialog:
        dialog = QFileDialog(self, title, self.studio.settings.folder)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda path: self.studio.session.open(Path(path)))
        return dialog

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._painted.is_set():
            QTimer.singleShot(0, self._painted.set)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self.drops.enter(event)

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        self.drops.leave()

    def dropEvent(self, event: QDropEvent) -> None:
        self.drops.drop(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if not event.isAutoRepeat():
            self.studio.comparing.peeking = False
        super().keyReleaseEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.ActivationChange:
            self.studio.comparing.peeking = False  # the key is let go elsewhere
            if self.isActiveWindow():
                self.studio.footage.look_again()  # files may have been moved meanwhile
        super().changeEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        trained = self.studio.runs.trained_here
        if trained is not None and not self._let_go:
            event.ignore()
            GoesOnBox(self.studio.runs, trained, self._close_now, self).open()
            return
        if self.trainings is not None:
            self.trainings.close()
        super().closeEvent(event)
        self._closed.set()
