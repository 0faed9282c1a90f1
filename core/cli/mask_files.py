"""Masks from files: a picture, a folder of pictures or a video; white = to be generated."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.masks import Mask, MaskTrack
from core.media.folders import SUFFIXES, read_picture
from core.media.reading import open_clip

WHITE = 128
"""Grey levels from here up are painted."""


def read_masks(path: Path, size: tuple[int, int], frames: int) -> MaskTrack:
    """The masks of a clip of `size` (width, height) and so many frames.

    Picture k of a folder or video is the mask of frame k; the last one holds to the end. A single
    picture holds for all frames. Masks of another size are resized.

    Raises:
        UserError: the file cannot be read.
    """
    track = MaskTrack(*size)
    if path.is_file() and path.suffix.lower() in SUFFIXES:
        picture = read_picture(path)
        if picture is None:
            raise UserError(f"The mask “{path.name}” cannot be read as a picture.")
        return track.painted(0, _mask(picture, size))
    with open_clip(path) as reader:
        for number in range(min(frames, len(reader))):
            mask = _mask(reader.frame(number), size)
            if not np.array_equal(mask, track.at(number)) or number == 0:
                track = track.painted(number, mask)
    return track


def _mask(picture: NDArray[np.uint8], size: tuple[int, int]) -> Mask:
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    if grey.shape != size[::-1]:
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_LINEAR)
    return grey >= WHITE
