"""The geometry of the tasks, and what fills the unknown pixels."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.tasks import (
    TASKS,
    Special,
    Task,
    fill_unknown,
    known_regions,
    moving_strip,
    token_given,
)

SHAPES = st.tuples(st.integers(1, 9), st.integers(1, 24), st.integers(1, 24))
GEOMETRIC = [task for task in TASKS.values() if not (task.painted or task.continues)]


def noise(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def test_importing_the_tasks_does_not_import_torch() -> None:
    code = "import core.tasks, core.schedules, core.cards, sys; sys.exit('torch' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_painting_has_the_inpainting_token_that_no_published_task_uses() -> None:
    assert TASKS["paint"].token == Special.INPAINTING
    assert all(task.token != Special.INPAINTING for task in GEOMETRIC)


@pytest.mark.parametrize(
    ("name", "pixels", "tokens"),
    [
        ("FP", 1 / 16, 1 / 4),
        ("FI", 2 / 16, 1 / 2),
        ("OPC", 1 / 4, 1 / 4),
        ("OPV", 1 / 2, 1 / 2),
        ("OPH", 1 / 2, 1 / 2),
        ("OPD", 1 / 2, 1 / 2),
        ("IPC", 3 / 4, 3 / 4),
        ("IPD", 3 / 4, 3 / 4),
        ("CG", 0, 0),
        ("CFP", 1 / 16, 1 / 4),
    ],
)
def test_known_shares_are_those_of_the_paper(name: str, pixels: float, tokens: float) -> None:
    known, given_tokens = known_regions(TASKS[name], (16, 128, 128), (4, 8, 8))

    assert known.mean() == pixels
    assert given_tokens.mean() == tokens


def test_the_moving_strip_rounds_halves_to_even() -> None:
    starts = moving_strip((4, 1, 16)).argmax(axis=2)[:, 0]

    assert starts.tolist() == [0, 3, 5, 8]


@pytest.mark.parametrize("task", GEOMETRIC, ids=lambda task: task.name)
@given(shape=SHAPES)
@settings(max_examples=30, deadline=None)
def test_a_region_has_the_shape_of_its_grid(task: Task, shape: tuple[int, int, int]) -> None:
    known = task.region(shape)

    assert known.shape == shape
    assert known.dtype == bool


@given(
    grid=st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(1, 4)),
    stride=st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(1, 4)),
    seed=st.integers(0, 99),
)
@settings(max_examples=50, deadline=None)
def test_a_token_is_given_when_any_of_its_pixels_is_known(
    grid: tuple[int, int, int], stride: tuple[int, int, int], seed: int
) -> None:
    shape = tuple(np.multiply(grid, stride).tolist())
    known = np.random.default_rng(seed).random(shape) > 0.9

    given_tokens = token_given(known, stride)

    pixels = np.argwhere(known) // stride
    expected = np.zeros(grid, bool)
    expected[tuple(pixels.T)] = True
    np.testing.assert_array_equal(given_tokens, expected)


@given(seed=st.integers(0, 99), fill=st.sampled_from(["edge", "interpolate", "zero"]))
@settings(max_examples=30, deadline=None)
def test_known_pixels_stay_and_unknown_ones_do_not_matter(seed: int, fill: str) -> None:
    rng = np.random.default_rng(seed)
    known = rng.random((4, 6, 7)) > rng.random((4, 1, 1))
    frames, other = noise((4, 6, 7, 3), seed), noise((4, 6, 7, 3), seed + 1)
    other[known] = frames[known]

    filled = fill_unknown(frames, known, fill)

    assert filled.dtype == frames.dtype
    np.testing.assert_array_equal(filled[known], frames[known])
    np.testing.assert_array_equal(filled, fill_unknown(other, known, fill))


def test_edge_fill_of_a_free_shape_takes_a_nearest_known_pixel() -> None:
    known = np.random.default_rng(3).random((1, 20, 20)) > 0.9
    frames = np.dstack(np.indices((20, 20))).astype(np.float32)  # each pixel says where it is
    frames = np.concatenate([frames, frames[..., :1]], axis=2)[None]

    filled = fill_unknown(frames, known, "edge")[0, ..., :2]

    here = np.dstack(np.indices((20, 20)))
    distance = np.linalg.norm(filled - here, axis=2)
    pixels = np.argwhere(known[0])
    nearest = np.linalg.norm(here[:, :, None] - pixels, axis=3).min(axis=2)
    assert (distance <= nearest * 1.1 + 1e-6).all()  # the transform approximates circles


def test_edge_fill_copies_the_nearest_frame_that_knows_something() -> None:
    frames = noise((5, 2, 2, 3))
    known = np.zeros((5, 2, 2), bool)
    known[[0, 4]] = True

    filled = fill_unknown(frames, known, "edge")

    np.testing.assert_array_equal(filled, frames[[0, 0, 0, 4, 4]])


def test_nothing_known_fills_with_black() -> None:
    filled = fill_unknown(noise((2, 3, 3, 3)), np.zeros((2, 3, 3), bool), "edge")

    assert not filled.any()


def test_interpolation_is_linear_between_known_frames() -> None:
    frames = np.zeros((5, 1, 1, 3), np.float32)
    frames[4] = 1
    known = np.zeros((5, 1, 1), bool)
    known[[0, 4]] = True

    filled = fill_unknown(frames, known, "interpolate")

    np.testing.assert_array_equal(filled[:, 0, 0, 0], [0, 0.25, 0.5, 0.75, 1])


def test_a_painted_task_needs_a_region_and_the_others_take_none() -> None:
    region = np.zeros((4, 8, 8), bool)

    with pytest.raises(ValueError, match="needs a region"):
        known_regions(TASKS["paint"], (4, 8, 8), (4, 8, 8))
    with pytest.raises(ValueError, match="takes no region"):
        known_regions(TASKS["OPC"], (4, 8, 8), (4, 8, 8), region)
    with pytest.raises(ValueError, match="does not divide"):
        known_regions(TASKS["OPC"], (4, 9, 8), (4, 8, 8))


@pytest.mark.parametrize(
    ("name", "frames", "pixels", "tokens"),
    [("FP", 1, 1, 1), ("FP", 5, 5, 2), ("CFP", 8, 8, 2), ("FI", 4, 8, 2), ("FI", 5, 10, 4)],
)
def test_more_known_frames_give_the_tokens_that_hold_any_of_them(
    name: str, frames: int, pixels: int, tokens: int
) -> None:
    known, given = known_regions(TASKS[name], (16, 8, 8), (4, 4, 4), frames=frames)

    assert known.all(axis=(1, 2)).sum() == known.any(axis=(1, 2)).sum() == pixels
    assert given.all(axis=(1, 2)).sum() == given.any(axis=(1, 2)).sum() == tokens
    assert known[0].all()
    assert known[-1].all() == (name == "FI")


def test_only_tasks_of_frames_count_them() -> None:
    with pytest.raises(ValueError, match="does not know 2 frames"):
        known_regions(TASKS["OPC"], (4, 8, 8), (2, 2, 2), frames=2)
