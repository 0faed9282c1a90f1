"""Masks from files and to files: a picture, pictures, a video, or JSON; white = to be generated."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.margins import NONE
from core.masks import Mask, MaskTrack, Runs, Tracked
from core.media.folders import SUFFIXES, read_picture
from core.media.reading import open_clip
from core.media.writing import write_clip

WHITE = 128
"""Grey levels from here up are painted."""

FORMAT, VERSION = "maskreel masks", 1


@dataclass(frozen=True)
class MaskFormat:
    """How masks are written.

    Attributes:
        title: for a list to choose from. suffix: of the file; "" for a folder.
        writer: of `core.media.writing.WRITERS` for what holds a picture per frame, else "".
    """

    title: str
    suffix: str
    writer: str = ""


MASK_FORMATS: dict[str, MaskFormat] = {
    "json": MaskFormat("Masks with key frames", ".json"),
    "png": MaskFormat("PNG per frame, in a folder", "", "png"),
    "video": MaskFormat("Mask video, lossless", ".mkv", "ffv1"),
    "picture": MaskFormat("Picture of this frame's mask", ".png"),
}


def read_masks(
    path: Path,
    size: tuple[int, int],
    frames: int,
    stopped: Callable[[], bool] = lambda: False,
) -> MaskTrack:
    """The masks of a clip of `size` (width, height) and so many frames.

    Picture k of a folder or video is the mask of frame k; the last one holds to the end. A single
    picture holds for all frames. JSON brings its key frames as they were. Masks of another size
    are resized. Once `stopped` says so no further picture is read.

    Raises:
        UserError: the file cannot be read.
    """
    if path.suffix.lower() == ".json":
        return _read_json(path, size, frames)
    track = MaskTrack(*size)
    if path.is_file() and path.suffix.lower() in SUFFIXES:
        picture = read_picture(path)
        if picture is None:
            raise UserError(f"The mask “{path.name}” cannot be read as a picture.")
        return track.painted(0, _mask(picture, size))
    keys: dict[int, Runs] = {}
    last = None
    with open_clip(path) as reader:
        for number in range(min(frames, len(reader))):
            if stopped():
                break
            runs = Runs.of(_mask(reader.frame(number), size))
            if runs != last:
                keys[number] = last = runs
    return replace(track, keyframes=keys)


def write_masks(
    track: MaskTrack, path: Path, form: str, *, frames: int, rate: Fraction, frame: int = 0
) -> Generator[int, None, None]:
    """Write masks to `path`; yields the number of frames written so far. Closing the generator
    before its end leaves nothing behind.

    Args:
        form: a name of `MASK_FORMATS`.
        frames: of the clip; a PNG sequence and a video have as many pictures.
        frame: the one whose mask a single picture is of.

    Raises:
        UserError: the place cannot be written.
    """
    writer = MASK_FORMATS[form].writer
    if writer:
        pictures = (_picture(track.at(number)) for number in range(frames))
        yield from write_clip(pictures, path, writer=writer, rate=rate)
        return
    if form == "json":
        data = json.dumps({"format": FORMAT, "version": VERSION, **track.to_json()}).encode()
    else:
        data = cv2.imencode(".png", _picture(track.at(frame)))[1].tobytes()
    try:
        path.write_bytes(data)
    except OSError as error:
        raise UserError(
            f"“{path.name}” cannot be written: {error.strerror}. Choose another folder."
        ) from error
    yield frames


def resized(track: MaskTrack, size: tuple[int, int]) -> MaskTrack:
    """The track for a clip of another size (width, height)."""
    if track.size == size:
        return track

    def scaled(runs: Runs) -> Runs:
        mask = runs.mask(track.width, track.height).astype(np.uint8) * 255
        return Runs.of(cv2.resize(mask, size, interpolation=cv2.INTER_LINEAR) >= WHITE)

    keys = {key: scaled(runs) for key, runs in track.keyframes.items()}
    tracked = {
        frame: Tracked(scaled(found.runs), found.confidence)
        for frame, found in track.tracked.items()
    }
    return replace(track, width=size[0], height=size[1], keyframes=keys, tracked=tracked)


def _read_json(path: Path, size: tuple[int, int], frames: int) -> MaskTrack:
    try:
        data: Any = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UserError(f"“{path.name}” cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise UserError(f"“{path.name}” is no JSON file: {error}.") from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise UserError(
            f"“{path.name}” holds no masks of Maskreel. Choose a file that “Export mask” has "
            "written, or pictures or a video of the masks."
        )
    if data.get("version") != VERSION:
        raise UserError(f"“{path.name}” was written by a later Maskreel. Update this one first.")
    try:
        track = MaskTrack.from_json(data)
        for frame in (*track.keyframes, *track.tracked):
            track.at(frame)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UserError(f"The masks of “{path.name}” are damaged ({error}).") from error
    within = _within(track, frames)
    return within if within.size == size else resized(within.on_canvas(NONE), size)


def _within(track: MaskTrack, frames: int) -> MaskTrack:
    """Without what lies after the clip's end."""
    keys = {frame: runs for frame, runs in track.keyframes.items() if 0 <= frame < frames}
    tracked = {frame: found for frame, found in track.tracked.items() if 0 <= frame < frames}
    return replace(track, keyframes=keys, tracked=tracked if keys else {})


def _mask(picture: NDArray[np.uint8], size: tuple[int, int]) -> Mask:
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    if grey.shape != size[::-1]:
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(grey >= WHITE)


def _picture(mask: Mask) -> NDArray[np.uint8]:
    """White where the mask is, uint8 (H, W, 3)."""
    return np.repeat((mask * np.uint8(255))[..., None], 3, axis=2)
