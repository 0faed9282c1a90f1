"""The working window: fitted, and mapped to the model and back."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.margins import Margins
from core.masks import MaskTrack
from core.window import Window, beginning, bounds, fitted, whole

SIZES = st.tuples(st.integers(16, 400), st.integers(16, 400))
GRIDS = st.sampled_from([(16, 128, 128), (4, 16, 16), (8, 64, 96), (16, 128, 32)])


@st.composite
def paintings(draw: st.DrawFn) -> tuple[tuple[int, int], MaskTrack]:
    """A clip's size and a box painted on one frame of it."""
    width, height = draw(SIZES)
    left, top = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    right, bottom = draw(st.integers(left, width - 1)), draw(st.integers(top, height - 1))
    mask = np.zeros((height, width), bool)
    mask[top : bottom + 1, left : right + 1] = True
    return (width, height), MaskTrack(width, height).painted(draw(st.integers(0, 30)), mask)


@st.composite
def windows(draw: st.DrawFn) -> tuple[tuple[int, int], Window]:
    """A clip's size and any window inside it, of any aspect."""
    width, height = draw(SIZES)
    left, top = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    wide, tall = draw(st.integers(1, width - left)), draw(st.integers(1, height - top))
    model = draw(st.integers(4, 40)), draw(st.integers(4, 40))
    return (width, height), Window(left, top, wide, tall, 0, 4, *model)


@given(st.integers(0, 30), st.integers(1, 60), st.integers(1, 40), st.integers(0, 39))
def test_a_result_begins_so_that_the_frame_is_shown_inside_the_clip(
    wanted: int, length: int, frames: int, at: int
) -> None:
    frame = min(at, frames - 1)

    first = beginning(wanted, frame, length, frames)

    assert 0 <= first <= max(0, frames - length)
    assert frame in range(first, first + length)
    if frame - wanted in range(length) and first < frames - length:
        assert first == wanted


@given(paintings(), GRIDS, st.integers(0, 40), st.integers(1, 40))
def test_fitted_window_lies_inside_the_picture_and_contains_the_painting(
    painting: tuple[tuple[int, int], MaskTrack],
    grid: tuple[int, int, int],
    first: int,
    length: int,
) -> None:
    size, painted = painting
    box = bounds(painted)
    assert box is not None
    left, top, right, bottom = box

    window = fitted(size, grid, painted, range(first, first + length))

    assert window.fits(size)
    assert (window.first, window.grid) == (first, grid)
    assert window.left <= left < right <= window.left + window.width
    assert window.top <= top < bottom <= window.top + window.height


@given(paintings(), GRIDS)
def test_fitted_window_has_the_aspect_of_the_model_where_that_allows(
    painting: tuple[tuple[int, int], MaskTrack], grid: tuple[int, int, int]
) -> None:
    size, painted = painting
    largest = whole(size, grid)
    box = bounds(painted)
    assert box is not None

    window = fitted(size, grid, painted, range(16))

    if box[2] - box[0] < largest.width and box[3] - box[1] < largest.height:
        assert abs(window.height * grid[2] - window.width * grid[1]) <= max(grid[1:])


def test_fitted_window_is_around_all_masks_of_its_frames() -> None:
    masks = np.zeros((2, 100, 200), bool)
    masks[0, 40:50, 40:50] = masks[1, 40:50, 150:160] = True
    painted = MaskTrack(200, 100).painted(0, masks[0]).painted(20, masks[1])
    grid = (4, 16, 32)

    alone = fitted((200, 100), grid, painted, range(4))
    both = fitted((200, 100), grid, painted, range(24))

    assert alone.left + alone.width < 150
    assert both.left <= 40
    assert both.left + both.width >= 160


def test_what_is_too_wide_for_the_models_aspect_is_squeezed() -> None:
    painted = MaskTrack(640, 480).on_canvas(Margins(left=107, right=107))

    window = fitted((854, 480), (4, 16, 16), painted, range(4))

    assert (window.left, window.top, window.width, window.height) == (0, 0, 854, 480)
    assert round(window.squeeze, 2) == 0.56
    aside = fitted(
        (854, 480), (4, 16, 16), MaskTrack(640, 480).on_canvas(Margins(right=214)), range(4)
    )
    assert (aside.left, aside.width, aside.height) == (374, 480, 480)


@given(SIZES, GRIDS)
def test_whole_window_touches_two_opposite_edges(
    size: tuple[int, int], grid: tuple[int, int, int]
) -> None:
    window = whole(size, grid)

    assert window.fits(size)
    assert window.width == size[0] or window.height == size[1]


@given(windows(), st.randoms(use_true_random=False))
def test_model_pixel_that_holds_a_painted_pixel_is_masked(
    placed: tuple[tuple[int, int], Window], random: object
) -> None:
    (width, height), window = placed
    mask = np.zeros((height, width), bool)
    x = random.randrange(window.left, window.left + window.width)  # type: ignore[attr-defined]
    y = random.randrange(window.top, window.top + window.height)  # type: ignore[attr-defined]
    mask[y, x] = True

    masked = window.mask_to_model(mask)

    row = int((y - window.top + 0.5) * window.model_height / window.height)
    column = int((x - window.left + 0.5) * window.model_width / window.width)
    assert masked.shape == (window.model_height, window.model_width)
    assert masked[row, column]


@given(windows(), st.integers(0, 255))
def test_plain_picture_stays_plain_both_ways(
    placed: tuple[tuple[int, int], Window], level: int
) -> None:
    (width, height), window = placed
    frame = np.full((height, width, 3), level, np.uint8)

    there = window.to_model(frame)
    back = window.from_model(there)

    assert there.shape == (window.model_height, window.model_width, 3)
    assert back.shape == (window.height, window.width, 3)
    assert (there == level).all()
    assert (back == level).all()


@given(st.integers(0, 20), st.integers(1, 4), st.integers(1, 60))
def test_each_frame_of_the_range_belongs_to_the_model_frame_sampled_before_it(
    first: int, stride: int, length: int
) -> None:
    window = Window(0, 0, 16, 16, first, 8, 16, 16, stride)

    sampled = window.sampled(length)

    assert len(sampled) == 8
    assert max(sampled) < length
    for frame in window.range:
        number = window.model_frame(frame)
        assert number is not None
        assert sampled[number] == min(frame - (frame - first) % stride, length - 1)
    assert window.model_frame(window.range.stop) is None
