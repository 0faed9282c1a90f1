"""What a person decides of the tokens of a clip: to be decided again, to be kept, or to be another.

Knows neither a decoder nor a widget: the window draws such marks, a decode begins with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FREE, AGAIN, KEPT = -1, -2, -3
"""Marks of a token: none; to be decided again; to be kept as it is. A mark of 0 or more is the
token that was chosen in its place, which is kept too."""

Place = tuple[int, int, int]
Places = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class TokenEdits:
    """Marks on the tokens of one clip. A token has one of them at most.

    Attributes:
        marks: int32 (t, h, w); never changed in place.
    """

    marks: NDArray[np.int32]

    @classmethod
    def none(cls, grid: Place) -> TokenEdits:
        """Nothing is marked in a token grid (t, h, w)."""
        return cls(np.full(grid, FREE, np.int32))

    @property
    def again(self) -> Places:
        """Tokens to be decided again."""
        return np.asarray(self.marks == AGAIN)

    @property
    def pinned(self) -> Places:
        """Tokens that are kept, whether as they are or as they were chosen."""
        return np.asarray((self.marks == KEPT) | self.chosen)

    @property
    def chosen(self) -> Places:
        """Tokens that were chosen: `marks` says which."""
        return np.asarray(self.marks >= 0)

    @property
    def empty(self) -> bool:
        return not (self.marks != FREE).any()

    @property
    def grid(self) -> Place:
        t, h, w = self.marks.shape
        return t, h, w

    def marked(self, places: Places, mark: int) -> TokenEdits:
        """The same with another mark at all `places`, bool (t, h, w)."""
        return TokenEdits(np.where(places, np.int32(mark), self.marks))

    def settled(self) -> TokenEdits:
        """What still counts when a decode has begun with them: all that is kept, as it is now."""
        return TokenEdits(np.where(self.pinned, np.int32(KEPT), np.int32(FREE)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TokenEdits) and np.array_equal(self.marks, other.marks)

    def __hash__(self) -> int:
        return hash(self.marks.tobytes())

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values: numbers of the marked tokens in raster order."""
        chosen = np.flatnonzero(self.chosen)
        return {
            "grid": list(self.grid),
            "again": np.flatnonzero(self.again).tolist(),
            "kept": np.flatnonzero(self.marks == KEPT).tolist(),
            "chosen": [[int(place), int(self.marks.flat[place])] for place in chosen],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> TokenEdits:
        """The edits of `to_json`.

        Raises:
            ValueError, KeyError, TypeError: it is something else.
        """
        t, h, w = data["grid"]
        marks = np.full(t * h * w, FREE, np.int32)
        chosen = np.array(data["chosen"], np.int64).reshape(-1, 2)
        places = np.concatenate([np.array(data["again"]), np.array(data["kept"]), chosen[:, 0]])
        if len(places) and not (0 <= places.min() <= places.max() < len(marks)):
            raise ValueError("a mark lies outside of the token grid")
        if (chosen[:, 1] < 0).any():
            raise ValueError("a chosen token is no code")
        marks[np.array(data["again"], np.int64)] = AGAIN
        marks[np.array(data["kept"], np.int64)] = KEPT
        marks[chosen[:, 0]] = chosen[:, 1]
        return cls(marks.reshape(t, h, w))
