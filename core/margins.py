"""The canvas around a clip's pictures: how far it reaches beyond them on each side.

What lies beyond is generated. Until it is, the pictures' border pixels are repeated there.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from core.errors import UserError

ASPECTS: dict[str, Fraction] = {
    "16:9": Fraction(16, 9),
    "4:3": Fraction(4, 3),
    "1:1": Fraction(1),
    "9:16": Fraction(9, 16),
    "2.39:1": Fraction(239, 100),
    "21:9": Fraction(64, 27),
}
"""Shapes that a canvas is made in, by what people call them; 21:9 is 64:27, as it is sold."""

MOST = 3
"""A canvas is at most so many times as wide and as high as the pictures on it."""


@dataclass(frozen=True)
class Margins:
    """Pixels of the canvas beyond the pictures on each side.

    Raises:
        ValueError: one of them is below 0, or no whole number.
    """

    left: int = 0
    top: int = 0
    right: int = 0
    bottom: int = 0

    def __post_init__(self) -> None:
        sides = (self.left, self.top, self.right, self.bottom)
        if not all(isinstance(side, int) and side >= 0 for side in sides):
            raise ValueError(f"margins are whole pixels, 0 or more, not {self}")

    def __bool__(self) -> bool:
        """Whether the canvas is larger than the pictures."""
        return any((self.left, self.top, self.right, self.bottom))

    def canvas(self, size: tuple[int, int]) -> tuple[int, int]:
        """Width and height of the canvas around pictures of `size`."""
        return size[0] + self.left + self.right, size[1] + self.top + self.bottom

    def pictures(self, canvas: tuple[int, int]) -> tuple[int, int]:
        """Width and height of the pictures on a canvas of that size."""
        return canvas[0] - self.left - self.right, canvas[1] - self.top - self.bottom

    def beyond(self, canvas: tuple[int, int]) -> NDArray[np.bool_]:
        """Bool (H, W) of a canvas of that size (width, height): True beyond the pictures."""
        width, height = canvas
        mask = np.ones((height, width), np.bool_)
        mask[self.top : height - self.bottom, self.left : width - self.right] = False
        return mask

    def around(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """A picture, uint8 (h, w, 3), on its canvas (H, W, 3); its border is repeated outwards."""
        sides = self.top, self.bottom, self.left, self.right
        return np.asarray(cv2.copyMakeBorder(picture, *sides, cv2.BORDER_REPLICATE), np.uint8)

    def inside(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The part of a canvas, uint8 (H, W, 3), that the clip's picture takes; a view."""
        height, width = picture.shape[:2]
        return picture[self.top : height - self.bottom, self.left : width - self.right]

    def check(self, size: tuple[int, int]) -> None:
        """
        Raises:
            UserError: the canvas is too large for pictures of `size`.
        """
        width, height = self.canvas(size)
        if width > MOST * size[0] or height > MOST * size[1]:
            raise UserError(
                f"A canvas of {width}x{height} is too large for pictures of {size[0]}x{size[1]}: "
                f"it may be {MOST} times as wide and as high. Extend it less."
            )


NONE = Margins()
"""The canvas is as large as the pictures."""


def in_aspect(size: tuple[int, int], aspect: Fraction) -> Margins:
    """The smallest margins, alike on both sides, that make a canvas of that aspect.

    The side that grows gets an even length, as codecs want it.

    Args:
        size: width and height of the pictures.
        aspect: width over height.
    """
    width, height = size
    if width < height * aspect:
        more = max(0, _even(height * aspect) - width)
        return Margins(left=more // 2, right=more - more // 2)
    more = max(0, _even(width / aspect) - height)
    return Margins(top=more // 2, bottom=more - more // 2)


def aspect_of(size: tuple[int, int]) -> str:
    """The name in `ASPECTS` of a size (width, height), to the nearest even pixel, or ""."""
    width, height = size
    for name, aspect in ASPECTS.items():
        if abs(width - height * aspect) <= 1 or abs(height - width / aspect) <= 1:
            return name
    return ""


def _even(length: Fraction) -> int:
    """The nearest even number."""
    return 2 * round(length / 2)
