"""Where the frames of a clip stand on a line: shared by everything that lies below each other."""

from __future__ import annotations

from dataclasses import dataclass

SIDE = 10
"""Room at both ends in view points, so that the playhead's top fits."""


@dataclass(frozen=True)
class FrameAxis:
    """Attributes:
    width: of the widget in view points. length: number of frames.
    """

    width: int
    length: int

    def x_of(self, frame: float) -> float:
        """Where a frame begins."""
        return SIDE + (self.width - 2 * SIDE) * frame / max(1, self.length)

    def middle(self, frame: int) -> float:
        return self.x_of(frame + 0.5)

    def frame_at(self, x: float) -> int:
        """The frame at a place; the nearest one beyond the ends."""
        return min(max(int(self._share(x) * self.length), 0), max(0, self.length - 1))

    def edge_at(self, x: float) -> int:
        """The border between two frames that is nearest to a place."""
        return min(max(round(self._share(x) * self.length), 0), self.length)

    def _share(self, x: float) -> float:
        return (x - SIDE) / max(1, self.width - 2 * SIDE)
