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
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import av
import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.media.audio import AudioSpan
from core.media.colour import Colour
from core.media.format_options import (
    AV1,
    H264,
    H265,
    VP9,
    ArrayOptions,
    CodedOptions,
    FFV1Options,
    GIFOptions,
    PNGOptions,
    ProResOptions,
)
from core.media.names import shortened
from core.media.picture_sinks import ArraySink, GIFSink, PNGSink
from core.media.sinks import (
    Output,
    av1_sink,
    ffv1_sink,
    h264_sink,
    h265_sink,
    prores_sink,
    webm_sink,
)

__all__ = ["WRITERS", "AudioSpan", "Writer", "write_clip"]


class Sink(Protocol):
    """Takes frames and puts them into one temporary file or folder."""

    def add(self, frame: NDArray[np.uint8]) -> None: ...

    def finish(self) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class Writer:
    """One export format.

    Attributes:
        name: stored in projects, presets and requests; never changes.
        label: what a person reads in a list.
        suffix: of the file, with its dot; "" for a folder.
        description: one sentence on what it is good for and what it changes.
        options: the frozen dataclass of its options; all have defaults.
        sink: starts writing.
        encoder: FFmpeg's name of what it needs, "" for nothing.
        has_audio: whether it can carry sound.
        alpha: whether it can carry transparency.
        smallest: least width and height of its pictures.
    """

    name: str
    label: str
    suffix: str
    description: str
    options: type[Any]
    sink: Callable[[Output], Sink]
    encoder: str = ""
    has_audio: bool = False
    alpha: bool = False
    smallest: int = 1

    @property
    def obstacle(self) -> str:
        """Why it cannot be used on this machine, or ""."""
        if not self.encoder or has_encoder(self.encoder):
            return ""
        return (
            f"The installed PyAV {av.__version__} has no encoder “{self.encoder}”. "
            "The wheels of “pip install av” have it."
        )

    def obstacle_to(self, size: tuple[int, int]) -> str:
        """Why it cannot take pictures of that width and height, or ""."""
        if min(size) >= self.smallest:
            return ""
        return (
            f"{self.label} takes pictures of {self.smallest} × {self.smallest} pixels and more; "
            f"these are {size[0]} × {size[1]}. Choose a larger size or another format."
        )


@cache
def has_encoder(name: str) -> bool:
    """Whether the installed FFmpeg libraries can encode with the encoder of that name."""
    try:
        av.Codec(name, "w")
    except av.codec.codec.UnknownCodecError:
        return False
    return True


_EVEN = "An odd width or height is made even by repeating the last column or row."
_SMALLEST_CODED = 64
"""The encoders of H.265 and AV1 damage memory on smaller pictures, so they never get any."""

WRITERS: dict[str, Writer] = {
    writer.name: writer
    for writer in (
        Writer(
            "mp4",
            "MP4 (H.264)",
            ".mp4",
            f"Plays everywhere. {_EVEN}",
            CodedOptions,
            h264_sink,
            H264.encoder,
            has_audio=True,
        ),
        Writer(
            "h265",
            "MP4 (H.265)",
            ".mp4",
            f"Half as large as H.264; phones, televisions and editors play it. {_EVEN}",
            CodedOptions,
            h265_sink,
            H265.encoder,
            has_audio=True,
            smallest=_SMALLEST_CODED,
        ),
        Writer(
            "av1",
            "MP4 (AV1)",
            ".mp4",
            f"Smallest; today's browsers play it, older devices do not. {_EVEN}",
            CodedOptions,
            av1_sink,
            AV1.encoder,
            has_audio=True,
            smallest=_SMALLEST_CODED,
        ),
        Writer(
            "prores",
            "MOV (ProRes 4444)",
            ".mov",
            "For editing programs: full colour in 10 bits, transparency in 16; large files.",
            ProResOptions,
            prores_sink,
            "prores_ks",
            has_audio=True,
            alpha=True,
        ),
        Writer(
            "webm",
            "WebM (VP9)",
            ".webm",
            f"For web pages, with transparency where it is wanted. {_EVEN}",
            CodedOptions,
            webm_sink,
            VP9.encoder,
            has_audio=True,
            alpha=True,
        ),
        Writer(
            "gif",
            "Animated GIF",
            ".gif",
            "Plays in every browser and chat; 256 colours a frame, at most 50 frames a second.",
            GIFOptions,
            GIFSink,
            "gif",
        ),
        Writer(
            "png",
            "PNG frames",
            "",
            "A new folder with one numbered, lossless picture for each frame.",
            PNGOptions,
            PNGSink,
            alpha=True,
        ),
        Writer(
            "ffv1",
            "Lossless (FFV1)",
            ".mkv",
            "Every pixel exactly as it is, for further editing; large files.",
            FFV1Options,
            ffv1_sink,
            "ffv1",
            has_audio=True,
            alpha=True,
        ),
        Writer(
            "npz",
            "NumPy arrays",
            ".npz",
            "The frames as one array for programs, exact and not compressed: very large files.",
            ArrayOptions,
            ArraySink,
            alpha=True,
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
    tag: str = "",
) -> Generator[int, None, None]:
    """Write frames to `path`; yields the number written so far.

    The file stands under its name once the iterator is exhausted, whole. Closing the iterator
    before leaves nothing behind.

    Args:
        frames: uint8 (H, W, 3), RGB, all of one size; or (H, W, 4), RGBA whose colours are not
            multiplied by alpha, where the format has alpha.
        path: the file, or the folder to make for "png". A file there is replaced; a folder
            that holds anything is not.
        writer: a name of `WRITERS`.
        rate: frames per second, kept exactly.
        options: of the writer's options class; None for the defaults.
        audio: sound to go with the frames; left out by formats that have none.
        colour: tags to keep; None for BT.709.
        tag: ASCII text for the metadata of the file; `core.media.tags` reads it back.

    Raises:
        UserError: the place cannot be written, the disk is full, there are no frames, or they are
            too small for the format; or this machine cannot write the format.
        KeyError: no such writer.
        ValueError: the frames are not all of one shape, or have an alpha that the format has not.
    """
    row = WRITERS[writer]
    if row.obstacle:
        raise UserError(row.obstacle)
    options = options or row.options()
    audio = audio if row.has_audio else None
    with _staged(Path(path), folder=not row.suffix) as staged:
        sink: Sink | None = None
        shape: tuple[int, ...] = ()
        try:
            for count, frame in enumerate(frames, 1):
                with _explained(Path(path)):
                    if sink is None:
                        shape = frame.shape
                        _check_shape(row, shape)
                        sink = row.sink(
                            Output(
                                path=staged,
                                size=(shape[1], shape[0]),
                                rate=rate,
                                options=options,
                                audio=audio,
                                colour=colour or Colour(),
                                alpha=shape[2] == 4,
                                tag=tag,
                            )
                        )
                    if frame.shape != shape:
                        raise ValueError(f"frame {count} is {frame.shape}, the first {shape}")
                    sink.add(frame)
                yield count
            if sink is None:
                raise UserError(f"There are no frames to write to “{Path(path).name}”.")
            with _explained(Path(path)):
                sink.finish()
        finally:
            if sink is not None:
                sink.close()


def _check_shape(row: Writer, shape: tuple[int, ...]) -> None:
    height, width, channels = shape
    if channels == 4 and not row.alpha:
        raise ValueError(f"{row.label} has no alpha")
    if obstacle := row.obstacle_to((width, height)):
        raise UserError(obstacle)


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
