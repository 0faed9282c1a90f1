"""The menu of what was opened last: projects and clips; what is missing says so."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from PySide6.QtWidgets import QLabel, QMenu, QWidget, QWidgetAction

from core.project.drafts import UNTITLED, is_draft
from studio.panels.recipe import heading
from studio.state.projects.recent import obstacle_of
from studio.state.studio import Studio


class RecentMenu(QMenu):
    """Lists anew whenever it is shown."""

    def __init__(self, studio: Studio, parent: QWidget) -> None:
        super().__init__("Open recent", parent)
        self._studio = studio
        self.setToolTipsVisible(True)
        self.aboutToShow.connect(self.list_again)

    def list_again(self) -> None:
        """Show what there is now."""
        self.clear()
        settings = self._studio.settings
        projects = [Path(path) for path in settings.recent_projects]
        self._list("Projects", [path for path in projects if path.exists() or not is_draft(path)])
        self._list("Clips", [Path(path) for path in settings.recent])
        if self.isEmpty():
            self.addAction("Nothing was opened yet").setEnabled(False)

    def _list(self, title: str, paths: list[Path]) -> None:
        if not paths:
            return
        head = QWidgetAction(self)
        head.setDefaultWidget(_headline(title))
        self.addAction(head)
        for path in paths:
            problem = obstacle_of(path)
            name = project_name(path) if title == "Projects" else path.name
            action = self.addAction(f"{name}  (missing)" if problem else name)
            action.setToolTip(f"{path}\n{problem}" if problem else str(path))
            action.setEnabled(not problem)
            action.triggered.connect(lambda _on=False, path=path: self._studio.opening.open([path]))


def project_name(folder: Path) -> str:
    """A draft has no name: when it was begun tells it from others."""
    if not is_draft(folder):
        return folder.stem
    begun = datetime.fromtimestamp(folder.stat().st_ctime)
    return f"{UNTITLED}, {begun.day} {begun:%b %H:%M}"


def _headline(title: str) -> QLabel:
    """A line that names what stands below it."""
    label = heading(title)
    label.setContentsMargins(10, 6, 24, 2)
    return label
