"""The files opened last: where they are, whether they still are, and how they look."""

from __future__ import annotations

import hashlib
import logging
import os
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import platformdirs
from numpy.typing import NDArray

from core.errors import UserError
from core.media.folders import read_picture
from core.media.reading import open_clip
from core.project.drafts import SUFFIX, is_draft, title
from core.project.folder import PICTURES

HEIGHT = 90
"""Pixels of a thumbnail."""
_INTO = 0.1  # of the clip: its first frame is often black
MISSING = "It was moved, renamed or deleted."
UNREACHABLE = "Its disk or folder is not there."

Picture = NDArray[np.uint8]
log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class RecentFile:
    """Attributes:
    path: of the clip, folder or project.
    obstacle: why it cannot be opened, or ""; None until that is known.
    thumbnail: uint8 (h, w, 3), or None.
    """

    path: Path
    obstacle: str | None = None
    thumbnail: Picture | None = None

    @property
    def is_project(self) -> bool:
        return self.path.suffix == SUFFIX

    @property
    def name(self) -> str:
        """As a person calls it."""
        return title(self.path) if self.is_project else self.path.name

    @property
    def place(self) -> str:
        """What it is, and its folder as a person writes it."""
        if is_draft(self.path):
            return "Project, not saved yet"
        folder, home = str(self.path.parent), str(Path.home())
        place = f"~{folder[len(home) :]}" if self.path.is_relative_to(home) else folder
        return f"Project in {place}" if self.is_project else place


def obstacle_of(path: Path) -> str:
    """Why a file or folder that was opened before cannot be opened now, or ""."""
    try:
        if path.exists():
            return ""
        return MISSING if path.parent.exists() else UNREACHABLE
    except OSError as error:
        return f"It cannot be read: {error.strerror}."


def looked_at(path: Path) -> RecentFile:
    """What is known of a file after looking at it; reading its picture may take a second."""
    obstacle = obstacle_of(path)
    return RecentFile(path, obstacle, None if obstacle else thumbnail(path))


def thumbnail(path: Path, frame: int | None = None) -> Picture | None:
    """A frame of a clip, uint8 (h, w, 3), or None; it is kept while the file does not change."""
    try:
        about = path.stat()
        key = f"{path}\0{about.st_mtime_ns}\0{about.st_size}\0{frame}".encode()
        kept = _folder() / f"{hashlib.sha256(key).hexdigest()[:32]}.jpg"
        if kept.exists() and (known := cv2.imread(str(kept))) is not None:
            return np.asarray(cv2.cvtColor(known, cv2.COLOR_BGR2RGB))
        if path.suffix == SUFFIX:
            path = next(iter(sorted((path / PICTURES).glob("*.png"))), path)
            return read_picture(path)
        with open_clip(path) as reader:
            number = int(len(reader) * _INTO) if frame is None else min(frame, len(reader) - 1)
            picture = reader.thumbnail(number, HEIGHT)
        _keep(picture, kept)
        return picture
    except (UserError, OSError) as error:
        log.info("no thumbnail of %s: %s", path, error)
        return None


def _keep(picture: Picture, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.with_suffix(f".{os.getpid()}.part")
    part.write_bytes(cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))[1].tobytes())
    os.replace(part, place)


def _folder() -> Path:
    return Path(platformdirs.user_cache_dir("maskreel", appauthor=False)) / "thumbnails"
