"""Moving shapes and moving digits, drawn on the fly: small footage with classes, for quick tests.

Things move straight, at a constant speed, and bounce off the borders, as the digits of Moving MNIST
do (Srivastava et al. 2015, section 3.1). Equal generators give equal clips.
"""

from __future__ import annotations

from itertools import combinations_with_replacement

import cv2
import numpy as np
from numpy.typing import NDArray

from core.clip import Frames

SHAPES = ("circle", "square", "star", "triangle")
"""Classes of moving shapes."""
CORNERS = {"square": (4, 1.0), "triangle": (3, 1.0), "star": (10, 0.45)}
"""Corners of a shape, and how far inside every second one lies."""
COLOURS = (
    (230, 60, 50),
    (60, 180, 75),
    (60, 110, 230),
    (250, 210, 50),
    (170, 70, 200),
    (70, 210, 220),
    (245, 140, 40),
    (240, 240, 240),
)
SPEEDS = 0.02, 0.07
"""Slowest and fastest, in sides of the picture per frame."""
SUBPIXEL = 4
"""Bits of a drawn position behind the point."""
FONTS = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_TRIPLEX,
)
DIGIT = 0.44
"""Side of a digit's square as a share of the picture's, as 28 of 64 pixels."""


def moving_shapes(rng: np.random.Generator, frames: int, size: int) -> tuple[Frames, int]:
    """One to three shapes of one kind, in colours, on a plain or textured background.

    Returns:
        uint8 (frames, size, size, 3), and the index of the kind in `SHAPES`.
    """
    label = int(rng.integers(len(SHAPES)))
    clip = np.repeat(_background(rng, size)[None], frames, 0)
    for colour in rng.permutation(COLOURS)[: int(rng.integers(1, 4))]:
        radius = rng.uniform(0.12, 0.22) * size
        paths = _bouncing(rng, frames, size - 2 * radius, size) + radius
        angles = rng.uniform(0, 2 * np.pi) + rng.uniform(-0.15, 0.15) * np.arange(frames)
        for picture, middle, angle in zip(clip, paths, angles, strict=True):
            _draw(picture, SHAPES[label], middle, radius, angle, colour.tolist())
    return clip, label


def moving_digits(
    rng: np.random.Generator, frames: int, size: int, digits: int = 2, coloured: bool = False
) -> tuple[Frames, int]:
    """Digits on black, white or `coloured`; where two meet, the lighter wins.

    Returns:
        uint8 (frames, size, size, 3), and the index of its digits in `digit_classes(digits)`.
    """
    side = round(DIGIT * size)
    clip = np.zeros((frames, size, size, 3), np.uint8)
    names = rng.choice(list("0123456789"), digits)
    for name in names:
        colour = np.array(COLOURS[int(rng.integers(len(COLOURS)))] if coloured else (255,) * 3)
        glyph = (_glyph(rng, str(name), side)[..., None] / 255 * colour).astype(np.uint8)
        for picture, (x, y) in zip(clip, _bouncing(rng, frames, size - side, size), strict=True):
            moved = cv2.warpAffine(glyph, np.array([[1, 0, x], [0, 1, y]]), (size, size))
            np.maximum(picture, moved, out=picture)
    return clip, digit_classes(digits).index("".join(sorted(names)))


def digit_classes(digits: int) -> tuple[str, ...]:
    """Which digits are in a clip, in rising order: "0" to "9" for one, "00" to "99" for two."""
    return tuple("".join(each) for each in combinations_with_replacement("0123456789", digits))


def _bouncing(rng: np.random.Generator, frames: int, room: float, size: int) -> NDArray[np.float64]:
    """Ways (frames, 2) within 0..room, in pixels."""
    start = rng.uniform(0, room, 2)
    direction, speed = rng.uniform(0, 2 * np.pi), rng.uniform(*SPEEDS) * size
    step = speed * np.array([np.cos(direction), np.sin(direction)])
    unfolded = start + step * np.arange(frames)[:, None]
    return room - np.abs(np.mod(unfolded, 2 * room) - room)


def _background(rng: np.random.Generator, size: int) -> Frames:
    """(size, size, 3), darker than the shapes: one colour, or a coarse pattern of noise."""
    cells = int(rng.choice([1, 4, 8, 16]))
    coarse = rng.integers(10, 110, (cells, cells, 3), np.uint8)
    how = cv2.INTER_CUBIC if rng.random() < 0.5 else cv2.INTER_NEAREST
    return np.asarray(cv2.resize(coarse, (size, size), interpolation=how), np.uint8)


def _draw(
    picture: Frames,
    shape: str,
    middle: NDArray[np.float64],
    radius: float,
    angle: float,
    colour: list[int],
) -> None:
    scale = 2**SUBPIXEL
    if shape == "circle":
        x, y = np.rint(middle * scale).astype(int).tolist()
        cv2.circle(picture, (x, y), round(radius * scale), colour, -1, cv2.LINE_AA, SUBPIXEL)
        return
    corners, inside = CORNERS[shape]
    angles = angle + 2 * np.pi * np.arange(corners) / corners
    lengths = radius * np.where(np.arange(corners) % 2, inside, 1.0)
    points = middle + lengths[:, None] * np.stack([np.cos(angles), np.sin(angles)], 1)
    cv2.fillPoly(picture, [np.rint(points * scale).astype(np.int32)], colour, cv2.LINE_AA, SUBPIXEL)


def _glyph(rng: np.random.Generator, name: str, side: int) -> NDArray[np.uint8]:
    """A digit (side, side) of its own hand: font, weight, slant, width."""
    large = 64
    canvas = np.zeros((large, large), np.uint8)
    font, weight = FONTS[int(rng.integers(len(FONTS)))], int(rng.integers(3, 7))
    (width, height), _ = cv2.getTextSize(name, font, 2.0, weight)
    corner = ((large - width) // 2, (large + height) // 2)
    cv2.putText(canvas, name, corner, font, 2.0, (255,), weight, cv2.LINE_AA)
    turn = cv2.getRotationMatrix2D(
        (large / 2, large / 2), rng.uniform(-15, 15), rng.uniform(0.9, 1.15)
    )
    turned = cv2.warpAffine(canvas, turn, (large, large))
    return np.asarray(cv2.resize(turned, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
