"""Painted masks over time: True where the user wants new pixels.

A `MaskTrack` is immutable; painting makes a new one, so undo keeps the old one, and a request that
carries one cannot change under the engine. Masks are stored as run lengths.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
"""bool (H, W): True = to be generated."""


@dataclass(frozen=True)
class Runs:
    """A mask as lengths of alternating runs in raster order, beginning with a run of False."""

    lengths: tuple[int, ...]

    @classmethod
    def of(cls, mask: Mask) -> Runs:
        flat = np.concatenate([[False], mask.ravel()])
        edges = np.flatnonzero(flat[1:] != flat[:-1])
        return cls(tuple(np.diff([0, *edges.tolist(), mask.size]).tolist()))

    def mask(self, width: int, height: int) -> Mask:
        """The mask, bool (height, width).

        Raises:
            ValueError: the lengths do not add up to width · height.
        """
        if sum(self.lengths) != width * height:
            raise ValueError(f"runs of {sum(self.lengths)} pixels do not fill {width}x{height}")
        values = np.arange(len(self.lengths)) % 2 == 1
        return np.repeat(values, self.lengths).reshape(height, width)


@dataclass(frozen=True)
class MaskTrack:
    """Keyframed masks of a clip.

    A mask holds from its key frame until the next; before the first key frame the first holds.

    Attributes:
        width, height: size of the clip in pixels.
        keyframes: clip frame → runs.
    """

    width: int
    height: int
    keyframes: Mapping[int, Runs] = field(default_factory=dict)

    def at(self, frame: int) -> Mask:
        """The mask of a frame, bool (H, W); all False when nothing was painted at all."""
        key = self.key_of(frame)
        if key is None:
            return np.zeros((self.height, self.width), dtype=bool)
        return self.keyframes[key].mask(self.width, self.height)

    def key_of(self, frame: int) -> int | None:
        """The key frame whose mask stands on `frame`, or None when there is none at all."""
        if not self.keyframes:
            return None
        before = [key for key in self.keyframes if key <= frame]
        return max(before) if before else min(self.keyframes)

    def painted(self, frame: int, mask: Mask) -> MaskTrack:
        """This track with `mask` as the key frame at `frame`.

        Raises:
            ValueError: the mask's size is not the track's.
        """
        if mask.shape != (self.height, self.width):
            raise ValueError(f"a mask of {mask.shape} on a {self.width}x{self.height} clip")
        return MaskTrack(self.width, self.height, {**self.keyframes, frame: Runs.of(mask)})

    def without(self, frame: int) -> MaskTrack:
        """This track without the key frame at `frame`."""
        rest = {key: runs for key, runs in self.keyframes.items() if key != frame}
        return MaskTrack(self.width, self.height, rest)

    @property
    def empty(self) -> bool:
        """True when no frame has a painted pixel."""
        return all(len(runs.lengths) < 2 for runs in self.keyframes.values())

    def to_json(self) -> dict[str, Any]:
        keyframes = {str(frame): runs.lengths for frame, runs in self.keyframes.items()}
        return {"width": self.width, "height": self.height, "keyframes": keyframes}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> MaskTrack:
        keyframes = {
            int(frame): Runs(tuple(lengths)) for frame, lengths in data["keyframes"].items()
        }
        return cls(data["width"], data["height"], keyframes)
