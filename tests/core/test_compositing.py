"""Generated pixels back in the clip: known ones untouched, the seam inside the painted side."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from core.compositing import (
    composite,
    composited_clip,
    composited_length,
    layer,
    unknown_pixels,
)
from core.masks import MaskTrack
from core.media.reading import open_clip
from core.requests import GenerationRequest
from core.tasks import MASKED_TASKS, TASKS
from core.window import Window
from tests.clips import moving_square, write_lossless

SIZE = 30, 20
WINDOW = Window(4, 2, 20, 16, 1, 2, 8, 8, stride=2)
UNKNOWN = st_numpy.arrays(bool, (WINDOW.height, WINDOW.width))
GREY, WHITE = np.full((20, 30, 3), 90, np.uint8), np.full((8, 8, 3), 255, np.uint8)


@given(UNKNOWN, st.floats(0, 12), st_numpy.arrays(np.uint8, (20, 30, 3)))
def test_known_pixels_come_back_bit_for_bit(
    unknown: np.ndarray, feather: float, original: np.ndarray
) -> None:
    before = original.copy()

    result = composite(original, WHITE, WINDOW, unknown, feather)

    known = np.ones((20, 30), bool)
    known[WINDOW.rows, WINDOW.columns] = ~unknown
    assert np.array_equal(result[known], before[known])
    assert np.array_equal(original, before)


@given(UNKNOWN)
def test_without_feather_every_unknown_pixel_is_the_generated_one(unknown: np.ndarray) -> None:
    result = composite(GREY, WHITE, WINDOW, unknown, feather=0)

    assert (result[WINDOW.rows, WINDOW.columns][unknown] == 255).all()


def test_seam_fades_in_over_the_feather_from_the_known_side() -> None:
    unknown = np.zeros((16, 20), bool)
    unknown[:, 8:] = True
    row = 8  # far from the window's upper and lower edge

    result = composite(GREY, WHITE, WINDOW, unknown, feather=3)[WINDOW.rows, WINDOW.columns]

    assert result[row, 7:13, 0].tolist() == [90, 131, 172, 214, 255, 255]


def test_window_edge_is_a_seam_only_where_the_picture_goes_on() -> None:
    unknown = np.ones((16, 20), bool)
    corner = Window(0, 0, 20, 16, 0, 2, 8, 8)

    result = composite(GREY, WHITE, corner, unknown, feather=3)

    assert (result[:10, :10] == 255).all()
    assert (result[15, :20] < 255).all()
    assert (result[:16, 19] < 255).all()


@given(UNKNOWN, st.integers(0, 12), st_numpy.arrays(np.uint8, (8, 8, 3)))
def test_layer_over_the_clip_gives_the_composite(
    unknown: np.ndarray, feather: int, generated: np.ndarray
) -> None:
    original = np.random.default_rng(1).integers(0, 256, (20, 30, 3), np.uint8)

    over = layer(generated, WINDOW, unknown, SIZE, feather).astype(float)

    share = over[..., 3:] / 255
    laid = original * (1 - share) + over[..., :3] * share
    assert np.abs(laid - composite(original, generated, WINDOW, unknown, feather)).max() <= 1
    assert not over[..., 3][composite(GREY, WHITE, WINDOW, unknown, 0)[..., 0] == 90].any()


def test_whole_picture_has_no_seam() -> None:
    everything = Window(0, 0, *SIZE, 0, 2, 8, 8)

    result = composite(GREY, WHITE, everything, np.ones((20, 30), bool))

    assert (result == 255).all()


def test_painting_is_unknown_on_the_frames_of_the_window_alone() -> None:
    mask = np.zeros((20, 30), bool)
    mask[5, 6] = True
    painted = MaskTrack(*SIZE).painted(0, mask)

    counts = [int(unknown_pixels(TASKS["paint"], WINDOW, painted, k).sum()) for k in range(7)]

    assert counts == [0, 1, 1, 1, 1, 0, 0]
    assert unknown_pixels(TASKS["paint"], WINDOW, painted, 1)[3, 2]


def test_frame_prediction_keeps_every_clip_frame_of_the_first_model_frame() -> None:
    shares = [float(unknown_pixels(TASKS["FP"], WINDOW, None, k).mean()) for k in range(6)]

    assert shares == [0, 0, 0, 1, 1, 0]


@pytest.mark.parametrize("name", [name for name in MASKED_TASKS if name != "paint"])
def test_region_of_a_task_is_evaluated_at_the_windows_own_size(name: str) -> None:
    expected = ~TASKS[name].region((2, WINDOW.height, WINDOW.width))[1]

    assert np.array_equal(unknown_pixels(TASKS[name], WINDOW, None, 3), expected)


def test_clip_passes_through_outside_the_window_and_holds_each_generated_frame(
    tmp_path: Path,
) -> None:
    clip = write_lossless(tmp_path / "clip.mkv", 7, SIZE, Fraction(10))
    request = GenerationRequest("", "CG", str(clip), WINDOW)
    generated = np.stack([np.full((8, 8, 3), level, np.uint8) for level in (10, 200)])

    with open_clip(clip) as reader:
        frames = list(composited_clip(reader, request, generated, feather=0))

    original = moving_square(7, SIZE)
    levels = [int(frame[10, 14, 0]) for frame in frames]
    assert levels[1:5] == [10, 10, 200, 200]
    for number in (0, 5, 6):
        assert np.array_equal(frames[number], original[number])


def continued(clip: Path, **changes: object) -> GenerationRequest:
    """Two model frames of four clip frames are kept; with the next five it ends at frame 15."""
    values = {"kept": 2, "length": 7, "window": WINDOW} | changes
    return GenerationRequest("", "continue", str(clip), **values)  # type: ignore[arg-type]


def test_continued_clip_goes_on_past_its_end_where_its_last_frame_stands_still(
    tmp_path: Path,
) -> None:
    clip = write_lossless(tmp_path / "clip.mkv", 7, SIZE, Fraction(10))
    generated = np.stack([np.full((8, 8, 3), 30 * number, np.uint8) for number in range(7)])

    with open_clip(clip) as reader:
        frames = list(composited_clip(reader, continued(clip), generated, feather=0))

    original = moving_square(7, SIZE)
    assert len(frames) == 15
    assert all(np.array_equal(frames[k], original[k]) for k in range(5))
    levels = [int(frame[10, 14, 0]) for frame in frames[5:]]
    assert levels == [60, 60, 90, 90, 120, 120, 150, 150, 180, 180]
    outside = np.ones((20, 30), bool)
    outside[WINDOW.rows, WINDOW.columns] = False
    assert all(np.array_equal(frame[outside], original[6][outside]) for frame in frames[7:])


def test_frames_of_a_part_of_the_result_are_those_of_the_whole(tmp_path: Path) -> None:
    clip = write_lossless(tmp_path / "clip.mkv", 7, SIZE, Fraction(10))
    rng = np.random.default_rng(0)
    generated = rng.integers(0, 255, (7, 8, 8, 3), np.uint8)
    request = continued(clip)

    with open_clip(clip) as reader:
        whole = list(composited_clip(reader, request, generated))
        part = list(composited_clip(reader, request, generated[4:], 9, 15, begins=4))

    assert np.array_equal(part, whole[9:])


def test_only_what_goes_on_is_longer_than_the_clip(tmp_path: Path) -> None:
    request = continued(tmp_path)

    assert composited_length(request, 7) == 15
    assert composited_length(request, 40) == 40
    assert composited_length(continued(tmp_path, length=0), 4) == 5
    assert composited_length(GenerationRequest("", "CG", "", WINDOW), 4) == 4
    assert composited_length(GenerationRequest("", "CG", "", WINDOW, length=5), 4) == 11
