"""Painted masks over time."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from core.masks import MaskTrack, Runs

MASKS = st_numpy.arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9)))
KEYFRAMES = st.dictionaries(st.integers(0, 20), st_numpy.arrays(bool, (3, 4)), max_size=4)


def track(keyframes: dict[int, np.ndarray]) -> MaskTrack:
    painted = MaskTrack(4, 3)
    for frame, mask in keyframes.items():
        painted = painted.painted(frame, mask)
    return painted


@given(MASKS)
def test_runs_give_the_mask_back(mask: np.ndarray) -> None:
    assert np.array_equal(Runs.of(mask).mask(mask.shape[1], mask.shape[0]), mask)


def test_runs_of_another_size_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fill 3x2"):
        Runs((5,)).mask(3, 2)


@given(KEYFRAMES)
def test_track_survives_json(keyframes: dict[int, np.ndarray]) -> None:
    painted = track(keyframes)

    assert MaskTrack.from_json(json.loads(json.dumps(painted.to_json()))) == painted


@given(KEYFRAMES, st.integers(0, 25))
def test_mask_holds_from_its_key_frame_to_the_next(
    keyframes: dict[int, np.ndarray], frame: int
) -> None:
    earlier = [key for key in sorted(keyframes) if key <= frame] or sorted(keyframes)[:1]
    expected = keyframes[earlier[-1]] if earlier else np.zeros((3, 4), bool)

    assert np.array_equal(track(keyframes).at(frame), expected)


@given(KEYFRAMES)
def test_track_is_empty_when_no_pixel_is_painted(keyframes: dict[int, np.ndarray]) -> None:
    assert track(keyframes).empty == (not any(mask.any() for mask in keyframes.values()))


def test_painting_leaves_the_old_track_as_it_was() -> None:
    before = MaskTrack(4, 3)

    after = before.painted(2, np.ones((3, 4), bool))

    assert before.empty
    assert not after.empty
    assert after.without(2) == before
