"""What is done with the clips of a project: opened, added, removed, renamed, put in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject

from core.project.contents import ClipEntry
from studio.observable import Field, Observable
from studio.state.clip.session import Session
from studio.state.notices import Notices
from studio.state.painting.tracking import Tracking
from studio.state.projects.clip_files import Refusal
from studio.state.projects.footage import Footage
from studio.state.projects.project import Project
from studio.state.takes.entry import Entry
from studio.state.takes.history import History


@dataclass(frozen=True)
class Removed:
    """A clip that was taken out of the project, its place, and its takes."""

    entry: ClipEntry
    place: int
    takes: tuple[Entry, ...]


class Clips(Observable):
    """
    Attributes:
        removed: the clip that was removed last, or None.
    """

    removed: Field[Removed | None] = Field(None)

    def __init__(
        self,
        project: Project,
        footage: Footage,
        session: Session,
        tracking: Tracking,
        history: History,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._project, self._footage, self._session = project, footage, session
        self._tracking, self._history, self._notices = tracking, history, notices
        footage.probed.connect(self._take_added)
        project.replaced.connect(lambda: setattr(self, "removed", None))

    @property
    def place(self) -> int:
        """Of the open clip among all; -1 without one."""
        numbers = [clip.id for clip in self._project.clips]
        return numbers.index(self._project.open_id) if self._project.open_id in numbers else -1

    # Which one

    def open(self, number: str) -> None:
        """Open a clip of the project."""
        entry = self._project.clip(number)
        if entry is None or number == self._project.open_id:
            return
        if problem := self._footage.problem(number):
            words = f"“{entry.name}” cannot be opened. {problem}"
            ask = partial(self._footage.locate_wanted.emit, number)
            self._notices.tell("error", words, "Locate…", ask)
            return
        self._tracking.stop()
        self._project.switch(number)

    def step(self, direction: int) -> None:
        """Open the next (1) or the previous (-1) clip that is there."""
        there = [c.id for c in self._project.clips if not self._footage.problem(c.id)]
        if self._project.open_id in there:
            self.open(there[(there.index(self._project.open_id) + direction) % len(there)])

    def add(self, paths: Sequence[Path]) -> None:
        """Add files and folders, and open the first of them that is a clip."""
        self._tracking.stop()
        if len(paths) == 1:
            self._session.open(paths[0])
        elif paths:
            self._session.opening = f"{len(paths)} clips"
            self._footage.probe(paths)

    # Edits

    def rename(self, number: str, name: str) -> None:
        """Call a clip something else; its file keeps its name."""
        entry = self._project.clip(number)
        if entry is not None and name.strip():
            self._project.put(replace(entry, name=name.strip()))

    def move(self, number: str, place: int) -> None:
        """Put a clip at another place among the others."""
        entry = self._project.clip(number)
        if entry is not None:
            rest = [clip for clip in self._project.clips if clip is not entry]
            place = min(max(0, place), len(rest))
            self._project.clips = (*rest[:place], entry, *rest[place:])

    def shift(self, direction: int) -> None:
        """Put the open clip one place up (-1) or down (1)."""
        self.move(self._project.open_id, self.place + direction)

    def remove(self, number: str) -> None:
        """Take a clip out of the project with its masks and takes; it can be brought back."""
        project = self._project
        if project.clip(number) is None:
            return
        was_open = number == project.open_id
        if was_open:
            self._tracking.stop()
            project.leave()
        place = [clip.id for clip in project.clips].index(number)
        removed = self.removed = Removed(project.clips[place], place, self._takes_of(number))
        self._history.delete(removed.takes)
        project.clips = tuple(clip for clip in project.clips if clip.id != number)
        if was_open:
            self._open_beside(place)
        words = f"“{removed.entry.name}” was removed{self._with(removed)}. Its file stays."
        self._session.tell_past_opening("info", words, "Bring back", self.bring_back)

    def bring_back(self) -> None:
        """Put the clip that was removed last where it was."""
        removed, self.removed = self.removed, None
        if removed is not None:
            self._project.put(removed.entry)
            self.move(removed.entry.id, removed.place)
            self._history.put_back(removed.takes)
            self.open(removed.entry.id)

    def _takes_of(self, number: str) -> tuple[Entry, ...]:
        return tuple(
            entry for entry in self._history.entries if self._project.owner(entry.card.id) == number
        )

    def _with(self, removed: Removed) -> str:
        """What goes along with a clip, in words."""
        keys = len(self._project.track(removed.entry).keyframes)
        counted = ((keys, "mask key frame"), (len(removed.takes), "take"))
        words = [f"{count} {what}{'s' if count > 1 else ''}" for count, what in counted if count]
        return f" with {' and '.join(words)}" if words else ""

    def _open_beside(self, place: int) -> None:
        """The clip that has come to a place, or the one before it; else none is open."""
        there = [clip.id for clip in self._project.clips if not self._footage.problem(clip.id)]
        if there:
            self._project.switch(there[min(place, len(there) - 1)])
        else:
            self._session.close()

    # What comes of adding

    def _take_added(self, found: Sequence[ClipEntry | Refusal]) -> None:
        self._session.opening = ""
        refusals = [each for each in found if isinstance(each, Refusal)]
        entries = [self._known(each) for each in found if isinstance(each, ClipEntry)]
        for entry in entries:
            self._project.put(entry)
        if entries:
            self._project.switch(entries[0].id)
        if refusals:
            whys = " ".join(refusal.why for refusal in refusals)
            words = f"{len(refusals)} of {len(found)} files could not be opened. {whys}"
            self._session.tell_past_opening("error", words)

    def _known(self, entry: ClipEntry) -> ClipEntry:
        """The clip of the project with the same file, if there is one."""
        assert entry.file is not None
        path = entry.file.path
        return next((clip for clip in self._project.clips if clip.lies_at(path)), entry)
