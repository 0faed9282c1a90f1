"""Windows of a result that is longer than the model's clips."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.jobs.windows import (
    Overlaps,
    Windows,
    cross_faded,
    faded_in,
    least_overlap,
    overlaps,
    window_seeds,
)


@st.composite
def windows(draw: st.DrawFn) -> Windows:
    frames = draw(st.integers(2, 32))
    overlap = draw(st.integers(1, frames - 1))
    return Windows(frames, overlap, draw(st.integers(frames, 300)), faded=draw(st.booleans()))


@given(windows())
def test_fresh_frames_of_all_windows_are_the_result_each_once(windows: Windows) -> None:
    brought = [
        windows.first(number) + frame
        for number in range(len(windows))
        for frame in range(windows.frames)[windows.fresh(number)]
    ]

    assert brought == list(range(windows.length))


@given(windows())
def test_each_window_begins_with_the_last_frames_of_the_one_before(windows: Windows) -> None:
    for number in range(1, len(windows)):
        end = windows.first(number - 1) + windows.frames
        assert end - windows.first(number) == windows.overlap


@given(windows())
def test_no_window_is_decoded_in_vain(windows: Windows) -> None:
    last = len(windows) - 1
    earlier = windows.first(last - 1) + windows.frames if last else 0

    assert earlier < windows.length <= windows.first(last) + windows.frames
    assert windows.fresh(last).start < windows.fresh(last).stop


@given(windows())
def test_what_fades_is_not_brought_before_the_window_that_it_fades_into(windows: Windows) -> None:
    faded = Windows(windows.frames, windows.overlap, windows.length, faded=True)
    for number in range(len(faded) - 1):
        assert faded.first(number) + faded.fresh(number).stop == faded.first(number + 1)


def test_result_as_long_as_the_model_is_one_window() -> None:
    assert len(Windows(16, 0, 16)) == 1
    assert len(Windows(16, 8, 17)) == 2


@pytest.mark.parametrize(
    ("frames", "stride", "context_frames", "expected"),
    [
        (16, 4, 0, Overlaps(4, 8, 12, 4)),
        (16, 4, 5, Overlaps(8, 8, 12, 4)),
        (16, 2, 1, Overlaps(2, 8, 14, 2)),
        (12, 4, 0, Overlaps(4, 4, 8, 4)),
        (16, 1, 9, Overlaps(9, 9, 15, 1)),
    ],
)
def test_causal_windows_overlap_by_whole_token_frames_that_hold_the_context(
    frames: int, stride: int, context_frames: int, expected: Overlaps
) -> None:
    assert overlaps(frames, stride, context_frames, causal=True) == expected
    assert least_overlap(stride, context_frames) == expected.least


def test_masked_windows_overlap_by_half_at_most() -> None:
    assert overlaps(16, 4, 0, causal=False) == Overlaps(4, 8, 8, 4)
    assert overlaps(12, 4, 0, causal=False) == Overlaps(4, 4, 4, 4)
    assert not overlaps(4, 4, 0, causal=False).possible


def test_a_wish_becomes_the_nearest_possible_overlap() -> None:
    able = Overlaps(4, 8, 12, 4)
    assert [able.nearest(wish) for wish in (0, 3, 5, 11, 40)] == [8, 8, 4, 8, 12]


def test_first_window_has_the_requests_seeds_and_each_further_one_its_own() -> None:
    seeds = [seed for number in range(20) for seed in window_seeds(range(5, 8), number)]

    assert seeds[:3] == [5, 6, 7]
    assert len(set(seeds)) == len(seeds)
    assert seeds[3:6] == list(window_seeds((5, 6, 7), 1))


def test_windows_that_fade_have_the_same_noise_and_others_their_own() -> None:
    faded, going_on = Windows(16, 8, 40, faded=True), Windows(16, 8, 40)

    assert [faded.seeds((5, 6), number) for number in range(3)] == [(5, 6)] * 3
    assert [going_on.seeds((5, 6), number) for number in range(3)] == [
        window_seeds((5, 6), number) for number in range(3)
    ]


def test_windows_fade_into_each_other() -> None:
    first, second = np.zeros((4, 1)), np.ones((4, 1))

    video = cross_faded([first, second, first], 2)

    assert video[:, 0].tolist() == [0, 0, 0, 0.5, 1, 0.5, 0, 0]


def test_pixels_fade_by_rounded_levels() -> None:
    before, window = np.full((2, 3), 10, np.uint8), np.full((4, 3), 15, np.uint8)

    faded = faded_in(before, window)

    assert faded.dtype == np.uint8
    assert faded[:, 0].tolist() == [10, 12, 15, 15]


@given(st.integers(1, 4), st.integers(0, 3), st.integers(1, 5))
def test_windows_of_one_video_fade_to_that_video(half: int, overlap: int, count: int) -> None:
    frames, overlap = 2 * half, min(overlap, half)
    step = frames - overlap
    video = np.random.default_rng(0).random((count * step + overlap, 2))
    windows = [video[n * step : n * step + frames] for n in range(count)]

    np.testing.assert_allclose(cross_faded(windows, overlap), video)


def test_three_windows_must_not_meet() -> None:
    with pytest.raises(ValueError, match="overlap by 3"):
        cross_faded([np.zeros(4), np.zeros(4)], 3)
