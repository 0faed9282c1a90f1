"""A project to a zip file and back, in a thread."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Coroutine, Generator
from contextlib import closing
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal

from core.errors import UserError
from core.project.drafts import SUFFIX
from core.project.packing import Packed, media_size, pack, packed_name, unpack
from studio.observable import Field, Observable
from studio.state.notices import Notices
from studio.state.places import free_path, in_bytes, show_in_folder
from studio.state.projects.project import Project
from studio.state.projects.project_file import ProjectFile

log = logging.getLogger(__name__)


class Packing(Observable):
    """Attributes:
    words: what is being packed or unpacked, or "".
    done, total: how far that is, in bytes; 0 while unknown.

    Signals:
        unpack_wanted: a zip file that the user wants unpacked.
    """

    words = Field("")
    done = Field(0)
    total = Field(0)
    unpack_wanted = Signal(object)
    _progressed = Signal(object)

    def __init__(
        self,
        project: Project,
        file: ProjectFile,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._project, self._file, self._notices = project, file, notices
        self._task: asyncio.Task[None] | None = None
        self._stopped = threading.Event()
        self._progressed.connect(self._show, Qt.ConnectionType.QueuedConnection)

    @property
    def running(self) -> bool:
        return bool(self.words)

    @property
    def obstacle(self) -> str:
        """Why the project cannot be packed now, or ""."""
        if self.running:
            return f"{self.words}."
        if self._file.trouble:
            return f"The project cannot be written: {self._file.trouble}."
        return "" if self._project.folder is not None else "The project is empty."

    @property
    def media_bytes(self) -> int:
        """Of the clips' files."""
        return media_size(self._project.contents)

    def pack(self, target: Path, *, media: bool) -> None:
        """Write the project as a zip file, with the clips' files or without."""
        if not self.obstacle:
            target = target if target.suffix.lower() == ".zip" else Path(f"{target}.zip")
            self._begin(f"Packing “{target.name}”", self._pack(target, media=media))

    def unpack(self, path: Path, place: Path) -> None:
        """Unpack a project into a new folder in `place`, and open it."""
        if not self.running:
            self._begin(f"Unpacking “{path.name}”", self._unpack(path, place))

    def offer(self, path: Path) -> None:
        """Ask whether a zip file that holds a project shall be unpacked."""
        size = in_bytes(path.stat().st_size)
        self._notices.tell(
            "info",
            f"“{path.name}” is a packed project ({size}). To open it, it is unpacked first.",
            "Unpack…",
            lambda: self.unpack_wanted.emit(path),
        )

    def cancel(self) -> None:
        """Give up; nothing is left behind."""
        self._stopped.set()

    async def ended(self) -> None:
        """Returns when nothing is packed or unpacked any more."""
        while self._task is not None:
            await asyncio.wait([self._task])

    def _begin(self, words: str, work: Coroutine[None, None, None]) -> None:
        self.done = self.total = 0
        self.words = words
        self._stopped.clear()
        self._task = asyncio.ensure_future(work)
        self._task.add_done_callback(self._note_end)

    def _note_end(self, task: asyncio.Task[None]) -> None:
        self._task, self.words = None, ""
        if task.cancelled() or (error := task.exception()) is None:
            return
        if isinstance(error, UserError):
            self._notices.tell("error", str(error))
        else:
            log.error("a project cannot be packed or unpacked", exc_info=error)
            self._notices.fail(f"That failed: {error}. The log has the details.")

    async def _pack(self, target: Path, *, media: bool) -> None:
        folder = self._project.folder
        if folder is None:
            return
        await self._file.written()
        if await asyncio.to_thread(self._run, pack(folder, target, media=media)):
            size = in_bytes(target.stat().st_size)
            self._notices.tell(
                "info",
                f"The project is packed into “{target.name}” ({size}).",
                "Show in folder",
                lambda: show_in_folder(target),
            )

    async def _unpack(self, path: Path, place: Path) -> None:
        name = await asyncio.to_thread(packed_name, path)
        folder = free_path(place, Path(name or path.name).stem, SUFFIX)
        if await asyncio.to_thread(self._run, unpack(path, folder)):
            self._file.open(folder)

    def _run(self, job: Generator[Packed, None, None]) -> bool:
        """In the thread; whether it came to its end."""
        with closing(job):
            for packed in job:
                if self._stopped.is_set():
                    return False
                self._progressed.emit(packed)
        return True

    def _show(self, packed: Packed) -> None:
        if self.running:
            self.done, self.total = packed.done, packed.total
