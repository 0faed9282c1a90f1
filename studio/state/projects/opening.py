"""Anything that can be opened, by its path: a project, a packed one, clips."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject

from core.project.drafts import SUFFIX
from core.project.folder import is_project
from core.project.packing import packed_name
from studio.state.projects.clips import Clips
from studio.state.projects.packing import Packing
from studio.state.projects.project_file import ProjectFile


class Opening(QObject):
    """Opens what is dropped on the window, named on the command line or chosen in a list."""

    def __init__(
        self,
        clips: Clips,
        file: ProjectFile,
        packing: Packing,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._clips, self._file, self._packing = clips, file, packing

    def open(self, paths: Sequence[Path]) -> None:
        """Open a project, offer to unpack one, or add clips to the open project; of several paths
        a project comes first, and then nothing else is opened."""
        for path in paths:
            if is_project_path(path):
                self._file.open(path)
                return
            if is_packed(path):
                self._packing.offer(path)
                return
        self._clips.add([path.absolute() for path in paths])


def is_project_path(path: Path) -> bool:
    """Whether a path is, or by its name claims to be, a project."""
    return is_project(path) or path.suffix == SUFFIX


def is_packed(path: Path) -> bool:
    """Whether a file is a packed project."""
    return path.suffix.lower() == ".zip" and bool(packed_name(path))
