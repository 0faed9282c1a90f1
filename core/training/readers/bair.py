"""BAIR robot pushing as it is published: TFRecord files of tf.train.Example.

softmotion30_44k/train/traj_0_to_255.tfrecords
    0/image_aux1/encoded … 29/image_aux1/encoded    64x64x3 bytes each; the main view, actions
                                                    and the arm's position are left alone
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from core.errors import UserError
from core.media.pictures import Picture
from core.training.readers import LAYOUTS, Layout, Listed, Place, Video
from core.training.readers.tfrecord import Damaged, byte_features, read_record, record_offsets
from core.training.readers.tree import split_and_class

VIEW = "image_aux1"
SIDE = 64
_SUFFIXES = (".tfrecord", ".tfrecords")


@LAYOUTS.register("bair")
class BAIR(Layout):
    """`member` of a video is the place of its record in the file."""

    def recognises(self, place: Place) -> bool:
        return bool(place.tree.ending(*_SUFFIXES))

    def listed(self, place: Place) -> list[Listed]:
        videos = []
        for file in place.tree.ending(*_SUFFIXES):
            split, _ = split_and_class(file)
            videos += _records(place.tree.root / file, str(file), split)
        return videos

    def count(self, listed: Listed) -> int:
        return listed.frames

    def open(self, listed: Listed) -> Video:
        return _Episode(_pictures(listed.path, listed.member))


class _Episode(Video):
    """One robot movement; a record is small enough to be held."""

    def __init__(self, stored: list[memoryview]) -> None:
        self._stored = stored
        self.size = _picture(stored[0]).shape[1::-1]
        self.cost = len(stored[0].obj)  # type: ignore[arg-type]  # the whole record, as bytes

    def __len__(self) -> int:
        return len(self._stored)

    def frames(self, numbers: Sequence[int]) -> Iterator[Picture]:
        for number in numbers:
            yield _picture(self._stored[number])


def _records(path: Path, name: str, split: str) -> list[Listed]:
    """Records have as many frames as the first of the file; damage is listed as what it is."""
    videos: list[Listed] = []
    try:
        for number, offset in enumerate(record_offsets(path)):
            frames = videos[0].frames if videos else len(_pictures(path, offset))
            videos.append(Listed(path, f"{name}/{number}", "", split, offset, frames))
    except Damaged as error:
        problem = f"“{path.name}” is damaged: {error}. Download it again."
        videos.append(Listed(path, f"{name}/{len(videos)} …", "", split, problem=problem))
    except UserError as error:
        videos.append(Listed(path, name, "", split, problem=str(error)))
    return videos


def _pictures(path: Path, offset: int) -> list[memoryview]:
    """The stored pictures of a record, in the order of time.

    Raises:
        UserError: the record is damaged or holds none.
    """
    try:
        features = byte_features(read_record(path, offset))
    except Damaged as error:
        raise UserError(f"“{path.name}” is damaged: {error}. Download it again.") from error
    except OSError as error:
        raise UserError(f"“{path.name}” cannot be read: {error.strerror}.") from error
    pictures: list[memoryview] = []
    while (name := f"{len(pictures)}/{VIEW}/encoded") in features:
        pictures.append(features[name])
    if not pictures:
        raise UserError(f"“{path.name}” holds no pictures of the view {VIEW} of BAIR's robot.")
    return pictures


def _picture(stored: memoryview) -> Picture:
    """Bytes as they are, or a coded picture."""
    pixels = np.frombuffer(stored, np.uint8)
    if len(pixels) == SIDE * SIDE * 3:
        return pixels.reshape(SIDE, SIDE, 3)
    decoded = cv2.imdecode(pixels, cv2.IMREAD_COLOR_RGB)
    if decoded is None:
        raise UserError(f"A record of BAIR holds a picture of {len(pixels)} bytes, which is none.")
    return decoded
