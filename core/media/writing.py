"""Frames to files: one table of export formats, atomic files, sound and colour kept."""

from __future__ import annotations

import errno
import os
import shutil
import uuid
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

import av
import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.media.audio import AudioSpan
from core.media.colour import Colour
from core.media.names import shortened
from core.media.sinks import (
    FFV1Options,
    GIFOptions,
    GIFSink,
    MP4Options,
    PNGOptions,
    PNGSink,
    ffv1_sink,
    mp4_sink,
)

__all__ = [
    "WRITERS",
    "AudioSpan",
    "FFV1Options",
    "GIFOptions",
    "MP4Options",
    "PNGOptions",
    "Writer",
    "write_clip",
]


class Sink(Protocol):
    """Takes frames and puts them into one temporary file or folder."""

    def add(self, frame: NDArray[np.uint8]) -> None: ...

    def finish(self) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class Writer:
    """One export format.

    Attributes:
        name: stored in projects and requests; never changes.
        label: what a person reads in a list.
        suffix: of the file, with its dot; "" for a folder.
        description: one sentence on what it is good for and what it changes.
        has_audio: whether it can carry sound.
        options: the frozen dataclass of its options; all have defaults.
        sink: starts writing: (path, size, rate, options, audio, colour) -> Sink.
    """

    name: str
    label: str
    suffix: str
    description: str
    has_audio: bool
    options: type[Any]
    sink: Callable[..., Sink]


WRITERS: dict[str, Writer] = {
    writer.name: writer
    for writer in (
        Writer(
            "mp4",
            "MP4 (H.264)",
            ".mp4",
            "Plays everywhere. An odd width or height is made even by repeating the last column "
            "or row.",
            True,
            MP4Options,
            mp4_sink,
        ),
        Writer(
            "ffv1",
            "Lossless (FFV1)",
            ".mkv",
            "Every pixel exactly as it is, for further editing; large files.",
            True,
            FFV1Options,
            ffv1_sink,
        ),
        Writer(
            "png",
            "PNG frames",
            "",
            "A new folder with one numbered, lossless picture for each frame.",
            False,
            PNGOptions,
            PNGSink,
        ),
        Writer(
            "gif",
            "Animated GIF",
            ".gif",
            "Plays in every browser and chat; 256 colours a frame, at most 50 frames a second.",
            False,
            GIFOptions,
            GIFSink,
        ),
    )
}


def write_clip(
    frames: Iterable[NDArray[np.uint8]],
    path: Path,
    *,
    writer: str,
    rate: Fraction,
    options: Any = None,
    audio: AudioSpan | None = None,
    colour: Colour | None = None,
) -> Generator[int, None, None]:
    """Write frames to `path`; yields the number written so far.

    The file stands under its name once the iterator is exhausted, whole. Closing the iterator
    before leaves nothing behind.

    Args:
        frames: uint8 (H, W, 3), RGB, all of one size.
        path: the file, or the folder to make for "png". A file there is replaced; a folder
            that holds anything is not.
        writer: a name of `WRITERS`.
        rate: frames per second, kept exactly.
        options: of the writer's options class; None for the defaults.
        audio: sound to go with the frames; left out by formats that have none.
        colour: tags to keep; None for BT.709.

    Raises:
        UserError: the place cannot be written, the disk is full, there are no frames.
        KeyError: no such writer.
        ValueError: the frames are not all of one size.
    """
    row = WRITERS[writer]
    options = options or row.options()
    audio = audio if row.has_audio else None
    with _staged(Path(path), folder=not row.suffix) as staged:
        sink: Sink | None = None
        size = (0, 0)
        try:
            for count, frame in enumerate(frames, 1):
                with _explained(Path(path)):
                    if sink is None:
                        size = (frame.shape[1], frame.shape[0])
                        sink = row.sink(staged, size, rate, options, audio, colour or Colour())
                    if (frame.shape[1], frame.shape[0]) != size:
                        raise ValueError(f"frame {count} is {frame.shape}, the first {size}")
                    sink.add(frame)
                yield count
            if sink is None:
                raise UserError(f"There are no frames to write to “{Path(path).name}”.")
            with _explained(Path(path)):
                sink.finish()
        finally:
            if sink is not None:
                sink.close()


@contextmanager
def _staged(path: Path, *, folder: bool) -> Iterator[Path]:
    """A hidden name beside `path`, moved into place when all went well, else removed."""
    staged = path.with_name(shortened(f".{path.stem}", f".{uuid.uuid4().hex[:8]}{path.suffix}"))
    try:
        with _explained(path):
            _check_place(path, folder)
            if folder:
                staged.mkdir()
        yield staged
        with _explained(path):
            if folder and path.exists():
                path.rmdir()
            os.replace(staged, path)
    finally:
        if staged.is_dir():
            shutil.rmtree(staged, ignore_errors=True)
        else:
            staged.unlink(missing_ok=True)


def _check_place(path: Path, folder: bool) -> None:
    if not path.parent.is_dir():
        raise UserError(
            f"The folder “{path.parent}” is not there, so “{path.name}” cannot be written into it. "
            "Choose another place."
        )
    if folder and path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise UserError(
            f"“{path.name}” is there already and not an empty folder. Choose another name."
        )
    if not folder and path.is_dir():
        raise UserError(f"“{path.name}” is a folder. Choose another name for the file.")


_REASONS = {
    errno.ENOSPC: "the disk is full. Free some space or choose another place",
    errno.EDQUOT: "your share of the disk is used up. Free some space or choose another place",
    errno.EACCES: "you may not write there. Choose another folder",
    errno.EPERM: "you may not write there. Choose another folder",
    errno.EROFS: "the disk is read-only. Choose another place",
    errno.ENAMETOOLONG: "its name is too long. Choose a shorter one",
}


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Errors of the file system and of FFmpeg as sentences about `path`."""
    try:
        yield
    except (OSError, av.FFmpegError) as error:
        reason = _REASONS.get(error.errno or 0, error.strerror or str(error))
        raise UserError(f"“{path.name}” could not be written: {reason}.") from error
