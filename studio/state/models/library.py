"""The user's own models: deleted, one of them the default; and what stands in the way."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

from PySide6.QtCore import QObject

from core.assets import asset
from core.cards import files_of
from core.errors import UserError
from core.library import default_model, delete, make_default
from core.requests import BundleEntry
from studio.observable import Field, Observable
from studio.state.background import Background
from studio.state.models.models import Models, obstacle
from studio.state.notices import Notices
from studio.state.takes.queue import Queue


class Library(Observable):
    """Attributes:
    own: folder of the user's own models.
    default: folder of the model that is used at the next start, or "".
    """

    default = Field("")

    def __init__(
        self,
        models: Models,
        queue: Queue,
        notices: Notices,
        own: Path,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._models, self._queue, self._notices = models, queue, notices
        self.own = own
        self.default = str(default_model(own) or "")
        self._background = Background("delete", self)
        self._background.failed.connect(lambda sentence: notices.tell("error", sentence))
        self._background.ended.connect(self._settle)

    def entry(self, folder: str) -> BundleEntry | None:
        """What is known of a model."""
        found = (entry for entry in self._models.bundles if entry.folder == folder)
        return next(found, None)

    def size(self, folder: str) -> int:
        """Bytes that a model takes on the disk."""
        return sum(path.stat().st_size for path in files_of(Path(folder)))

    def is_own(self, folder: str) -> bool:
        """Whether a model is one of the user's own."""
        return Path(folder).resolve().parent == self.own.resolve()

    def obstacle_to_default(self, folder: str) -> str:
        """Why a model cannot be the default, or ""."""
        entry = self.entry(folder)
        if folder == self.default:
            return "It is the default already."
        return "There is no such model." if entry is None else obstacle(entry)

    def obstacle_to_delete(self, folder: str) -> str:
        """Why a model cannot be deleted now, or ""."""
        place = Path(folder).resolve().parent
        if place == asset("models").resolve():
            return "It came with Maskreel, so it stays."
        if not self.is_own(folder):
            return f"It is in {place}, which is not Maskreel's own folder: delete it there."
        running, waiting = self._queue.running, self._queue.waiting
        if running is not None and running.request.bundle == folder:
            return "A generation with this model is running. Stop it first."
        if any(take.request.bundle == folder for take in waiting):
            return "Generations with this model wait in the queue. Take them out first."
        return ""

    def make_default(self, folder: str) -> None:
        """Use a model from the next start on."""
        if self.obstacle_to_default(folder):
            return
        try:
            make_default(self.own, Path(folder))
        except UserError as error:
            self._notices.tell("error", str(error))
        else:
            self.default = folder

    def delete(self, folder: str) -> None:
        """Delete one of the user's own models; another one is chosen where it was."""
        if not self.obstacle_to_delete(folder):
            self._background.start(lambda: _deleted(Path(folder), self.own))

    def _settle(self) -> None:
        self.default = str(default_model(self.own) or "")
        self._models.look_again()


def _deleted(folder: Path, own: Path) -> Generator[None, None, None]:
    delete(folder, own)
    yield
