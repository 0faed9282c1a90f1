"""The clips of the project in the side bar: opened, added, removed, put in order, found."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QVBoxLayout, QWidget

from core.project.contents import ClipEntry
from studio import theme
from studio.observable import watch
from studio.panels.project_dialogs import ProjectDialogs
from studio.panels.recipe import heading
from studio.panels.window_actions import Actions, tool_button
from studio.state.studio import Studio
from studio.widgets.clip_list import ClipList, ClipRow
from studio.widgets.notice import Notice
from studio.widgets.pictures import image_of


class ClipsPage(QWidget):
    """Attributes:
    list: all clips. trouble: what is wrong with the one that is chosen, and the way out.
    """

    def __init__(self, studio: Studio, actions: Actions, dialogs: ProjectDialogs) -> None:
        super().__init__()
        self._studio, self._actions, self._dialogs = studio, actions, dialogs
        self.list, self.trouble = ClipList(), Notice()
        self.trouble.close_button.hide()
        self.add = QPushButton("Add clips…")
        self.add.setToolTip("Files can also be dropped anywhere on the window.")
        self._none = QLabel("The clips that you open are listed here.")
        self._lay_out()
        self._bind()

    def _lay_out(self) -> None:
        self.setAccessibleName("Clips")
        self._none.setProperty("role", "dim")
        self._none.setWordWrap(True)
        self._none.setAlignment(Qt.AlignmentFlag.AlignTop)
        top = QHBoxLayout()
        top.setSpacing(2)
        top.addWidget(heading("Clips"), 1)
        for name in ("clip_up", "clip_down", "remove_clip"):
            top.addWidget(tool_button(self._actions[name], theme.SMALL_PX + 5))
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP_PX, theme.GAP_PX, theme.GAP_PX, theme.GAP_PX)
        column.setSpacing(theme.GAP_PX)
        column.addLayout(top)
        column.addWidget(self._none)
        column.addWidget(self.list, 1)
        column.addWidget(self.trouble)
        column.addWidget(self.add)

    def _bind(self) -> None:
        studio, clips = self._studio, self._studio.clips
        watch(studio.project, "clips open_id", self._show)
        watch(studio.footage, "files", self._show)
        self.list.currentItemChanged.connect(lambda *_items: self._show_trouble())
        self.list.opened.connect(self._open)
        self.list.removed.connect(clips.remove)
        self.list.moved.connect(clips.move, Qt.ConnectionType.QueuedConnection)
        self.list.customContextMenuRequested.connect(self._show_menu)
        self.add.clicked.connect(self._dialogs.ask_clips)
        self.trouble.actionTriggered.connect(lambda: self._dialogs.ask_where(self.list.chosen))

    def _show(self) -> None:
        rows = [self._row(entry) for entry in self._studio.project.clips]
        self.list.show_rows(rows)
        self.list.setVisible(bool(rows))
        self._none.setVisible(not rows)
        self._show_trouble()

    def _open(self, number: str) -> None:
        if not self._studio.footage.problem(number):  # else that is said below the list
            self._studio.clips.open(number)

    def _row(self, entry: ClipEntry) -> ClipRow:
        known = self._studio.footage.files.get(entry.id)
        picture = None if known is None else known.picture
        return ClipRow(
            entry.id,
            entry.name,
            facts(entry),
            None if picture is None else image_of(picture),
            self._studio.footage.problem(entry.id),
            entry.id == self._studio.project.open_id,
        )

    def _show_trouble(self) -> None:
        problem = self._studio.footage.problem(self.list.chosen)
        if problem:
            self.trouble.post(problem, "warning", "Locate…")
        self.trouble.setVisible(bool(problem))

    def _show_menu(self, place: QPoint) -> None:
        number = self.list.chosen
        if not number or self.list.itemAt(place) is None:
            return
        clips, menu = self._studio.clips, QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Open", lambda: clips.open(number))
        menu.addAction("Rename…", lambda: self._dialogs.ask_name(number))
        menu.addAction("Locate…", lambda: self._dialogs.ask_where(number))
        menu.addAction("Show in folder", lambda: self._dialogs.show_clip(number))
        menu.addSeparator()
        menu.addAction("Remove from the project", lambda: clips.remove(number))
        menu.popup(self.list.viewport().mapToGlobal(place))


def facts(entry: ClipEntry) -> str:
    """Size, rate and length of a clip, in two short lines."""
    seconds = entry.frames / entry.rate
    minutes, rest = divmod(round(float(seconds), 1), 60)
    length = f"{minutes:.0f}:{rest:04.1f}" if minutes else f"{rest:.1f} s"
    size = f"{entry.width} × {entry.height}   {float(entry.rate):.5g} fps"
    return f"{size}\n{length}   {entry.frames:,} frames"
