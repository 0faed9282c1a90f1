"""A folder of numbered pictures as a clip."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from core.errors import UserError
from core.media.colour import FULL, Colour
from core.media.pictures import LONGEST_SIDE, Picture, shown_size
from core.media.timeline import Timeline

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp")
FOLDER_RATE = Fraction(25)
"""Pictures carry no rate."""


@dataclass
class PictureFolder:
    """Pictures of a folder in natural order, all scaled to the size of the first.

    Attributes:
        path: the folder.
        files: one file per picture.
        size: width and height as shown.
    """

    path: Path
    files: list[Path]
    size: tuple[int, int]
    timeline: Timeline
    facts: list[str]
    has_audio: bool = False
    clock: float = 0.0
    colour: Colour = field(default_factory=lambda: Colour(range=FULL))
    _damaged: set[int] = field(default_factory=set)

    @property
    def damaged(self) -> frozenset[int]:
        return frozenset(self._damaged)

    def upto(self, number: int, kept: int) -> Iterator[tuple[int, Picture]]:  # noqa: ARG002
        """The picture `number`; nothing when its file cannot be read."""
        picture = read_picture(self.files[number])
        if picture is None:
            return
        if picture.shape[1::-1] != self.size:
            self._note("Not all pictures have one size; they are scaled to that of the first.")
            picture = cv2.resize(picture, self.size, interpolation=cv2.INTER_AREA)
        yield number, picture

    def mark_damaged(self, number: int) -> None:
        self._damaged.add(number)
        self._note(f"“{self.files[number].name}” cannot be read; the picture before it is shown.")

    def twin(self) -> PictureFolder:
        """Itself: nothing is kept between two reads."""
        return self

    def close(self) -> None:
        """Files are open only while they are read."""

    def _note(self, sentence: str) -> None:
        if sentence not in self.facts:
            self.facts.append(sentence)


def open_folder(path: Path) -> PictureFolder:
    """Open a folder as a clip at 25 frames a second.

    Raises:
        UserError: it cannot be listed or holds no readable picture.
    """
    try:
        files = sorted((f for f in path.iterdir() if _is_picture(f)), key=_natural)
    except OSError as error:
        raise UserError(f"The folder “{path.name}” cannot be read: {error.strerror}.") from error
    first = None
    while files and first is None:
        first = read_picture(files[0])
        files = files if first is not None else files[1:]
    if first is None:
        raise UserError(
            f"“{path.name}” is a folder without pictures (PNG, JPEG, WebP, TIFF). "
            "Choose a video file or a folder of numbered pictures."
        )
    size = (first.shape[1], first.shape[0])
    facts = [f"A folder of {len(files)} pictures, shown at {FOLDER_RATE} a second."]
    return PictureFolder(path, files, size, Timeline(FOLDER_RATE, np.arange(len(files))), facts)


def read_picture(path: Path) -> Picture | None:
    """uint8 (H, W, 3), RGB, turned upright, at most 4096 wide or tall; None when unreadable."""
    try:
        data = np.fromfile(path, np.uint8)  # cv2.imread cannot open every name on Windows
        stored = cv2.imdecode(data, cv2.IMREAD_COLOR_RGB) if data.size else None
    except (OSError, cv2.error):
        return None
    if stored is None:
        return None
    if max(stored.shape) > LONGEST_SIDE:
        size = shown_size((stored.shape[1], stored.shape[0]), None)
        stored = cv2.resize(stored, size, interpolation=cv2.INTER_AREA)
    return stored


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and path.is_file() and not path.name.startswith(".")


def _natural(path: Path) -> list[tuple[int, int | str]]:
    """Sort key by which frame 9 comes before frame 10."""
    parts = re.split(r"(\d+)", path.name.casefold())
    return [(0, int(part)) if part.isdigit() else (1, part) for part in parts]
