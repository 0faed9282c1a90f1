"""What a project is made of, and how its file says it, in JSON."""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from core.errors import UserError
from core.masks import Box, MaskTrack
from core.project.drafts import title
from core.project.fingerprints import Fingerprint

FORMAT, VERSION = "maskreel project", 1
MOST_UP = 3
"""A clip that lies outside is named relative to the project's folder when it is found by going up
so many folders at most: what is moved together then stays together."""


@dataclass(frozen=True)
class MediaFile:
    """Where the pictures of a clip are.

    Attributes:
        path: of the file or folder, absolute.
        known_by: how it is told from another file, or None as long as nobody has looked.
    """

    path: Path
    known_by: Fingerprint | None = None


@dataclass(frozen=True)
class ClipEntry:
    """A clip of a project.

    Attributes:
        name: as the user calls it.
        file: its pictures; None = a blank clip, which is not on the disk.
        width, height: of its pictures; frames: how many; rate: a second; sound: whether it has any.
        position: the frame that was looked at; in_mark, out_mark: as in playback.
        take: id of the take that was looked at, or "".
        window: the working window (left, top, right, bottom) where the user has placed it by hand.
        id: by which masks and takes know it.
    """

    name: str
    file: MediaFile | None
    width: int
    height: int
    frames: int
    rate: Fraction
    sound: bool = False
    position: int = 0
    in_mark: int | None = None
    out_mark: int | None = None
    window: Box | None = None
    take: str = ""
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:12])

    def lies_at(self, path: Path) -> bool:
        """Whether its pictures are in that file or folder."""
        return self.file is not None and self.file.path == path.absolute()

    def with_facts_of(self, other: ClipEntry) -> ClipEntry:
        """The same clip, when its file is as that of another."""
        names = ("width", "height", "frames", "rate", "sound")
        return replace(self, **{name: getattr(other, name) for name in names})

    def to_json(self, folder: Path) -> dict[str, Any]:
        data = {**asdict(self), "rate": str(self.rate)}
        if self.file is not None:
            path, relative = self.file.path, _relative(self.file.path, folder)
            data["file"] = {
                "path": relative or str(path),
                "absolute": str(path) if relative and relative.startswith("..") else None,
                "known_by": self.file.known_by and asdict(self.file.known_by),
            }
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any], folder: Path) -> ClipEntry:
        window = data["window"]
        return cls(
            **{
                **data,
                "rate": Fraction(data["rate"]),
                "window": None if window is None else tuple(window),
                "file": None if data["file"] is None else _media(data["file"], folder),
            }
        )


@dataclass(frozen=True)
class Contents:
    """All of a project but its takes. Immutable, so that a thread can write it.

    Attributes:
        clips: in their order. open: id of the one that is open, or "".
        recipe: what shall be generated, as the studio says it.
        masks: by the id of their clip; none where nothing was ever painted.
        takes: id of a take → id of its clip.
    """

    clips: tuple[ClipEntry, ...] = ()
    open: str = ""
    recipe: Mapping[str, Any] = field(default_factory=dict)
    masks: Mapping[str, MaskTrack] = field(default_factory=dict)
    takes: Mapping[str, str] = field(default_factory=dict)

    def clip(self, number: str) -> ClipEntry | None:
        """The clip with an id."""
        return next((clip for clip in self.clips if clip.id == number), None)

    def with_clip(self, entry: ClipEntry) -> Contents:
        """With a clip in the place of the one with its id, or after all others."""
        if self.clip(entry.id) is None:
            return replace(self, clips=(*self.clips, entry))
        clips = tuple(entry if clip.id == entry.id else clip for clip in self.clips)
        return replace(self, clips=clips)

    def with_masks(self, number: str, track: MaskTrack) -> Contents:
        return replace(self, masks={**self.masks, number: track})

    @property
    def painted(self) -> int:
        """How many key frames are painted on all clips."""
        return sum(len(track.keyframes) for track in self.masks.values())

    def to_json(self, folder: Path) -> dict[str, Any]:
        """Plain JSON values without the masks.

        Args:
            folder: of the project; clips near it are named relative to it.
        """
        return {
            "format": FORMAT,
            "version": VERSION,
            "clips": [clip.to_json(folder) for clip in self.clips],
            "open": self.open,
            "recipe": dict(self.recipe),
            "takes": dict(self.takes),
        }

    @classmethod
    def from_json(cls, data: Any, folder: Path) -> Contents:
        """The contents of `to_json`.

        Raises:
            UserError: a newer Maskreel has written them.
            ValueError: they are no project's.
        """
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise ValueError("it is no project of Maskreel")
        if data["version"] > VERSION:
            raise UserError(
                f"The project “{title(folder)}” was made with a newer Maskreel. "
                "Update this one, then open it again."
            )
        try:
            clips = tuple(ClipEntry.from_json(clip, folder) for clip in data["clips"])
            return cls(clips, data["open"], dict(data["recipe"]), takes=dict(data["takes"]))
        except (KeyError, TypeError, AttributeError, ZeroDivisionError) as error:
            raise ValueError(f"something is missing or of the wrong kind: {error}") from error


def _relative(path: Path, folder: Path) -> str | None:
    """A path as seen from the project's folder, with slashes; None when it lies too far away."""
    try:
        relative = Path(os.path.relpath(path, folder))
    except ValueError:  # another drive
        return None
    near = relative.parts.count("..") <= MOST_UP and _shared(path, folder)
    return relative.as_posix() if near else None


def _shared(path: Path, folder: Path) -> bool:
    """Whether the two have more in common than the root of the disk."""
    common = Path(os.path.commonpath([path, folder]))
    return common != Path(common.anchor)


def _media(data: Mapping[str, Any], folder: Path) -> MediaFile:
    """At the place relative to the project, or else where it was before the project was moved."""
    known = data["known_by"]
    near = Path(os.path.normpath(folder / data["path"]))
    was = Path(data["absolute"]) if data["absolute"] else near
    path = near if near.exists() or not was.exists() else was
    return MediaFile(path, None if known is None else Fingerprint(**known))
