"""HDF5 as VideoGPT's authors keep BAIR: all clips of a split one after the other.

train_data    uint8 (N, H, W, 3), the frames of all clips
train_idx     int64, the first frame of each clip
test_data, test_idx
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import h5py
import numpy as np

from core.errors import UserError
from core.media.pictures import Picture
from core.training.readers import LAYOUTS, Layout, Listed, Place, Video

_SUFFIXES = (".h5", ".hdf5")


@LAYOUTS.register("hdf5")
class HDF5(Layout):
    """`member` of a video is its first frame in its split's frames."""

    def recognises(self, place: Place) -> bool:
        return bool(place.tree.ending(*_SUFFIXES))

    def listed(self, place: Place) -> list[Listed]:
        return [
            clip
            for file in place.tree.ending(*_SUFFIXES)
            for clip in _clips(place.tree.root / file, str(file))
        ]

    def count(self, listed: Listed) -> int:
        return listed.frames

    def open(self, listed: Listed) -> Video:
        return _Clip(listed)


class _Clip(Video):
    def __init__(self, listed: Listed) -> None:
        self._listed = listed
        with _opened(listed.path) as file:
            _, height, width, _ = file[f"{listed.split}_data"].shape
        self.size = (width, height)

    def __len__(self) -> int:
        return self._listed.frames

    def frames(self, numbers: Sequence[int]) -> Iterator[Picture]:
        begin, first = self._listed.member, numbers[0]
        with _opened(self._listed.path) as file:
            data = file[f"{self._listed.split}_data"]
            try:
                span = data[begin + first : begin + numbers[-1] + 1]
            except OSError as error:
                raise UserError(f"“{self._listed.path.name}” is damaged: {error}.") from error
        for number in numbers:
            yield span[number - first]


def _clips(path: Path, name: str) -> list[Listed]:
    try:
        with _opened(path) as file:
            return [
                Listed(path, f"{name}/{split}/{number}", "", split, begin, end - begin)
                for split in ("train", "test")
                if f"{split}_data" in file
                for number, (begin, end) in enumerate(_spans(file, split, path))
            ]
    except UserError as error:
        return [Listed(path, name, problem=str(error))]


def _spans(file: h5py.File, split: str, path: Path) -> list[tuple[int, int]]:
    """First frame of each clip, and the one behind its last."""
    data, index = file[f"{split}_data"], file.get(f"{split}_idx")
    if index is None or data.ndim != 4 or data.shape[-1] != 3 or data.dtype != np.uint8:
        raise UserError(
            f"“{path.name}” is not laid out as VideoGPT's: it needs {split}_data, uint8 "
            f"(N, H, W, 3), and {split}_idx, the first frame of each clip."
        )
    starts = np.asarray(index, np.int64)
    spans = list(zip(starts.tolist(), [*starts[1:].tolist(), len(data)], strict=True))
    if any(not 0 <= begin < end <= len(data) for begin, end in spans):
        raise UserError(f"“{path.name}” is damaged: {split}_idx does not fit its frames.")
    return spans


def _opened(path: Path) -> h5py.File:
    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise UserError(f"“{path.name}” cannot be read as HDF5. Download it again.") from error
