"""Generated pixels back into the clip at its own size: known pixels untouched, the seam feathered.

Only numpy and OpenCV: the window shows the same pictures that an export writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from core.masks import FEATHER_PX, Mask, MaskTrack
from core.media.reading import ClipReader
from core.requests import GenerationRequest
from core.tasks import TASKS, Known, Task, nothing
from core.window import Window

Picture = NDArray[np.uint8]
Box = tuple[slice, slice]


def unknown_pixels(
    task: Task, window: Window, painted: MaskTrack | None, frame: int, kept: int = 0
) -> Mask:
    """Which pixels of the window are generated on a clip frame.

    A task's region is evaluated at the window's own size, so that its edges are sharp. `kept` is
    the number of the window's first frames that stay, for a task that continues a clip.

    Returns:
        bool (window.height, window.width); all False on a frame outside the window's range.
    """
    number = window.model_frame(frame)
    if number is None or (task.painted and painted is None):
        return np.zeros((window.height, window.width), dtype=bool)
    if task.painted and painted is not None:
        return painted.at(frame)[window.rows, window.columns]
    if task.continues or task.region is nothing:  # whole frames; the result may be of any length
        return np.full((window.height, window.width), number >= kept)
    if task.lasting:  # on all frames the same
        return ~_region(task, (1, window.height, window.width))[0]
    return ~_region(task, (window.frames, window.height, window.width))[number]


def composite(
    original: Picture,
    generated: Picture,
    window: Window,
    unknown: Mask,
    feather: float = FEATHER_PX,
) -> Picture:
    """One frame of the clip with its unknown pixels replaced.

    Args:
        original: uint8 (H, W, 3), the clip's frame; left as it is.
        generated: uint8 (h, w, 3), of the model's or any size; resampled to the window.
        unknown: bool (window.height, window.width); the other pixels come back bit for bit.
        feather: over so many pixels inside the unknown side the generated picture fades in.

    Returns:
        uint8 (H, W, 3); `original` itself when nothing is unknown.
    """
    box = _box(unknown)
    if box is None:
        return original
    result = original.copy()
    crop, wanted = result[window.rows, window.columns][box], unknown[box]
    fresh = window.from_model(generated)[box]
    distance = _distance(unknown, box, window, original.shape[:2])
    seam = np.nonzero(wanted & (distance < feather + 1))
    share = (distance[seam] / (feather + 1))[:, None]
    old = crop[seam].astype(np.float32)
    blend = old + (fresh[seam] - old) * share
    cv2.copyTo(fresh, wanted.view(np.uint8), crop)  # in place, through the view
    crop[seam] = np.round(blend)
    return result


def layer(
    generated: Picture,
    window: Window,
    unknown: Mask,
    size: tuple[int, int],
    feather: float = FEATHER_PX,
) -> Picture:
    """What `composite` puts over a frame, as a picture of its own with transparency.

    Args:
        generated, unknown, feather: as for `composite`.
        size: width and height of the clip.

    Returns:
        uint8 (H, W, 4): RGBA; laid over the clip's frame it gives the composite within one level.
        Colours reach to the window's edge, so that scaling draws no dark line around the seam.
    """
    result = np.zeros((size[1], size[0], 4), np.uint8)
    crop = result[window.rows, window.columns]
    crop[..., :3] = window.from_model(generated)
    box = _box(unknown)
    if box is not None:
        share = np.minimum(_distance(unknown, box, window, size[::-1]) / (feather + 1), 1)
        crop[box][..., 3] = np.round(share * unknown[box] * 255)
    return result


def composited_length(request: GenerationRequest, clip_frames: int) -> int:
    """Frames of the clip with the result in it: what is continued may go on past the clip's end."""
    task = TASKS[request.task]
    goes_on = task.continues or (request.length > 0 and not task.lasting)
    return max(clip_frames, request.covered.range.stop) if goes_on else clip_frames


def composited_clip(
    reader: ClipReader,
    request: GenerationRequest,
    generated: NDArray[np.uint8],
    first: int = 0,
    end: int | None = None,
    feather: float | None = None,
    *,
    begins: int = 0,
) -> Iterator[Picture]:
    """The frames `first` ≤ k < `end` of the clip with the result in it, at full size, one at a
    time.

    Frames that the request does not cover pass through. A generated frame stands for `stride`
    clip frames. Past the clip's end its last frame stands still around what is generated.

    Args:
        generated: uint8 (n, h, w, 3): one of the clips of the result, or those of its frames from
            number `begins` on that the asked for frames need.
        end: None for the end of `composited_length`.
        feather: None for the width that the request asks for.
    """
    last = len(reader) - 1
    for frame in range(first, composited_length(request, len(reader)) if end is None else end):
        original = reader.frame(min(frame, last))
        yield composited_frame(original, frame, request, generated, feather, begins=begins)


def composited_frame(
    original: Picture,
    frame: int,
    request: GenerationRequest,
    generated: NDArray[np.uint8],
    feather: float | None = None,
    *,
    begins: int = 0,
) -> Picture:
    """One frame of `composited_clip`: `original` is the clip's frame of number `frame`."""
    window = request.covered
    number = window.model_frame(frame)
    if number is None:
        return original
    unknown = unknown_pixels(TASKS[request.task], window, request.painted, frame, request.kept)
    if feather is None:
        feather = feather_of(request)
    return composite(original, generated[number - begins], window, unknown, feather)


def feather_of(request: GenerationRequest) -> int:
    """The width of the seam that a request asks for, in pixels of the clip."""
    return FEATHER_PX if request.painted is None else request.painted.feather


@lru_cache(maxsize=1)
def _region(task: Task, shape: tuple[int, int, int]) -> Known:
    return task.region(shape)


def _box(unknown: Mask) -> Box | None:
    """Rows and columns of the smallest box around what is unknown, or None."""
    rows, columns = (np.flatnonzero(unknown.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return None
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _distance(
    unknown: Mask, box: Box, window: Window, size: tuple[int, ...]
) -> NDArray[np.float32]:
    """How far each pixel of the box is from what stays, float32 (h, w).

    Around the box all stays, beyond the window's edge as well; beyond the edge of the picture
    (`size`: its height and width) there is nothing.
    """
    rows, columns = box
    around = cv2.copyMakeBorder(
        unknown[box].view(np.uint8), 1, 1, 1, 1, borderType=cv2.BORDER_REPLICATE
    )
    around[0, :] *= rows.start == window.top == 0
    around[-1, :] *= rows.stop == window.height == size[0] - window.top
    around[:, 0] *= columns.start == window.left == 0
    around[:, -1] *= columns.stop == window.width == size[1] - window.left
    return cv2.distanceTransform(around, cv2.DIST_L2, cv2.DIST_MASK_5)[1:-1, 1:-1]
