"""The clip behind a request as the model sees it, one window of the result at a time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.masks import MaskTrack
from core.media.reading import ClipReader, open_clip
from core.requests import GenerationRequest
from core.tasks import Known, Task
from core.window import Window


class Footage:
    """Frames and painted regions at the model's size; to be closed.

    Raises:
        UserError: the clip is missing or cannot be opened, the working window does not lie in it,
            or what shall be generated is not painted.
    """

    def __init__(self, request: GenerationRequest, task: Task) -> None:
        self._request, self._task = request, task
        self._reader: ClipReader | None = None
        if request.clip is not None:
            self._reader = open_clip(request.clip, request.margins)
            _check_inside(request, self._reader)
            if task.painted:
                _check_painted(request, self._reader)
        elif task.painted or task.region(request.window.grid).any():
            raise UserError(f"Task {task.name} needs a clip; open one first.")

    def of(self, first: int) -> tuple[NDArray[np.uint8], Known | None]:
        """The window that begins with frame `first` of the result.

        Past its end the clip stands still; without a clip all is black.

        Returns:
            uint8 (T, H, W, 3), and bool (T, H, W), True = to be generated; None for a task that
            takes no painting.
        """
        window = self._request.window
        if self._reader is None:
            return np.zeros((*window.grid, 3), np.uint8), None
        numbers = _later(window, first).sampled(len(self._reader))
        frames = np.stack([window.to_model(self._reader.frame(number)) for number in numbers])
        track = self._request.painted if self._task.painted else None
        if track is None:
            return frames, None
        return frames, np.stack([window.mask_to_model(track.at(number)) for number in numbers])

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()


def _later(window: Window, frames: int) -> Window:
    """The same window so many of its frames later."""
    return replace(window, first=window.first + frames * window.stride)


def _check_inside(request: GenerationRequest, reader: ClipReader) -> None:
    window, (width, height) = request.window, reader.size
    if not window.fits(reader.size):
        raise UserError(
            f"The working window ({window.width}x{window.height} at {window.left}, {window.top}) "
            f"reaches outside {reader.path.name}, which is {width}x{height}. Move it inside."
        )
    if window.first >= len(reader):
        raise UserError(
            f"The working window begins at frame {window.first}, but {reader.path.name} has only "
            f"{len(reader)} frames. Move it to an earlier frame."
        )
    if window.first + (request.kept - 1) * window.stride >= len(reader):
        raise UserError(
            f"{request.kept} frames from frame {window.first} on shall be kept, but "
            f"{reader.path.name} ends before, after {len(reader)} frames. Begin earlier, or keep "
            "fewer."
        )


def _check_painted(request: GenerationRequest, reader: ClipReader) -> None:
    track, window = request.painted, request.covered
    if track is None or track.empty:
        raise UserError("Nothing is painted yet. Paint over what shall be generated.")
    if track.size != reader.size:
        raise UserError(
            f"The painting is {track.width}x{track.height}, but {reader.path.name} is "
            f"{reader.size[0]}x{reader.size[1]}. Paint on this clip again."
        )
    if not _painted_inside(track, window, len(reader)):
        raise UserError(
            "Nothing is painted inside the working window. Move the window over the painting, "
            "or paint inside it."
        )


def _painted_inside(track: MaskTrack, window: Window, clip_frames: int) -> bool:
    """Whether a pixel of the window is painted on any of its frames."""
    numbers, seen = window.sampled(clip_frames), set[tuple[object, ...]]()
    for number in numbers:
        stamp = track.stamp(number)
        if stamp not in seen and track.at(number)[window.rows, window.columns].any():
            return True
        seen.add(stamp)
    return False
