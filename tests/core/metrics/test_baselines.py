"""Baselines fill what is unknown, keep what is known, and never look at hidden pixels."""

from __future__ import annotations

import numpy as np
import pytest

from core.metrics.baselines import BASELINES, previous_frame


@pytest.fixture
def known() -> np.ndarray:
    known = np.ones((4, 16, 16), bool)
    known[1:3, 5:11, 5:11] = False
    return known


@pytest.mark.parametrize("name", BASELINES)
def test_hidden_pixels_do_not_matter(name: str, known: np.ndarray) -> None:
    frames = np.random.default_rng(0).integers(0, 256, (4, 16, 16, 3), np.uint8)
    other = np.where(known[..., None], frames, 0).astype(np.uint8)

    filled = BASELINES[name](frames, known)

    assert np.array_equal(filled, BASELINES[name](other, known))
    assert np.array_equal(filled[known], frames[known])


def test_the_previous_frame_is_copied(known: np.ndarray) -> None:
    frames = np.arange(4, dtype=np.uint8)[:, None, None, None] * np.ones((16, 16, 3), np.uint8)

    filled = previous_frame(frames, known)

    assert (filled[2, 5:11, 5:11] == 0).all()  # frame 1 is as unknown there; frame 0 is not
    assert (filled[2, :5] == 2).all()


def test_without_a_frame_before_the_next_one_is_copied(known: np.ndarray) -> None:
    frames = np.arange(4, dtype=np.uint8)[:, None, None, None] * np.ones((16, 16, 3), np.uint8)
    known[0] = False

    assert (previous_frame(frames, known)[0, 6, 6] == 3).all()
