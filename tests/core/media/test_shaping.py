"""Sizes and rates of exports."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.media.shaping import AS_IT_IS, FITS, RATES, SIZES, ShapeOptions
from tests.core.media.made import moving_square

HD, TALL = (1920, 1080), (1080, 1920)


@pytest.mark.parametrize(
    ("options", "size", "wanted"),
    [
        (ShapeOptions(), HD, HD),
        (ShapeOptions(size="half"), (101, 51), (50, 26)),
        (ShapeOptions(size="720p"), HD, (1280, 720)),
        (ShapeOptions(size="720p"), TALL, (720, 1280)),
        (ShapeOptions(size="1080p"), (640, 360), HD),
        (ShapeOptions(size="480p", multiple=16), HD, (848, 480)),
        (ShapeOptions(size="custom", width=1000, height=1000), HD, (1000, 562)),
        (ShapeOptions(size="custom", width=1000, height=1000, fit="crop"), HD, (1000, 1000)),
        (ShapeOptions(multiple=2), (63, 47), (62, 46)),
        (ShapeOptions(size="quarter"), (3, 3), (2, 2)),
    ],
)
def test_size(options: ShapeOptions, size: tuple[int, int], wanted: tuple[int, int]) -> None:
    assert options.sized(size) == wanted


def one(frame: np.ndarray, options: ShapeOptions) -> np.ndarray:
    return next(options.shaped([frame], 1, Fraction(25)))


def test_bars_are_black_and_the_picture_is_whole() -> None:
    frame = np.full((20, 40, 3), 200, np.uint8)

    boxed = one(frame, ShapeOptions(size="custom", width=40, height=40, fit="black bars"))

    assert boxed.shape == (40, 40, 3)
    assert (boxed[:10] == 0).all()
    assert (boxed[30:] == 0).all()
    assert (boxed[10:30] == 200).all()


def test_crop_keeps_the_middle() -> None:
    frame = np.repeat(np.arange(40, dtype=np.uint8)[None, :, None], 20, 0).repeat(3, 2)

    cropped = one(frame, ShapeOptions(size="custom", width=20, height=20, fit="crop"))

    assert np.array_equal(cropped, frame[:, 10:30])


def test_as_it_is_gives_the_same_frames_back() -> None:
    frames = moving_square(4)

    shaped = list(ShapeOptions().shaped(frames, 4, Fraction(25)))

    assert all(a is b or np.shares_memory(a, b) for a, b in zip(shaped, frames, strict=True))


@pytest.mark.parametrize("rate", RATES[1:])
def test_rate_keeps_the_length_in_time(rate: str) -> None:
    options = ShapeOptions(rate=rate)
    source = Fraction(30000, 1001)

    numbers = [int(f[0, 0, 0]) for f in options.shaped(numbered(100), 100, source)]

    assert len(numbers) == options.counted(100, source)
    assert abs(len(numbers) / options.paced(source) - 100 / source) <= 1 / options.paced(source)
    for place, number in enumerate(numbers):
        assert number == min(int(place / options.paced(source) * source), 99)


def numbered(count: int) -> np.ndarray:
    return np.broadcast_to(np.arange(count, dtype=np.uint8)[:, None, None, None], (count, 2, 2, 3))


def test_ntsc_rates_are_exact() -> None:
    assert ShapeOptions(rate="29.97").paced(Fraction(25)) == Fraction(30000, 1001)
    assert ShapeOptions(rate=AS_IT_IS).paced(Fraction(7, 3)) == Fraction(7, 3)


@settings(max_examples=60, deadline=None)
@given(
    size=st.sampled_from(SIZES[:1] + SIZES[1:3] + SIZES[-2:]),
    fit=st.sampled_from(FITS),
    width=st.integers(16, 90),
    height=st.integers(16, 90),
    multiple=st.sampled_from((1, 2, 16)),
    channels=st.sampled_from((3, 4)),
    picture=st.tuples(st.integers(16, 70), st.integers(16, 70)),
)
def test_frames_have_the_size_that_was_announced(
    size: str,
    fit: str,
    width: int,
    height: int,
    multiple: int,
    channels: int,
    picture: tuple[int, int],
) -> None:
    options = ShapeOptions(size, width, height, fit, AS_IT_IS, multiple)
    frame = np.full((picture[1], picture[0], channels), 90, np.uint8)

    shaped = one(frame, options)

    assert (shaped.shape[1], shaped.shape[0]) == options.sized(picture)
    assert shaped.shape[2] == channels
    assert shaped.dtype == np.uint8
    assert all(side % multiple == 0 for side in shaped.shape[:2])
