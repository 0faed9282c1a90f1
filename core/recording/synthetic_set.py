"""A training set of moving shapes or digits, laid out as a recorded one.

A clip's seed is made of the set's seed, its split and its number, so that the splits share none.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from core.clip import Frames
from core.recording.files import SPLITS, refuse_other_settings, write_description, write_video
from core.recording.game import FRAMES_PER_SECOND
from core.recording.requests import RecordUpdate, SyntheticRequest
from core.recording.synthetic import SHAPES, digit_classes, moving_digits, moving_shapes


def record_synthetic(request: SyntheticRequest) -> Iterator[RecordUpdate]:
    """Writes what is missing of the set, one update per clip.

    Raises:
        UserError: the folder holds a set of other settings.
    """
    settings = {
        "source": request.source,
        "seed": request.seed,
        "size": request.size,
        "frames": request.frames,
        "frames_per_second": FRAMES_PER_SECOND,
    }
    if request.source == "digits":
        settings |= {"digits": request.digits, "coloured": request.coloured}
    refuse_other_settings(settings, request.folder)
    classes = SHAPES if request.source == "shapes" else digit_classes(request.digits)
    held_out = round(request.clips * request.val_share)
    counts = {"train": request.clips - held_out, "val": held_out}
    description = {"settings": settings, "clips": counts, "classes": classes}
    write_description(description, request.folder)
    wanted = [(split, number) for split, count in counts.items() for number in range(count)]
    for done, (split, number) in enumerate(wanted, start=1):
        rng = np.random.default_rng((request.seed, SPLITS.index(split), number))
        frames, label = _draw(request, rng)
        path = request.folder / split / classes[label] / f"{number:05}.mp4"
        if not path.is_file():
            write_video(frames, Fraction(FRAMES_PER_SECOND), path)
        yield RecordUpdate(done / len(wanted), done * request.frames, path)


def _draw(request: SyntheticRequest, rng: np.random.Generator) -> tuple[Frames, int]:
    if request.source == "shapes":
        return moving_shapes(rng, request.frames, request.size)
    return moving_digits(rng, request.frames, request.size, request.digits, request.coloured)
