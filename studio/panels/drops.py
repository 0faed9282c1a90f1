"""Files are dropped on any part of the window, and each does the obvious thing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QObject
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QLineEdit

from studio.observable import watch
from studio.state.dropping import Drop, sorted_out
from studio.widgets.drop_hint import DropHint

if TYPE_CHECKING:
    from studio.panels.main_window import MainWindow

NOT_HERE = "What was dropped is not on this computer. Save or download it first, and drop the file."


class Drops(QObject):
    """Attributes:
    hint: what will be done, while something is over the window.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.hint = DropHint(window)
        window.setAcceptDrops(True)
        watch(window.studio.tools, "side", self._pass_by_fields)  # whose pages are made late

    def enter(self, event: QDragEnterEvent) -> None:
        """Something is dragged onto the window."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()
            drop = self._sorted(event.mimeData())
            self.hint.say(drop.words, refused=drop.kind == "refused")

    def leave(self) -> None:
        """It is dragged away again."""
        self.hint.hide()

    def drop(self, event: QDropEvent) -> None:
        """It is let go."""
        event.acceptProposedAction()
        self.hint.hide()
        self.use(self._sorted(event.mimeData()))

    def use(self, drop: Drop) -> None:
        """Do what is to be done with files."""
        window, studio = self._window, self._window.studio
        match drop.kind:
            case "clips" | "project":
                studio.opening.open(drop.paths)
            case "mask":
                studio.mask_files.read(drop.paths[0])
            case "model":
                window.add_model(drop.paths[0])
            case "checkpoint":
                window.import_checkpoint(drop.paths[0])
            case "refused":
                studio.notices.tell("warning", drop.words)

    def _pass_by_fields(self) -> None:
        """A field for text would take a file for one."""
        for field in self._window.findChildren(QLineEdit):
            field.setAcceptDrops(False)

    def _sorted(self, data: QMimeData) -> Drop:
        paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
        if not paths:
            return Drop("refused", (), NOT_HERE)
        return sorted_out(paths, has_clip=self._window.studio.session.clip is not None)
