"""Masks as lengths of runs: what a mask takes in memory and in files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
"""bool (H, W): True = to be generated."""

Box = tuple[int, int, int, int]
"""(left, top, right, bottom) in pixels, right and bottom exclusive."""


@dataclass(frozen=True)
class Runs:
    """A mask as lengths of alternating runs in raster order, beginning with a run of False.

    Attributes:
        data: the lengths, uint32 little endian.
    """

    data: bytes

    @classmethod
    def of(cls, mask: Mask) -> Runs:
        flat = mask.ravel()
        edges = np.flatnonzero(flat[1:] != flat[:-1]) + 1
        first = [0, 0] if flat.size and flat[0] else [0]
        return cls.of_lengths(np.diff(np.concatenate([first, edges, [flat.size]])))

    @classmethod
    def of_lengths(cls, lengths: Iterable[int] | NDArray[np.integer[Any]]) -> Runs:
        given = lengths if isinstance(lengths, np.ndarray) else list(lengths)
        return cls(np.asarray(given, "<u4").tobytes())

    @property
    def lengths(self) -> NDArray[np.uint32]:
        return np.frombuffer(self.data, "<u4")

    @property
    def empty(self) -> bool:
        """True when no pixel is painted."""
        return not self.lengths[1::2].any()

    def mask(self, width: int, height: int) -> Mask:
        """The mask, bool (height, width).

        Raises:
            ValueError: the lengths do not add up to width · height.
        """
        lengths = self.lengths
        if int(lengths.sum(dtype=np.uint64)) != width * height:
            raise ValueError(f"runs of {lengths.sum()} pixels do not fill {width}x{height}")
        values = np.arange(len(lengths)) % 2 == 1
        return np.repeat(values, lengths).reshape(height, width)

    def placed(self, width: int, left: int, top: int, canvas: tuple[int, int]) -> Runs:
        """This mask of `width` columns on a canvas (width, height), with its first pixel at
        (left, top); what reaches beyond the canvas is cut off."""
        starts, stops = self._painted
        rows = starts // width
        count = (stops - 1) // width - rows + 1  # rows that a run reaches into
        nth = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        rows, first = np.repeat(rows, count) + nth, nth == 0
        last = nth == np.repeat(count, count) - 1
        begin = np.where(first, np.repeat(starts, count) % width, 0) + left
        end = np.where(last, (np.repeat(stops, count) - 1) % width + 1, width) + left
        begin, end, rows = begin.clip(0, canvas[0]), end.clip(0, canvas[0]), rows + top
        seen = (end > begin) & (rows >= 0) & (rows < canvas[1])
        flat = np.stack([begin, end])[:, seen] + rows[seen] * canvas[0]
        return _of_spans(flat[0], flat[1], canvas[0] * canvas[1])

    @property
    def _painted(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where painted runs begin and end."""
        ends = np.cumsum(self.lengths, dtype=np.int64)
        starts, stops = ends[:-1:2], ends[1::2]
        painted = stops > starts
        return starts[painted], stops[painted]

    def box(self, width: int) -> Box | None:
        """The smallest box around what is painted, or None."""
        starts, stops = self._painted
        stops = stops - 1
        if not len(starts):
            return None
        top, bottom = int(starts[0]) // width, int(stops[-1]) // width + 1
        if (starts // width != stops // width).any():  # a run over the end of a row
            return 0, top, width, bottom
        return int((starts % width).min()), top, int((stops % width).max()) + 1, bottom


def _of_spans(starts: NDArray[np.int64], stops: NDArray[np.int64], size: int) -> Runs:
    """Runs of `size` pixels, painted from each start to its stop; in order, none over another."""
    edges, times = np.unique(np.concatenate([starts, stops]), return_counts=True)
    edges = edges[times == 1]  # where one span ends and the next begins, nothing changes
    end = [] if len(edges) and edges[-1] == size else [size]
    return Runs.of_lengths(np.diff(np.concatenate([[0], edges, end])))
