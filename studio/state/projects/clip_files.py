"""A thread that looks at the files of a project's clips: are they there, are they the same, and how
do they look."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, Signal

from core.errors import UserError
from core.media.reading import ClipReader, open_clip
from core.project.contents import ClipEntry, MediaFile
from core.project.disk import write_whole
from core.project.fingerprints import Fingerprint, fingerprint
from core.project.folder import picture_file
from core.project.snapshots import png
from studio.state.projects.recent import obstacle_of

HEIGHT = 90
"""Pixels of a thumbnail."""
_INTO = 0.1  # of the clip: its first frame is often black

Picture = NDArray[np.uint8]

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class ClipFile:
    """What is known of the file of a clip.

    Attributes:
        missing: why it cannot be opened, a sentence, or "".
        changed: whether it is another one than the project knows.
        known_by: what it is known by now; None when it is missing.
        picture: a thumbnail, uint8 (h, w, 3), or None; of a missing file as it was.
    """

    missing: str = ""
    changed: bool = False
    known_by: Fingerprint | None = None
    picture: Picture | None = None


@dataclass(frozen=True)
class Refusal:
    """A file that is no clip, and the sentence why."""

    path: Path
    why: str


def entry_of(reader: ClipReader, known_by: Fingerprint | None = None) -> ClipEntry:
    """A new clip of a project."""
    return ClipEntry(
        name=reader.path.name,
        file=MediaFile(reader.path.absolute(), known_by),
        width=reader.margins.pictures(reader.size)[0],
        height=reader.margins.pictures(reader.size)[1],
        frames=len(reader),
        rate=reader.rate,
        sound=reader.has_audio,
    )


class ClipFiles(QObject):
    """Signals:
    looked: id of a clip, and its `ClipFile`.
    probed: what became of paths that were to be added: a tuple of `ClipEntry` or `Refusal`.
    found: id of a missing clip, and the `ClipEntry` of what was offered for it, or a `Refusal`.
    """

    looked = Signal(str, object)
    probed = Signal(object)
    found = Signal(str, object)
    _looked, _probed, _found = Signal(str, object), Signal(object), Signal(str, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = ThreadPoolExecutor(1, "clip files")
        queued = Qt.ConnectionType.QueuedConnection
        self._looked.connect(self.looked, queued)
        self._probed.connect(self.probed, queued)
        self._found.connect(self.found, queued)

    def look(self, clips: Iterable[ClipEntry], folder: Path | None) -> None:
        """Look at the files of clips.

        Args:
            folder: of the project, which keeps their thumbnails; None while it has none.
        """
        for clip in clips:
            self._thread.submit(self._look, clip, folder)

    def probe(self, paths: Sequence[Path]) -> None:
        """Open files to see whether they can be added."""
        self._thread.submit(self._probe, tuple(paths))

    def find(self, wanted: Mapping[str, Path]) -> None:
        """Open what is offered for missing clips, by their ids."""
        for number, path in wanted.items():
            self._thread.submit(self._find, number, path)

    def end(self) -> None:
        """Look at nothing more."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _look(self, clip: ClipEntry, folder: Path | None) -> None:
        self._looked.emit(clip.id, _looked_at(clip, folder))

    def _probe(self, paths: tuple[Path, ...]) -> None:
        self._probed.emit(tuple(_probed(path) for path in paths))

    def _find(self, number: str, path: Path) -> None:
        self._found.emit(number, _probed(path))


def _probed(path: Path) -> ClipEntry | Refusal:
    try:
        with open_clip(path) as reader:
            return entry_of(reader, fingerprint(path))
    except UserError as error:
        return Refusal(path, str(error))
    except Exception as error:
        log.exception("%s cannot be opened", path)
        return Refusal(path, f"“{path.name}” cannot be opened: {error}.")


def _looked_at(clip: ClipEntry, folder: Path | None) -> ClipFile:
    kept = None if folder is None else picture_file(folder, clip.id)
    if clip.file is None:
        return ClipFile()
    try:
        missing = obstacle_of(clip.file.path)
        now = None if missing else fingerprint(clip.file.path)
    except OSError as error:
        missing, now = f"It cannot be read: {error.strerror}.", None
    changed = now is not None and clip.file.known_by not in (None, now)
    looked = ClipFile(missing, changed, now)
    if kept is not None and kept.exists() and not changed:
        return replace(looked, picture=_read(kept))
    return looked if missing else replace(looked, picture=_taken(clip.file.path, kept))


def _taken(path: Path, kept: Path | None) -> Picture | None:
    """A frame of a clip; the project keeps it, so that a clip is known also when it is missing."""
    try:
        with open_clip(path) as reader:
            picture = reader.thumbnail(int(len(reader) * _INTO), HEIGHT)
    except (UserError, OSError) as error:
        log.info("no thumbnail of %s: %s", path, error)
        return None
    try:
        if kept is not None:
            kept.parent.mkdir(exist_ok=True)  # fails where the project is not there any more
            write_whole(kept, png(picture))
    except OSError as error:
        log.info("the thumbnail of %s cannot be kept: %s", path, error)
    return picture


def _read(path: Path) -> Picture | None:
    known = cv2.imread(str(path))
    return None if known is None else np.asarray(cv2.cvtColor(known, cv2.COLOR_BGR2RGB), np.uint8)
