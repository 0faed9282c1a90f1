"""The project: its clips, which one is open, and what is known of the others meanwhile."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from core.margins import NONE
from core.mask_files import resized
from core.masks import FEATHER_PX, MaskTrack
from core.media.reading import ClipReader
from core.project.contents import ClipEntry, Contents
from studio.observable import Field, Observable
from studio.state.clip.blank import BlankClip
from studio.state.clip.framing import Framing
from studio.state.clip.playback import Playback
from studio.state.clip.session import Session
from studio.state.models.models import Models
from studio.state.painting.masks import Masks
from studio.state.projects.clip_files import entry_of
from studio.state.recipe import Recipe
from studio.state.recipe_text import choose_again, chosen
from studio.state.takes.generation import Generation
from studio.state.takes.queue import Queue
from studio.state.takes.take import Take

_OF_RECIPE = "bundle task label decoder options seed count kept length overlap"


class Project(Observable):
    """
    Attributes:
        clips: in their order. open_id: of the one that is open, or "".
        folder: where the project is kept, or None as long as it is in memory alone.

    Signals:
        edited(): something that is to be kept has changed, other than masks.
        replaced(): another project is open.
    """

    clips: Field[tuple[ClipEntry, ...]] = Field((), same=operator.is_)
    open_id = Field("")
    folder: Field[Path | None] = Field(None)
    edited = Signal()
    replaced = Signal()

    def __init__(
        self,
        session: Session,
        playback: Playback,
        masks: Masks,
        framing: Framing,
        models: Models,
        recipe: Recipe,
        queue: Queue,
        generation: Generation,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._playback, self._masks = session, playback, masks
        self._framing, self._generation = framing, generation
        self._models, self._recipe = models, recipe
        self._painted: Mapping[str, MaskTrack] = {}  # on clips that were not shown yet
        self._takes: dict[str, str] = {}  # take → its clip
        self._awaited = ""  # the clip that is being opened
        self._live = ""  # the clip that playback and framing are of
        queue.added.connect(self._note_take)
        queue.changed("waiting").connect(lambda takes: self._find_clips_of(takes))
        generation.changed("take").connect(lambda take: self._find_clips_of([take] if take else []))
        for state, names in (
            (self, "clips open_id"),
            (playback, "in_mark out_mark"),
            (framing, "window custom"),
            (recipe, _OF_RECIPE),
        ):
            for name in names.split():
                state.changed(name).connect(lambda _value: self.edited.emit())

    def clip(self, number: str) -> ClipEntry | None:
        """The clip with an id."""
        return next((clip for clip in self.clips if clip.id == number), None)

    @property
    def open_clip(self) -> ClipEntry | None:
        return self.clip(self.open_id)

    def put(self, entry: ClipEntry) -> None:
        """Take in a clip: in the place of the one with its id, or after all others."""
        self.clips = Contents(self.clips).with_clip(entry).clips

    def owner(self, take: str) -> str:
        """The id of the clip that a take was made of, or ""."""
        return self._takes.get(take, "")

    # Which clip is open

    def switch(self, number: str) -> None:
        """Open a clip of the project; the one before is left as it is."""
        entry = self.clip(number)
        if entry is None or (number == self.open_id and self._session.clip is not None):
            return
        self._awaited = number
        if entry.file is None:
            self._session.take(BlankClip((entry.width, entry.height), entry.frames, entry.rate))
        else:
            self._session.open(entry.file.path, self.track(entry).margins)

    def enter(self, reader: ClipReader) -> ClipEntry:
        """The clip that was just opened becomes the open one; one that the project does not know
        becomes a clip of it. The one before is left.

        Its masks are shown; what else is known of it is for `resume`, after what is usual for a
        clip was set.
        """
        entry = self._entry(reader)
        self._awaited = ""
        self.open_id = entry.id
        track, size = self.track(entry), (entry.width, entry.height)
        if track.margins.pictures(track.size) != size:  # it is another file now
            self._masks.forget(entry.id)
            track = resized(track.on_canvas(NONE), size)
        self._masks.open(track.size, entry.id, track)
        return entry

    def exit(self) -> None:
        """No clip is open any more."""
        self._awaited = self.open_id = ""
        self._masks.open(None)

    def leave(self) -> None:
        """Note where the user has left the open clip, which is shown no longer."""
        self.note_position()
        self._live = ""

    def note_position(self) -> None:
        """Note where the user is in the open clip: that alone is no edit that is kept at once."""
        entry = self.clip(self._live)
        if entry is not None:
            self.put(replace(self._now(entry), position=self._playback.position))

    def resume(self, entry: ClipEntry) -> None:
        """Go on where the user has left a clip."""
        self._playback.mark(entry.in_mark, entry.out_mark)
        self._playback.go(entry.position)
        if entry.window is not None:
            left, top, right, bottom = entry.window
            self._framing.drag(left, top, right - left, bottom - top)
        self._live = entry.id

    # What is kept

    def track(self, entry: ClipEntry) -> MaskTrack:
        """What is painted on a clip."""
        tracks = {**self._painted, **self._masks.tracks}
        return tracks.get(entry.id) or MaskTrack(entry.width, entry.height)

    @property
    def contents(self) -> Contents:
        """The project as it is now."""
        clips = tuple(self._now(clip) if clip.id == self._live else clip for clip in self.clips)
        masks = {clip.id: self.track(clip) for clip in clips}
        takes = {take: number for take, number in self._takes.items() if number in masks}
        return Contents(
            clips,
            self.open_id,
            chosen(self._recipe),
            {number: track for number, track in masks.items() if _says_something(track)},
            takes,
        )

    def load(self, contents: Contents, folder: Path | None) -> None:
        """Open another project; what is open now was kept."""
        self._session.close()
        for number in self._masks.tracks:
            self._masks.forget(number)
        self._painted, self._takes = contents.masks, dict(contents.takes)
        self.clips = ()  # the clips of one project are never seen in the folder of another
        self.folder = folder
        self.clips = contents.clips
        choose_again(self._recipe, self._models, contents.recipe)
        self.replaced.emit()
        first = contents.open or next((clip.id for clip in contents.clips), "")
        self.switch(first)

    def _entry(self, reader: ClipReader) -> ClipEntry:
        """The project's clip that a reader reads, with the facts of today."""
        now, awaited = entry_of(reader), self.clip(self._awaited)
        if isinstance(reader, BlankClip):
            now = replace(now, file=None)
            known = awaited if awaited is not None and awaited.file is None else None
        else:
            known = next((clip for clip in self.clips if clip.lies_at(reader.path)), None)
        entry = now if known is None else known.with_facts_of(now)
        if entry != known:
            self.put(entry)
        return entry

    def _now(self, entry: ClipEntry) -> ClipEntry:
        """The open clip with its marks, its working window and its take."""
        playback, window = self._playback, self._framing.window
        box = None
        if self._framing.custom and window is not None:
            right, bottom = window.left + window.width, window.top + window.height
            box = window.left, window.top, right, bottom
        take = self._generation.take
        return replace(
            entry,
            in_mark=playback.in_mark,
            out_mark=playback.out_mark,
            window=box,
            take=take.id if take is not None else "",
        )

    def _find_clips_of(self, takes: Iterable[Take]) -> None:
        """A take goes on with its clip's file where that is now: it may have been moved."""
        for take in takes:
            entry = self.clip(self.owner(take.id))
            if entry is not None and entry.file is not None:
                take.request = replace(take.request, clip=str(entry.file.path))

    def _note_take(self, take: Take) -> None:
        if self.open_id:
            self._takes[take.id] = self.open_id
            self.edited.emit()


def _says_something(track: MaskTrack) -> bool:
    return bool(track.keyframes or track.margins) or track.feather != FEATHER_PX
