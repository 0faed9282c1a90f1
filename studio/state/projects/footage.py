"""The files of a project's clips: which are missing or have changed, and where they are now."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from core.project.contents import ClipEntry
from studio.observable import Field, Observable
from studio.state.clip.session import Session
from studio.state.notices import Notices
from studio.state.projects.clip_files import ClipFile, ClipFiles, Refusal
from studio.state.projects.project import Project


class Footage(Observable):
    """
    Attributes:
        files: what is known of them, by the id of their clip.

    Signals:
        probed: what became of files that were to be added; see `ClipFiles`.
        locate_wanted: id of a missing clip that the user wants to look for.
    """

    files: Field[Mapping[str, ClipFile]] = Field({}, same=operator.is_)
    probed = Signal(object)
    locate_wanted = Signal(str)

    def __init__(
        self,
        project: Project,
        session: Session,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._project, self._notices = project, notices
        self._thread = ClipFiles(self)
        self._asked: set[str] = set()  # clips whose files are looked at, or were
        self._guessed: set[str] = set()  # missing clips whose files nobody has named
        self._thread.looked.connect(self._take)
        self._thread.probed.connect(self.probed)
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

    def probe(self, paths: Sequence[Path]) -> None:
        """Open files to see whether they can be added."""
        self._thread.probe(paths)

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
        self.files = {}
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
