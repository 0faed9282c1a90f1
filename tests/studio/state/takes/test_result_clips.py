"""Frames of a result that is still growing, and how they stand in the clip."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.requests import GenerationRequest
from core.window import Window
from studio.state.takes.result_clips import ResultClips, composited, composited_window, enlarged

STRIDE, T, SIDE = 2, 8, 16
GRID = (4, 4, 4)
WINDOW = Window(left=8, top=4, width=32, height=32, first=3, frames=T, model_height=SIDE,
                model_width=SIDE)  # fmt: skip
REQUEST = GenerationRequest(
    bundle="", task="continue", clip="clip.mkv", window=WINDOW, kept=2, length=20, overlap=4
)


def clips(decided: int | None, first: int = 0, settled: int = 0) -> ResultClips:
    """Frame n has the grey 100 + n; `decided` tokens of the live window are, or all."""
    greys = np.broadcast_to(np.arange(40)[:, None, None, None] + 100, (40, SIDE, SIDE, 3))
    greys = greys.astype(np.uint8)
    masked = None if decided is None else np.arange(64).reshape(1, *GRID) >= decided
    return ResultClips(
        greys[None, first : first + T], first, greys[:settled, None] if settled else None, masked,
        STRIDE,
    )  # fmt: skip


@pytest.mark.parametrize(("tokens", "frames"), [(0, 0), (15, 0), (16, 2), (40, 4), (64, 8)])
def test_frames_count_as_decided_when_all_their_tokens_are(tokens: int, frames: int) -> None:
    assert clips(tokens).decided == frames


def test_settled_frames_come_first_and_are_decided() -> None:
    long = clips(0, first=4, settled=8)

    assert long.decided == 8
    assert [int(long.frame(n, 0)[0, 0, 0]) for n in (0, 7, 8, 11)] == [100, 107, 108, 111]
    assert long.frame(12, 0) is None
    assert long.undecided(7, 0) is None
    assert long.undecided(12, 0).all()


def test_of_a_frame_under_way_the_open_tokens_are_known() -> None:
    open_ones = clips(21).undecided(2, 0)

    assert open_ones.tolist() == [[False] * 4, [False, True, True, True], [True] * 4, [True] * 4]


@given(decided=st.integers(0, 64), frame=st.integers(0, 30))
def test_what_is_not_decided_stays_as_it_was(decided: int, frame: int) -> None:
    original = np.full((48, 64, 3), 7, np.uint8)
    seen = composited(original, frame, REQUEST, clips(decided), 0)

    number = frame - WINDOW.first
    changed = (seen != original).any(axis=-1)
    if not 2 <= number < T:  # kept, before the window, or not begun
        assert not changed.any()
        return
    tokens = np.arange(64).reshape(GRID)[number // STRIDE] < decided
    inside = changed[WINDOW.rows, WINDOW.columns]
    assert np.array_equal(inside, enlarged(tokens, 32, 32))
    assert changed.sum() == inside.sum()


@pytest.mark.parametrize(("decided", "seen"), [(0, 7), (64, 106)])
def test_small_window_shows_what_is_decided_of_it(decided: int, seen: int) -> None:
    original = np.full((48, 64, 3), 7, np.uint8)

    small = composited_window(original, WINDOW.first + 6, REQUEST, clips(decided), 0)

    assert small.shape == (SIDE, SIDE, 3)
    assert (small == seen).all()


def test_tokens_stand_for_their_share_of_the_pixels() -> None:
    tokens = np.array([[True, False], [False, True]])

    assert enlarged(tokens, 3, 4).tolist() == [
        [True, True, False, False],
        [True, True, False, False],
        [False, False, True, True],
    ]
