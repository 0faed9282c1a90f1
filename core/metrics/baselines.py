"""Simple ways to fill a hole, to compare a model with. No learning, no look at the hidden pixels.

Each takes uint8 frames (T, H, W, 3) and known bool (T, H, W), and returns filled frames.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from core.tasks import fill_unknown

Frames = NDArray[np.uint8]
Known = NDArray[np.bool_]

INPAINT_RADIUS_PX = 3


def edge_fill(frames: Frames, known: Known) -> Frames:
    """The nearest known pixel of the same frame."""
    return fill_unknown(frames, known, "edge")


def frame_inpainting(frames: Frames, known: Known) -> Frames:
    """Telea's method (OpenCV) on each frame by itself."""
    holes = (~known).astype(np.uint8)
    return np.stack(
        [
            cv2.inpaint(frame, hole, INPAINT_RADIUS_PX, cv2.INPAINT_TELEA)
            for frame, hole in zip(frames, holes, strict=True)
        ]
    )


def previous_frame(frames: Frames, known: Known) -> Frames:
    """The same pixel of the last frame before that knows it, else of the first after that does;
    a pixel that no frame knows is filled from the edge."""
    index = np.arange(len(frames))[:, None, None]
    before = np.maximum.accumulate(np.where(known, index, -1), axis=0)
    after = np.minimum.accumulate(np.where(known, index, len(frames))[::-1], axis=0)[::-1]
    source = np.where(before >= 0, before, after)
    rows, columns = np.indices(known.shape[1:])
    copied = frames[np.minimum(source, len(frames) - 1), rows, columns]
    found = (source < len(frames))[..., None]
    return np.where(found, copied, edge_fill(frames, known))


BASELINES: dict[str, Callable[[Frames, Known], Frames]] = {
    "edge": edge_fill,
    "inpaint": frame_inpainting,
    "previous": previous_frame,
}
