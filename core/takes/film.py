"""Small pictures of a result as the user sees it: what was generated, in its place on the clip.

A list of hundreds shows and plays them, without the clip and without the arrays of the take. All
frames of a film lie below each other in one picture, `film-VARIATION-COUNT.jpg`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core.compositing import unknown_pixels
from core.errors import UserError
from core.media.reading import ClipReader, open_clip
from core.requests import GenerationRequest
from core.takes.contents import Contents
from core.tasks import TASKS

Picture = NDArray[np.uint8]

SIDE_PX, POSTER_PX = 320, 256
"""The longer side of a film's and of a poster's pictures."""
MOST_FRAMES = 48
"""Of a film. Of a longer result they are taken evenly."""
_QUALITY = [cv2.IMWRITE_JPEG_QUALITY, 85]


@dataclass(frozen=True, eq=False)
class Backdrop:
    """The working window of one frame of the clip, small.

    Attributes:
        picture: float32 (h, w, 3). unknown: float32 (h, w, 1), how much of each pixel is generated.
    """

    picture: NDArray[np.float32]
    unknown: NDArray[np.float32]

    def under(self, generated: Picture) -> Picture:
        """A generated frame, uint8 of any size, in its place: uint8 (h, w, 3)."""
        height, width = self.picture.shape[:2]
        new = cv2.resize(np.ascontiguousarray(generated), (width, height)).astype(np.float32)
        return np.rint(self.picture + self.unknown * (new - self.picture)).astype(np.uint8)


class Stage:
    """Gives the backdrops of a request; a clip that cannot be opened any more is not there.

    Args:
        request: with its masks.
    """

    def __init__(self, request: GenerationRequest, reader: ClipReader | None) -> None:
        self._request, self._reader = request, reader
        window = request.covered
        scale = min(1.0, SIDE_PX / max(window.width, window.height))
        self._size = (max(1, round(window.width * scale)), max(1, round(window.height * scale)))

    def at(self, number: int) -> Backdrop:
        """Of a frame of the result."""
        request, window = self._request, self._request.covered
        frame = window.first + number * window.stride
        task = TASKS[request.task]
        unknown = unknown_pixels(task, window, request.painted, frame, request.kept)
        if self._reader is None:
            picture = np.zeros((window.height, window.width, 3), np.uint8)
            unknown = np.ones_like(unknown)
        else:
            original = self._reader.frame(min(frame, len(self._reader) - 1))
            picture = original[window.rows, window.columns]
        small = cv2.resize(picture, self._size, interpolation=cv2.INTER_AREA)
        share = cv2.resize(unknown.astype(np.float32), self._size, interpolation=cv2.INTER_AREA)
        return Backdrop(small.astype(np.float32), share[..., None])


@contextmanager
def stage_of(request: GenerationRequest) -> Iterator[Stage]:
    """The stage of a request, with its clip while that can be opened."""
    reader = None
    if request.clip is not None:
        try:
            reader = open_clip(request.clip, request.margins)
        except UserError:
            reader = None  # what was generated is seen alone
    if reader is not None and not request.window.fits(reader.size):
        reader.close()
        reader = None  # another file has taken its place
    try:
        yield Stage(request, reader)
    finally:
        if reader is not None:
            reader.close()


def write_films(folder: Path, request: GenerationRequest, contents: Contents) -> None:
    """A film and a poster of each variation, of all frames that there are.

    Args:
        request: with its masks.
    """
    clips = newest_clips(contents)
    if clips is None:
        return
    known = 0 if contents.settled is None else len(contents.settled)
    begun = first_of(contents)
    numbers = range(begun if known < begun else 0, begun + clips.shape[1])
    chosen = [numbers[place] for place in _evenly(len(numbers))]
    with stage_of(request) as stage:
        backdrops = [stage.at(number) for number in chosen]
    for variation, clip in enumerate(clips):
        frames = [
            backdrop.under(
                contents.settled[number, variation]
                if contents.settled is not None and number < known
                else clip[number - begun]
            )
            for number, backdrop in zip(chosen, backdrops, strict=True)
        ]
        for stale in folder.glob(f"film-{variation}-*.jpg"):
            stale.unlink()
        _write(folder / f"film-{variation}-{len(frames)}.jpg", np.concatenate(frames))
        _write(poster_file(folder, variation), _reduced(frames[len(frames) // 2]))


def newest_clips(contents: Contents) -> NDArray[np.uint8] | None:
    """The newest pixels of all variations, uint8 (count, T, H, W, 3); None before the first."""
    if contents.finished is not None:
        return contents.finished.clips
    seen = (step.preview for step in reversed(contents.steps) if step.preview is not None)
    return next(seen, None)


def first_of(contents: Contents) -> int:
    """Number, in the result, of the first frame of the newest pixels."""
    begun = contents.finished or contents.started
    return 0 if begun is None else begun.first


def read_film(folder: Path, variation: int) -> NDArray[np.uint8] | None:
    """The frames of a film, uint8 (n, h, w, 3); None where there is none."""
    for path in folder.glob(f"film-{variation}-*.jpg"):
        sheet = cv2.imread(str(path))
        count = int(path.stem.rpartition("-")[2])
        if sheet is not None and len(sheet) % count == 0:
            rgb = cv2.cvtColor(sheet, cv2.COLOR_BGR2RGB)
            return rgb.reshape(count, -1, *rgb.shape[1:])
    return None


def poster_file(folder: Path, variation: int) -> Path:
    return folder / f"poster-{variation}.jpg"


def _reduced(picture: Picture) -> Picture:
    scale = min(1.0, POSTER_PX / max(picture.shape[:2]))
    return cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def _evenly(length: int) -> list[int]:
    count = min(length, MOST_FRAMES)
    return [round(place * (length - 1) / max(1, count - 1)) for place in range(count)]


def _write(path: Path, picture: Picture) -> None:
    _, data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), _QUALITY)
    partial = path.with_suffix(".partial")
    partial.write_bytes(data.tobytes())
    os.replace(partial, path)
