"""A file of NumPy arrays as a clip: `frames`, read where they lie, and their `rate`."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.media.colour import FULL, Colour
from core.media.pictures import Picture
from core.media.timeline import ASSUMED_RATE, Timeline

SUFFIX = ".npz"
_LOCAL_HEADER = 30
"""Bytes of a zip entry's own header before its name."""


@dataclass
class ArrayFile:
    """Frames uint8 (T, H, W, 3 or 4) of a file; transparent parts are shown with their colours."""

    path: Path
    frames: NDArray[np.uint8]
    timeline: Timeline
    facts: list[str] = field(default_factory=list)
    has_audio: bool = False
    clock: float = 0.0
    colour: Colour = field(default_factory=lambda: Colour(range=FULL))
    damaged: frozenset[int] = frozenset()

    @property
    def size(self) -> tuple[int, int]:
        return self.frames.shape[2], self.frames.shape[1]

    def upto(self, number: int, kept: int) -> Iterator[tuple[int, Picture]]:  # noqa: ARG002
        yield number, np.ascontiguousarray(self.frames[number, ..., :3])

    def mark_damaged(self, number: int) -> None:
        raise AssertionError(f"frame {number} of an array is always there")

    def twin(self) -> ArrayFile:
        return self

    def close(self) -> None:
        """The frames are let go of with the last one that looks at them."""


def open_arrays(path: Path) -> ArrayFile:
    """Open a file that `write_clip` has made, or one like it.

    Raises:
        UserError: it holds no such frames.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            frames = _mapped(path, archive)
            rate = _rate(archive)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise UserError(
            f"“{path.name}” holds no clip: an array “frames” of bytes (frames, height, width, 3), "
            f"stored without compression, is wanted ({error})."
        ) from error
    return ArrayFile(path, frames, Timeline(rate, np.arange(len(frames))))


def _mapped(path: Path, archive: zipfile.ZipFile) -> NDArray[np.uint8]:
    """The frames as they lie in the file: they are read when they are looked at."""
    entry = archive.getinfo("frames.npy")
    if entry.compress_type != zipfile.ZIP_STORED:
        raise ValueError("it is compressed")
    with path.open("rb") as file:
        file.seek(entry.header_offset)
        header = file.read(_LOCAL_HEADER)
        extra = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
        file.seek(extra, 1)
        shape, kind = _header(file)
        if len(shape) != 4 or shape[3] not in (3, 4) or kind != np.uint8 or not shape[0]:
            raise ValueError(f"“frames” is {kind} {shape}")
        return np.memmap(path, np.uint8, "r", file.tell(), shape)


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype]:
    if np.lib.format.read_magic(file) != (1, 0):
        raise ValueError("“frames” is of an unknown format")
    shape, columns_first, kind = np.lib.format.read_array_header_1_0(file)
    if columns_first:
        raise ValueError("“frames” is stored column by column")
    return shape, kind


def _rate(archive: zipfile.ZipFile) -> Fraction:
    if "rate.npy" not in archive.namelist():
        return ASSUMED_RATE
    with archive.open("rate.npy") as entry:
        top, bottom = np.lib.format.read_array(entry, allow_pickle=False).tolist()
    if top <= 0 or bottom <= 0:
        raise ValueError(f"its rate is {top}/{bottom}")
    return Fraction(top, bottom)
