"""Open a clip and read its frames by number, exactly, with bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Protocol, Self

import cv2
import numpy as np

from core.clip import Clip
from core.margins import NONE, Margins
from core.media import refusals
from core.media.arrays import SUFFIX as ARRAYS
from core.media.arrays import open_arrays
from core.media.audio import AudioSpan
from core.media.colour import Colour
from core.media.folders import open_folder
from core.media.lru import ArrayCache
from core.media.padding import PaddedSource
from core.media.pictures import Picture
from core.media.tags import read_tag
from core.media.timeline import Timeline
from core.media.video_file import open_video

SMALLEST_SIDE = 16
"""Clips with a shorter side are refused: a model's token already covers 4 to 8 pixels."""

FRAME_CACHE_BYTES = 256 << 20
THUMBNAIL_CACHE_BYTES = 32 << 20

_STEPPED_BACK = 24
"""Going back by less than this looks like stepping back: that many pictures before the wanted one
are kept while they are decoded anyway."""


class Source(Protocol):
    """Where pictures come from: a video file or a folder."""

    path: Path
    timeline: Timeline
    facts: list[str]
    has_audio: bool
    clock: float

    @property
    def size(self) -> tuple[int, int]: ...

    @property
    def colour(self) -> Colour: ...

    @property
    def damaged(self) -> frozenset[int]: ...

    def upto(self, number: int, kept: int) -> Iterator[tuple[int, Picture]]: ...

    def mark_damaged(self, number: int) -> None: ...

    def twin(self) -> Source: ...

    def close(self) -> None: ...


def open_clip(path: Path | str, margins: Margins = NONE) -> ClipReader:
    """Open a video file, an animated GIF, a folder of pictures or NumPy arrays.

    Args:
        margins: of a canvas around its pictures.

    Raises:
        UserError: it cannot be used as a clip; the sentence says why and what to do.
    """
    path = Path(path)
    source = _source(path)
    if min(source.size) < SMALLEST_SIDE:
        source.close()
        raise refusals.too_small(path, source.size, SMALLEST_SIDE)
    return ClipReader(path, source, read_tag(path), margins)


def _source(path: Path) -> Source:
    if path.is_dir():
        return open_folder(path)
    if path.suffix.lower() == ARRAYS and path.is_file():
        return open_arrays(path)
    return open_video(path)


class ClipReader:
    """Frames of a clip at a constant rate; may be used from several threads.

    Attributes:
        path: the file or folder.
        margins: of the canvas around its pictures; frames are whole canvases.
        size: width and height as shown, of the canvas.
        rate: frames per second.
        has_audio: whether the file has sound.
        colour: colour tags for a writer.
        tag: the text that Maskreel wrote into the file when it exported it, or "".
    """

    def __init__(self, path: Path, source: Source, tag: str = "", margins: Margins = NONE) -> None:
        margins.check(source.size)
        self.path = path
        self.tag = tag
        self.margins = margins
        self._bare = source
        source = PaddedSource(source, margins) if margins else source
        self.size = source.size
        self.rate: Fraction = source.timeline.rate
        self.has_audio = source.has_audio
        self.colour = source.colour
        self._source = source
        self._shown = source.timeline.pictures
        self._pictures = PictureReader(source, FRAME_CACHE_BYTES)
        # Thumbnails read through a decoder of their own: they must not make playback jump.
        self._thumbnail_pictures = PictureReader(source.twin(), 1)
        self._thumbnails = ArrayCache(THUMBNAIL_CACHE_BYTES)
        self._thumbnail_lock = Lock()

    def __len__(self) -> int:
        return len(self._shown)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences that a person should read about this clip; damage met later adds one."""
        return tuple(self._source.facts)

    @property
    def damaged(self) -> tuple[int, ...]:
        """Frames known to be undecodable; each shows the frame before it."""
        bad = self._source.damaged
        return tuple(k for k, number in enumerate(self._shown.tolist()) if number in bad)

    def frame(self, index: int) -> Picture:
        """One frame: read-only uint8 (H, W, 3), RGB; the same pixels whatever was read before.

        Raises:
            IndexError: `index` is not in 0..len-1.
        """
        return self._pictures.picture(self._number(index))

    def read(self, first: int, count: int, stride: int = 1) -> Clip:
        """Frames first, first + stride, ... as a clip at `rate / stride`.

        Raises:
            IndexError: one of them lies outside.
            ValueError: `count` or `stride` is below 1.
        """
        if count < 1 or stride < 1:
            raise ValueError(f"count and stride are at least 1, not {count} and {stride}")
        frames = np.stack([self.frame(first + k * stride) for k in range(count)])
        return Clip(frames, self.rate / stride)

    def thumbnail(self, index: int, height: int) -> Picture:
        """A frame scaled to `height`: read-only uint8 (height, w, 3), w at least 1.

        Raises:
            IndexError: `index` is not in 0..len-1.
        """
        key = (self._number(index), height)
        with self._thumbnail_lock:
            known = self._thumbnails.get(key)
            if known is not None:
                return known
            frame = self._thumbnail_pictures.picture(key[0])
            width = max(1, round(self.size[0] * height / self.size[1]))
            small = cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA)
            return self._thumbnails.put(key, small)

    def audio_span(self, first: int, count: int) -> AudioSpan | None:
        """The sound that belongs to `count` frames from `first`; None for a silent file."""
        if not self.has_audio:
            return None
        start = self._source.clock + float(first / self.rate)
        return AudioSpan(self.path, start, float(count / self.rate))

    def on_canvas(self, margins: Margins) -> ClipReader:
        """The same clip on another canvas, read by itself; nothing is opened or looked at anew.

        Raises:
            UserError: the canvas is too large.
        """
        return ClipReader(self.path, self._bare.twin(), self.tag, margins)

    def close(self) -> None:
        """Let go of the file. Reading afterwards opens it again."""
        self._pictures.close()
        self._thumbnail_pictures.close()

    def _number(self, index: int) -> int:
        """The picture that frame `index` shows."""
        if not 0 <= index < len(self):
            raise IndexError(f"frame {index} of a clip of {len(self)} frames")
        return int(self._shown[index])


class PictureReader:
    """Pictures of a source through a bounded cache, one thread at a time."""

    def __init__(self, source: Source, cache_bytes: int) -> None:
        self.cache = ArrayCache(cache_bytes)
        self._source = source
        self._asked = 0
        self._lock = Lock()

    def picture(self, number: int) -> Picture:
        """A picture, or the nearest good one before it; read-only."""
        with self._lock:
            for candidate in range(number, -1, -1):
                if candidate in self._source.damaged:
                    continue
                picture = self.cache.get(candidate)
                if picture is None:
                    picture = self._decoded(candidate)
                if picture is not None:
                    return picture
                self._source.mark_damaged(candidate)
                self.cache.clear()  # neighbours may have been decoded past the damage
        raise refusals.unreadable(self._source.path)

    def close(self) -> None:
        with self._lock:
            self._source.close()

    def _decoded(self, number: int) -> Picture | None:
        stepping_back = 0 < self._asked - number <= _STEPPED_BACK
        self._asked = number
        for found, picture in self._source.upto(number, _STEPPED_BACK if stepping_back else 0):
            kept = self.cache.put(found, picture)
            if found == number:
                return kept
        return None
