"""The project on the disk: begun, opened, saved elsewhere and closed; each edit is kept at once.

There is always a folder as soon as there is a clip: a draft among the user's data, until the user
gives the project a place.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from core.errors import UserError
from core.project.contents import Contents
from core.project.disk import reason
from core.project.drafts import SUFFIX, UNTITLED, drafts_folder, is_draft, new_draft, title
from core.project.folder import folder_of
from core.project.journal import Journal
from core.project.lock import InUse, take_hold
from core.project.moving import Opened, close, copy_of, hold_and_read, move_or_copy
from core.project.snapshots import Snapshot
from studio.observable import Field, Observable, bind
from studio.state.clip.session import Session
from studio.state.clip.stage import Stage
from studio.state.notices import Notices
from studio.state.painting.masks import Masks
from studio.state.projects.project import Project
from studio.state.takes.queue import Queue

SNAPSHOT_MS = 60_000
MOST_WAIT_S = 0.04
"""So long an edit may hold the window up until it is in its file; what is slower goes on in the
thread."""

log = logging.getLogger(__name__)


class ProjectFile(Observable):
    """
    Attributes:
        title: of the project, as a person sees it.
        trouble: why it cannot be written, or "".
        busy: what is being done with the project's folder, in words, or "".

    Signals:
        opened: the folder of a project that was opened, or that was given a place.
        left: the folder of a project that another one has taken the place of.
        place_wanted(): the user wants to save the project somewhere else.
    """

    title = Field(UNTITLED)
    trouble = Field("")
    busy = Field("")
    opened = Signal(object)
    left = Signal(object)
    place_wanted = Signal()
    _told = Signal(str)

    def __init__(
        self,
        project: Project,
        masks: Masks,
        session: Session,
        stage: Stage,
        queue: Queue,
        notices: Notices,
        takes_written: Callable[[], Awaitable[None]],
        parent: QObject | None = None,
    ) -> None:
        """`takes_written` returns when all takes are in their folders as they are now."""
        super().__init__(parent)
        self._project, self._session, self._stage = project, session, stage
        self._queue, self._notices, self._takes_written = queue, notices, takes_written
        self._journal: Journal | None = None
        self._task: asyncio.Task[None] | None = None
        self._changed = False  # since the last snapshot
        self.timer = QTimer(self)
        self.timer.setInterval(SNAPSHOT_MS)
        self.timer.timeout.connect(self.snapshot)
        self._told.connect(self._tell_trouble, Qt.ConnectionType.QueuedConnection)
        project.edited.connect(self._keep)
        masks.changed("track").connect(lambda _track: self._keep())
        masks.edited.connect(lambda _frame: self._keep_now())
        queue.ended.connect(lambda _take: self.snapshot())
        bind(project, "folder", self._name)

    @property
    def obstacle_to_move(self) -> str:
        """Why the project cannot be saved elsewhere now, or ""."""
        if self.busy:
            return self.busy
        if self._queue.order:
            return "Takes are in the queue. Stop them, or wait until they are done."
        return "" if self._project.clips else "The project is empty."

    @property
    def is_draft(self) -> bool:
        """Whether the user has not given the project a place yet."""
        folder = self._project.folder
        return folder is None or is_draft(folder)

    @property
    def suggested_name(self) -> str:
        """For a place to save the project in."""
        first = next(iter(self._project.clips), None)
        plain = Path(first.name).stem if first is not None and self.is_draft else self.title
        return f"{plain}{SUFFIX}"

    # What the user does

    def start(self) -> None:
        """From now on the project is kept; before, it is in memory alone."""
        self.timer.start()

    def new(self) -> None:
        """An empty project; the one before is kept."""
        self._begin("Closing the project …", self._load(Opened(Contents()), None))

    def open(self, path: Path, snapshot: Snapshot | None = None) -> None:
        """Open a project by its folder or the file in it.

        Args:
            snapshot: open it as it was then; as it is now it becomes a snapshot too.
        """
        folder = folder_of(path).absolute()
        if folder != self._project.folder or snapshot is not None:
            self._begin(f"Opening “{title(folder)}” …", self._open(folder, snapshot))

    def open_copy(self, path: Path) -> None:
        """Open a copy of a project beside it, or as a draft where that cannot be written."""
        self._begin(f"Copying “{title(path)}” …", self._open_copy(path))

    def save_as(self, folder: Path) -> None:
        """Give the project a place, or another one; a draft is moved there, others are copied."""
        self._begin(f"Saving “{title(folder)}” …", self._save_as(folder))

    def snapshot(self) -> None:
        """Keep the project as it is now as an older copy, if anything has changed."""
        if self._journal is not None and self._changed:
            self._project.note_position()
            self._changed = False
            self._journal.snapshot(self._project.contents, self._stage.picture)

    async def ended(self) -> None:
        """Returns when nothing is opened or saved any more."""
        while self._task is not None:
            await asyncio.wait([self._task])

    async def written(self) -> None:
        """Returns when all that was done is in the project's files."""
        if self._journal is not None:
            await asyncio.to_thread(self._journal.wait)

    async def end(self) -> None:
        """Close the project."""
        await self.ended()
        self.timer.stop()
        await self._leave(at_exit=True)

    # How it is kept

    def _keep(self) -> None:
        self._changed = True
        if not self.timer.isActive():
            return
        if self._journal is None and self._project.folder is None and self._project.clips:
            self._begin_draft()
        if self._journal is not None:
            self._journal.keep(self._project.contents)

    def _keep_now(self) -> None:
        """A finished edit is in its file before anything else happens."""
        self._keep()
        if self._journal is not None:
            self._journal.wait(MOST_WAIT_S)

    def _begin_draft(self) -> None:
        try:
            folder = new_draft()
            take_hold(folder)
        except OSError as error:
            self.timer.stop()
            self._tell_trouble(reason(error))
            return
        self._journal = Journal(folder, None, self._told.emit)
        self._project.folder = folder

    def _tell_trouble(self, why: str) -> None:
        before, self.trouble = self.trouble, why
        if not why:
            self._notices.tell("info", "The project is saved again.")
        elif not before:
            self._session.tell_past_opening(
                "error",
                f"The project cannot be saved in {self._project.folder or drafts_folder()}: {why}. "
                "You can go on, all stays in memory; help there, or save the project elsewhere.",
                "Save project as…",
                self.place_wanted.emit,
            )

    def _name(self, folder: Path | None) -> None:
        self.title = UNTITLED if folder is None else title(folder)

    # One thing after the other

    def _begin(self, words: str, work: Coroutine[None, None, None]) -> None:
        if self.busy:
            work.close()
            return
        self.busy = words
        self._task = asyncio.ensure_future(work)
        self._task.add_done_callback(self._note_end)

    def _note_end(self, task: asyncio.Task[None]) -> None:
        self._task, self.busy = None, ""
        if task.cancelled() or (error := task.exception()) is None:
            return
        if isinstance(error, InUse):
            copy = partial(self.open_copy, error.folder)
            self._notices.tell("warning", str(error), "Open a copy", copy)
        elif isinstance(error, UserError):
            self._notices.tell("error", str(error))
        else:
            log.error("a project cannot be opened or saved", exc_info=error)
            self._notices.fail(f"That failed: {error}. The log has the details.")

    async def _open(self, folder: Path, snapshot: Snapshot | None) -> None:
        if folder == self._project.folder:  # as it was some minutes ago
            await self._leave()
        await self._load(await asyncio.to_thread(hold_and_read, folder, snapshot), folder)
        self.opened.emit(folder)

    async def _open_copy(self, path: Path) -> None:
        folder = await asyncio.to_thread(copy_of, path)
        await self._open(folder, None)

    async def _load(self, found: Opened, folder: Path | None) -> None:
        await self._leave()
        self._project.load(found.contents, folder)
        self.trouble = ""
        if folder is not None and not found.unwritable:
            self._journal = Journal(folder, found.contents, self._told.emit, found.stale)
            self._keep()
        if found.unwritable:
            self._tell_trouble(found.unwritable)
        if found.troubles:
            self._session.tell_past_opening("warning", " ".join(found.troubles))

    async def _save_as(self, folder: Path) -> None:
        before = self._project.folder
        await self._takes_written()
        await self._leave(moving=True)
        try:
            await asyncio.to_thread(move_or_copy, before, folder)
        except UserError:
            if before is not None:
                self._go_on_in(before)
            raise
        self._go_on_in(folder)
        self.opened.emit(folder)

    def _go_on_in(self, folder: Path) -> None:
        """Keep the project that is open in another folder."""
        self._project.folder = folder
        self._journal, self.trouble = Journal(folder, None, self._told.emit), ""
        self._keep()

    async def _leave(self, *, at_exit: bool = False, moving: bool = False) -> None:
        """Write what is left of the open project, and close it."""
        journal, self._journal = self._journal, None
        folder = self._project.folder
        if journal is None or folder is None:
            return
        self._project.note_position()
        contents = self._project.contents
        journal.keep(contents)
        await asyncio.to_thread(journal.close)
        if not moving:
            await asyncio.to_thread(close, folder, contents, at_exit=at_exit)
            if not at_exit and folder.exists():
                self.left.emit(folder)
