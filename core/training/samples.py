"""Pictures of what a model does, to look at while it learns.

samples/transformer-0001000.png    a row of frames per video: above the original, below ours
samples/transformer-0001000.mp4    the same videos, moving
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from core.clip import Frames
from core.media.writing import write_clip
from core.training.disk import write_whole

CLIPS = 4
FRAMES = 8
"""At most, of one video in the strip."""
GAP = 2
"""Pixels between pictures."""


def write_samples(path: Path, rows: list[Frames], rate: float) -> tuple[Path, ...]:
    """Writes a strip and a clip; their paths.

    Args:
        path: without suffix.
        rows: ways to see the same clips, uint8 (b, T, H, W, 3) each: original first.
        rate: frames per second.

    Raises:
        UserError: the disk is full.
    """
    still, moving = path.with_suffix(".png"), path.with_suffix(".mp4")
    path.parent.mkdir(parents=True, exist_ok=True)
    frames = list(_side_by_side(rows))
    for _ in write_clip(frames, moving, writer="mp4", rate=Fraction(rate).limit_denominator(1001)):
        pass
    # Last: whoever follows the run finds the sample by it, and wants the clip at once.
    write_whole(still, lambda partial: partial.write_bytes(_png(strip(rows))))
    return still, moving


def strip(rows: list[Frames]) -> Frames:
    """One picture (H, W, 3): under each other the clips, and each clip in all ways."""
    total = rows[0].shape[1]
    chosen = np.linspace(0, total - 1, min(total, FRAMES)).round().astype(int)
    lines = [video[chosen] for videos in zip(*rows, strict=True) for video in videos]
    return _joined([_joined(list(line), axis=1) for line in lines], axis=0)


def _side_by_side(rows: list[Frames]) -> Frames:
    """A clip (T, H, W, 3): a line for each way, a column for each clip."""
    times = range(rows[0].shape[1])
    return np.stack(
        [_joined([_joined([v[t] for v in videos], axis=1) for videos in rows], 0) for t in times]
    )


def _joined(pictures: list[Frames], axis: int) -> Frames:
    shape = list(pictures[0].shape)
    shape[axis] = GAP
    gap = np.full(shape, 255, np.uint8)
    parts = [part for picture in pictures for part in (gap, picture)]
    return np.concatenate(parts[1:], axis=axis)


def _png(picture: Frames) -> bytes:
    _, data = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    return data.tobytes()
