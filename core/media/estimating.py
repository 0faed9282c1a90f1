"""How large an export will be: a few of its frames are written, and the rest is reckoned."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from core.media.format_options import CodedOptions
from core.media.writing import WRITERS, write_clip

RUNS, RUN_FRAMES = 3, 8
"""So many stretches of so many frames stand for the whole."""
USUAL_GOP = 250
"""Frames from one key frame to the next, as the encoders place them where no scene changes."""
LESS, MORE = 0.9, 1.1
"""Formats whose frames are coded one by one keep within these shares of what was reckoned."""
CODED_LESS, CODED_MORE = 1.1, 1.8
"""The others code what moves, of which a short stretch shows less than the whole: eleven clips of
1.6 to 12 seconds became files of 1.15 to 1.75 times what was reckoned."""
SOUND = 24_000
"""Bytes of a second of sound."""


@dataclass(frozen=True)
class Size:
    """Bytes that a file will have, within what can be known without writing it."""

    least: int
    most: int


def estimated_size(
    frame: Callable[[int], NDArray[np.uint8]],
    total: int,
    *,
    writer: str,
    rate: Fraction,
    options: Any = None,
    sound_s: float = 0.0,
    stopped: Callable[[], bool] = lambda: False,
) -> Size | None:
    """How large `total` frames will be; None when `stopped` says so.

    Args:
        frame: gives a frame by its number, as `write_clip` takes them.
        rate: frames per second; sound_s: seconds of sound that go along.

    Raises:
        UserError: the format cannot be written.
    """
    firsts: list[int] = []
    others: list[int] = []
    for run in _runs(total):
        sizes = _written([frame(number) for number in run], writer, rate, options, stopped)
        if sizes is None:
            return None
        firsts.append(sizes[0])
        others.extend(sizes[1:])
    alone = float(np.mean(firsts))
    further = float(np.mean(others)) if others else alone
    groups = math.ceil(total / USUAL_GOP)
    reckoned = groups * alone + (total - groups) * further
    if writer == "npz":
        return Size(round(reckoned), round(reckoned))
    moving = WRITERS[writer].options is CodedOptions
    less, more = (CODED_LESS, CODED_MORE) if moving else (LESS, MORE)
    sound = sound_s * SOUND
    return Size(round(less * reckoned + sound), round(more * reckoned + sound))


def _runs(count: int) -> list[range]:
    """Stretches spread over so many frames, or all of them when they are few."""
    if count <= RUNS * RUN_FRAMES:
        return [range(count)]
    gap = (count - RUN_FRAMES) / RUNS
    starts = (int(gap * (number + 0.5)) for number in range(RUNS))
    return [range(start, start + RUN_FRAMES) for start in starts]


def _written(
    frames: list[NDArray[np.uint8]],
    writer: str,
    rate: Fraction,
    options: Any,
    stopped: Callable[[], bool],
) -> list[int] | None:
    """Bytes of each frame; None when stopped."""
    if writer == "npz":
        return [frame.nbytes for frame in frames]
    with tempfile.TemporaryDirectory(prefix="maskreel-") as folder:
        path = Path(folder) / f"sample{WRITERS[writer].suffix}"
        writing = write_clip(frames, path, writer=writer, rate=rate, options=options)
        for _ in writing:
            if stopped():
                writing.close()
                return None
        if path.is_dir():
            return [file.stat().st_size for file in sorted(path.iterdir())]
        with av.open(str(path)) as container:
            return [packet.size for packet in container.demux(video=0) if packet.size]
