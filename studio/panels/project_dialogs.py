"""What is asked about a project: where it goes, what is packed, where a missing clip is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QFileDialog, QInputDialog

from core.project.drafts import SUFFIX, is_draft
from studio.panels.pack_dialog import PackDialog
from studio.panels.recovery_dialog import RecoveryDialog
from studio.state.places import open_outside, show_in_folder, videos_folder

if TYPE_CHECKING:
    from studio.panels.main_window import MainWindow

CLIP_FILTER = (
    "Clips (*.mp4 *.mov *.mkv *.webm *.avi *.m4v *.mpg *.mpeg *.ts *.wmv *.flv *.ogv *.gif);;"
    "All files (*)"
)
PROJECT_FILTER = f"Projects (*{SUFFIX} *.zip);;All files (*)"


class ProjectDialogs(QObject):
    """Asks in dialogs that never hold the window up."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._studio = window, window.studio
        self._recovery: RecoveryDialog | None = None
        studio = window.studio
        studio.project_file.place_wanted.connect(self.ask_save_as)
        studio.footage.locate_wanted.connect(self.ask_where)
        studio.packing.unpack_wanted.connect(self.ask_unpack)
        studio.recovery.news.connect(self.show_recovery)

    def ask_clips(self) -> None:
        """Which clips to add, one or several."""
        dialog = self._dialog("Add clips", self._studio.settings.folder)
        dialog.setNameFilter(CLIP_FILTER)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(
            lambda paths: self._studio.opening.open([Path(path) for path in paths])
        )
        dialog.open()

    def ask_open(self) -> None:
        """Which project to open: the file in its folder, or a packed one."""
        dialog = self._dialog("Open project", self._place)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilter(PROJECT_FILTER)
        dialog.fileSelected.connect(lambda path: self._studio.opening.open([Path(path)]))
        dialog.open()

    def save(self) -> None:
        """A place for a project that has none; of another one an older copy."""
        file = self._studio.project_file
        if file.is_draft and not file.obstacle_to_move:
            self.ask_save_as()
        else:
            file.snapshot()
            self._studio.notices.tell("info", "Everything is saved, as it always is.")

    def ask_save_as(self) -> None:
        """Where the project goes."""
        obstacle = self._studio.project_file.obstacle_to_move
        if obstacle:
            self._studio.notices.tell("warning", obstacle)
            return
        dialog = self._dialog("Save project as", self._place)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(f"Project (*{SUFFIX})")
        dialog.selectFile(self._studio.project_file.suggested_name)
        dialog.fileSelected.connect(lambda path: self.save_as(Path(path)))
        dialog.open()

    def save_as(self, path: Path) -> None:
        """Save the project in a folder of that name, which gets the ending of projects."""
        named = path if path.suffix == SUFFIX else Path(f"{path}{SUFFIX}")
        self._studio.project_file.save_as(named)

    def ask_pack(self) -> None:
        PackDialog(self._studio, self._place, self._window).open()

    def ask_unpack(self, path: Path) -> None:
        """Where a packed project goes."""
        dialog = self._dialog(f"Unpack “{path.name}” into", str(path.parent))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(lambda place: self._studio.packing.unpack(path, Path(place)))
        dialog.open()

    def show_folder(self) -> None:
        folder = self._studio.project.folder
        if folder is not None:
            open_outside(folder)

    def show_clip(self, number: str) -> None:
        """The folder that the file of a clip is in."""
        entry = self._studio.project.clip(number)
        if entry is not None and entry.file is not None:
            show_in_folder(entry.file.path)

    def show_recovery(self) -> None:
        if self._recovery is None:
            self._recovery = RecoveryDialog(self._studio, self._window)
            self._recovery.destroyed.connect(self._forget_recovery)
        self._recovery.show()

    def ask_name(self, number: str = "") -> None:
        """What a clip is called; the open one when none is named."""
        entry = self._studio.project.clip(number or self._studio.project.open_id)
        if entry is None:
            return
        dialog = QInputDialog(self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle("Rename clip")
        dialog.setLabelText("Name of the clip in this project (its file keeps its own):")
        dialog.setTextValue(entry.name)
        dialog.textValueSelected.connect(lambda name: self._studio.clips.rename(entry.id, name))
        dialog.open()

    def ask_where(self, number: str) -> None:
        """Where the file of a missing clip is now."""
        entry = self._studio.project.clip(number)
        if entry is None or entry.file is None:
            return
        was = entry.file.path
        dialog = self._dialog(f"Where is “{was.name}”?", str(was.parent))
        if was.suffix:
            dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
            dialog.setNameFilter(f"{was.name} ({was.name});;{CLIP_FILTER}")
        else:
            dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(lambda path: self._studio.footage.locate(number, Path(path)))
        dialog.open()

    def _forget_recovery(self) -> None:
        self._recovery = None

    @property
    def _place(self) -> str:
        """Where projects of the user are."""
        known = self._studio.settings.recent_projects
        own = (Path(path).parent for path in known if not is_draft(Path(path)))
        place = next(own, videos_folder())
        return str(place if place.is_dir() else videos_folder())

    def _dialog(self, title: str, place: str) -> QFileDialog:
        dialog = QFileDialog(self._window, title, place)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return dialog
