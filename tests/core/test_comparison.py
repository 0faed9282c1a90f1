"""Before and after in one picture."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from core.comparison import (
    GAP_PX,
    difference,
    labelled,
    lapse_frames,
    side_by_side,
    signed_difference,
    sweep,
    wiped,
)

DARK = np.full((120, 200, 3), 40, np.uint8)
LIGHT = np.full((120, 200, 3), 200, np.uint8)


def test_pictures_stand_beside_or_below_each_other() -> None:
    beside = side_by_side([DARK, LIGHT, DARK])
    below = side_by_side([DARK, LIGHT], below=True)

    assert beside.shape == (120, 3 * 200 + 2 * GAP_PX, 3)
    assert np.array_equal(beside[:, :200], DARK)
    assert np.array_equal(beside[:, 200 + GAP_PX : 400 + GAP_PX], LIGHT)
    assert below.shape == (240 + GAP_PX, 200, 3)
    assert np.array_equal(below[120 + GAP_PX :], LIGHT)


def test_labels_are_read_and_do_not_touch_the_rest() -> None:
    shown = side_by_side([DARK, LIGHT], ("Original", "Result"))

    left, right = shown[:, :200], shown[:, 200 + GAP_PX :]
    assert (left[:90] == 40).all()
    assert (right[:90] == 200).all()
    assert left[90:].max() > 200
    assert right[90:].min() < 100
    assert (DARK == 40).all()


def test_no_label_where_there_is_no_room() -> None:
    small = np.zeros((16, 16, 3), np.uint8)

    assert labelled(small, "Original") is small


def test_wipe_shows_each_on_its_side() -> None:
    shown = wiped(DARK, LIGHT, 0.25)

    assert (shown[:, :48] == 40).all()
    assert (shown[:, 53:] == 200).all()
    assert (shown[:, 50] == 255).all()


def test_signed_difference_is_grey_where_nothing_differs_and_tells_brighter_from_darker() -> None:
    before = np.array([[[50, 50, 50], [50, 50, 50], [50, 50, 50], [0, 255, 9]]], np.uint8)
    after = np.array([[[50, 60, 40], [53, 50, 50], [50, 50, 20], [255, 0, 9]]], np.uint8)

    shown = signed_difference(before, after, 4)

    assert shown.tolist() == [[[128, 168, 88], [140, 128, 128], [128, 128, 8], [255, 0, 128]]]


def test_labels_of_a_wipe_are_in_both_corners() -> None:
    shown = wiped(DARK, LIGHT, 0.5, ("Original", "Result"))

    assert shown[90:, :70].max() > 200
    assert shown[90:, 130:].min() < 100


@given(st.floats(0, 100), st.floats(0.5, 60))
def test_sweep_stays_within_the_picture(seconds: float, whole: float) -> None:
    assert 0 <= sweep(seconds, whole) <= 1
    assert abs(sweep(seconds, whole) - sweep(seconds + whole, whole)) < 1e-6
    assert sweep(0, whole) == 0
    assert abs(sweep(whole / 2, whole) - 1) < 1e-9


def test_difference_is_amplified_and_black_where_there_is_none() -> None:
    near = DARK.copy()
    near[10, 10] = (45, 30, 40)

    shown = difference(DARK, near, 4)

    assert shown[10, 10].tolist() == [20, 40, 0]
    assert shown.sum() == 60
    assert difference(DARK, LIGHT, 32).max() == 255


@settings(max_examples=40)
@given(
    st.integers(1, 40),
    st.floats(0.04, 3),
    st.sampled_from((Fraction(25), Fraction(30000, 1001), Fraction(5))),
)
def test_every_step_is_seen_about_as_long_as_was_asked(
    steps: int, seconds: float, rate: Fraction
) -> None:
    shown = [lapse_frames(step, seconds, rate) for step in range(steps)]

    assert all(len(frames) >= 1 for frames in shown)
    assert all(a.stop == b.start for a, b in pairwise(shown))
    assert all(abs(len(frames) - max(seconds * rate, 1)) <= 1 for frames in shown)
