"""What is done with the clips of a project: added, removed, renamed, moved, found again."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from core.project.contents import ClipEntry
from studio.observable import Field, Observable
from studio.state.clip_files import ClipFile, ClipFiles, Refusal
from studio.state.entry import Entry
from studio.state.history import History
from studio.state.notices import Notices
from studio.state.project import Project
from studio.state.session import Session
from studio.state.tracking import Tracking


@dataclass(frozen=True)
class Removed:
    """A clip that was taken out of the project, its place, and its takes."""

    entry: ClipEntry
    place: int
    takes: tuple[Entry, ...]


class Clips(Observable):
    """
    Attributes:
        files: what is known of the files of the project's clips, by id.
        removed: the clip that was removed last, or None.

    Signals:
        locate_wanted: id of a missing clip that the user wants to look for.
    """

    files: Field[Mapping[str, ClipFile]] = Field({}, same=operator.is_)
    removed: Field[Removed | None] = Field(None)
    locate_wanted = Signal(str)

    def __init__(
        self,
        project: Project,
        session: Session,
        tracking: Tracking,
        history: History,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._project, self._session, self._tracking = project, session, tracking
        self._history, self._notices = history, notices
        self._thread = ClipFiles(self)
        self._asked: set[str] = set()  # clips whose files are looked at, or were
        self._guessed: set[str] = set()  # missing clips whose files nobody has named
        self._thread.looked.connect(self._take)
        self._thread.probed.connect(self._take_added)
        self._thread.found.connect(self._take_found)
        session.refused.connect(self._offer_to_locate)
        project.changed("clips").connect(lambda _clips: self.look())
        project.changed("folder").connect(lambda _folder: self._look_at(project.clips))
        project.replaced.connect(self._start_over)

    @property
    def missing(self) -> list[ClipEntry]:
        """The clips whose files are not there."""
        return [clip for clip in self._project.clips if self.problem(clip.id)]

    def problem(self, number: str) -> str:
        """Why a clip cannot be opened, a sentence, or ""."""
        known = self.files.get(number)
        return known.missing if known else ""

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
        if problem := self.problem(number):
            words = f"“{entry.name}” cannot be opened. {problem}"
            ask = partial(self.locate_wanted.emit, number)
            self._notices.tell("error", words, "Locate…", ask)
            return
        self._tracking.stop()
        self._project.switch(number)

    def step(self, direction: int) -> None:
        """Open the next (1) or the previous (-1) clip that is there."""
        there = [c.id for c in self._project.clips if not self.problem(c.id)]
        if self._project.open_id in there:
            self.open(there[(there.index(self._project.open_id) + direction) % len(there)])

    def add(self, paths: Sequence[Path]) -> None:
        """Add files and folders, and open the first of them that is a clip."""
        self._tracking.stop()
        if len(paths) == 1:
            self._session.open(paths[0])
        elif paths:
            self._session.opening = f"{len(paths)} clips"
            self._thread.probe(paths)

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
        there = [clip.id for clip in self._project.clips if not self.problem(clip.id)]
        if there:
            self._project.switch(there[min(place, len(there) - 1)])
        else:
            self._session.close()

    # Files

    def look(self) -> None:
        """Look at the files of clips that nobody has looked at yet."""
        self._look_at([clip for clip in self._project.clips if clip.id not in self._asked])

    def look_again(self) -> None:
        """Look whether files that were missing are there again, or others are gone."""
        self._look_at(self._project.clips)

    def locate(self, number: str, path: Path) -> None:
        """A missing clip is said to be at `path`."""
        self._guessed.discard(number)
        self._thread.find({number: path})

    def end(self) -> None:
        """Look at nothing more."""
        self._thread.end()

    def _start_over(self) -> None:
        self.files, self.removed = {}, None
        self._asked.clear()
        self.look()

    def _look_at(self, clips: Sequence[ClipEntry]) -> None:
        self._asked.update(clip.id for clip in clips)
        self._thread.look(clips, self._project.folder)

    def _take(self, number: str, found: ClipFile) -> None:
        entry = self._project.clip(number)
        if entry is None:
            return
        self.files = {**self.files, number: found}
        if entry.file is not None and found.known_by not in (None, entry.file.known_by):
            self._project.put(replace(entry, file=replace(entry.file, known_by=found.known_by)))
        if found.changed:
            self._notices.tell(
                "warning",
                f"The file of “{entry.name}” has changed since it was added: its masks and "
                "results may not fit any more.",
            )

    def _offer_to_locate(self, path: str, why: str) -> None:
        """A clip of the project cannot be opened: perhaps its file is elsewhere."""
        entry = next((clip for clip in self._project.clips if clip.lies_at(Path(path))), None)
        if entry is not None:
            self._look_at([entry])
            ask = partial(self.locate_wanted.emit, entry.id)
            self._notices.tell("error", why, "Locate…", ask)

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

    def _take_found(self, number: str, offered: ClipEntry | Refusal) -> None:
        entry, guessed = self._project.clip(number), number in self._guessed
        if isinstance(offered, Refusal):
            if not guessed:
                self._notices.tell("error", offered.why)
        elif entry is not None and entry.file is not None and offered.file is not None:
            if entry.file.known_by in (None, offered.file.known_by):
                self._adopt(entry, offered)
            elif not guessed:
                self._doubt(entry, offered)

    def _doubt(self, entry: ClipEntry, offered: ClipEntry) -> None:
        """Ask whether another file shall take the place of the one that is missing."""
        size, length = (offered.width, offered.height), offered.frames
        what = "has other content"
        if (size, length) != ((entry.width, entry.height), entry.frames):
            what = f"is {size[0]} × {size[1]} with {length} frames, not " + (
                f"{entry.width} × {entry.height} with {entry.frames}"
            )
        self._notices.tell(
            "warning",
            f"“{offered.name}” is not the file that “{entry.name}” was: it {what}.",
            "Use it anyway",
            partial(self._adopt, entry, offered),
        )

    def _adopt(self, entry: ClipEntry, offered: ClipEntry) -> None:
        """Take a file for a missing one, and look beside it for the others that are missing."""
        assert offered.file is not None
        self._project.put(replace(entry.with_facts_of(offered), file=offered.file))
        self.files = {number: file for number, file in self.files.items() if number != entry.id}
        self._look_at([clip for clip in self._project.clips if clip.id == entry.id])
        beside = {
            clip.id: path
            for clip in self.missing
            if clip.file and (path := offered.file.path.with_name(clip.file.path.name)).exists()
        }
        self._guessed.update(beside)
        self._thread.find(beside)
        if not self._project.open_id:
            self._project.switch(entry.id)
