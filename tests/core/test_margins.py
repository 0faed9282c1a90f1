"""A canvas around pictures: its sizes, its masks, and what moves with it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UserError
from core.margins import ASPECTS, NONE, Margins, aspect_of, in_aspect
from core.masks import MaskTrack, Runs, Tracked
from core.requests import GenerationRequest
from core.window import Window

SIZES = st.tuples(st.integers(1, 24), st.integers(1, 24))
MARGINS = st.builds(Margins, *[st.integers(0, 9)] * 4)


@st.composite
def masks(draw: st.DrawFn) -> np.ndarray:
    width, height = draw(SIZES)
    share = draw(st.sampled_from([0.0, 0.1, 0.5, 0.95, 1.0]))
    return np.random.default_rng(draw(st.integers(0, 9))).random((height, width)) < share


@given(SIZES, MARGINS)
def test_a_picture_on_its_canvas_is_untouched_and_its_border_repeated(
    size: tuple[int, int], margins: Margins
) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (*size[::-1], 3), np.uint8)

    canvas = margins.around(picture)

    assert canvas.shape[1::-1] == margins.canvas(size)
    assert margins.pictures(margins.canvas(size)) == size
    np.testing.assert_array_equal(margins.inside(canvas), picture)
    rows = np.clip(np.arange(len(canvas)) - margins.top, 0, size[1] - 1)
    columns = np.clip(np.arange(canvas.shape[1]) - margins.left, 0, size[0] - 1)
    np.testing.assert_array_equal(canvas, picture[rows][:, columns])


@given(SIZES, MARGINS)
def test_beyond_the_pictures_is_what_is_not_of_them(
    size: tuple[int, int], margins: Margins
) -> None:
    inside = np.pad(
        np.zeros(size[::-1], bool),
        ((margins.top, margins.bottom), (margins.left, margins.right)),
        constant_values=True,
    )
    np.testing.assert_array_equal(margins.beyond(margins.canvas(size)), inside)


@given(st.tuples(st.integers(16, 2000), st.integers(16, 2000)), st.sampled_from(sorted(ASPECTS)))
def test_a_canvas_of_an_aspect_grows_one_side_evenly_and_as_little_as_it_needs(
    size: tuple[int, int], name: str
) -> None:
    aspect = ASPECTS[name]
    margins = in_aspect(size, aspect)
    width, height = margins.canvas(size)

    assert not (margins.left or margins.right) or not (margins.top or margins.bottom)
    assert margins.right - margins.left in (0, 1)
    assert margins.bottom - margins.top in (0, 1)
    assert abs(width - height * aspect) <= 1 or abs(height - width / aspect) <= 1
    if margins.right:
        assert width % 2 == 0
    if margins.bottom:
        assert height % 2 == 0


def test_four_to_three_becomes_sixteen_to_nine() -> None:
    margins = in_aspect((640, 480), ASPECTS["16:9"])

    assert margins == Margins(left=107, right=107)
    assert aspect_of(margins.canvas((640, 480))) == "16:9"
    assert aspect_of((640, 480)) == "4:3"
    assert aspect_of((700, 480)) == ""


@pytest.mark.parametrize("side", [-1, 1.5, "4"])
def test_margins_are_whole_pixels(side: object) -> None:
    with pytest.raises(ValueError, match="0 or more"):
        Margins(left=side)  # type: ignore[arg-type]


def test_too_large_a_canvas_is_refused_in_words() -> None:
    Margins(left=20).check((10, 10))
    with pytest.raises(UserError, match="31x10 is too large for pictures of 10x10"):
        Margins(left=21).check((10, 10))


# ── masks ──────────────────────────────────────────────────────────────────────────────────────


@given(masks(), st.integers(-12, 12), st.integers(-12, 12), SIZES)
def test_runs_move_like_the_pixels_that_they_stand_for(
    mask: np.ndarray, left: int, top: int, canvas: tuple[int, int]
) -> None:
    width, height = canvas
    expected = np.zeros((height, width), bool)
    rows, columns = np.nonzero(mask)
    rows, columns = rows + top, columns + left
    seen = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    expected[rows[seen], columns[seen]] = True

    assert Runs.of(mask).placed(mask.shape[1], left, top, canvas) == Runs.of(expected)


@given(masks(), MARGINS, MARGINS)
def test_masks_stay_on_their_pictures_and_the_margins_are_painted(
    mask: np.ndarray, before: Margins, after: Margins
) -> None:
    height, width = mask.shape
    bare = MaskTrack(width, height).painted(3, mask).of_kind(3, "track")
    bare = bare.with_tracked({5: Tracked(Runs.of(~mask), 0.5)})

    track = bare.on_canvas(before).on_canvas(after)

    assert track == bare.on_canvas(after)
    assert track.size == after.canvas((width, height))
    beyond = after.beyond(track.size)
    for frame in (0, 3, 4, 5, 9):
        seen = track.at(frame)
        assert seen[beyond].all()
        np.testing.assert_array_equal(seen[~beyond].reshape(mask.shape), bare.at(frame))
    assert track.on_canvas(NONE) == bare


@given(masks(), MARGINS)
def test_a_track_knows_what_its_margins_mean(mask: np.ndarray, margins: Margins) -> None:
    height, width = mask.shape
    track = MaskTrack(width, height).on_canvas(margins)
    everywhere = np.zeros(track.size[::-1], bool)

    erased = track.painted(0, everywhere)

    assert track.empty is (not margins)
    assert track.blank(0) is (not margins)
    assert bool(track.stamp(0)) is bool(margins)
    np.testing.assert_array_equal(erased.at(0), margins.beyond(track.size))
    assert MaskTrack.from_json(erased.to_json()) == erased
    rows, columns = np.nonzero(track.at(0))
    box = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1) if len(rows) else None
    assert track.box([0]) == box


# ── windows and requests ───────────────────────────────────────────────────────────────────────


@given(MARGINS, MARGINS)
def test_a_request_moves_along_with_its_canvas(before: Margins, after: Margins) -> None:
    painted = MaskTrack(20, 10).painted(0, np.eye(10, 20, dtype=bool)).on_canvas(before)
    window = Window(before.left, before.top, 20, 10, 0, 4, 16, 16)
    request = GenerationRequest("b", "paint", "c.mp4", window, painted, margins=before)

    moved = request.on_canvas(after)

    assert moved.on_canvas(before) == request
    assert moved.window.fits(after.canvas((20, 10)))
    assert (moved.window.left, moved.window.top) == (after.left, after.top)
    assert moved.window.to_model(after.around(np.zeros((10, 20, 3), np.uint8))).shape == (16, 16, 3)
    assert GenerationRequest.from_json(moved.to_json()) == moved


def test_a_request_without_margins_reads_as_before() -> None:
    request = GenerationRequest("b", "FP", "c.mp4", Window(0, 0, 20, 10, 0, 4, 16, 16))
    data = request.to_json()
    del data["margins"]

    assert GenerationRequest.from_json(data) == request
    assert replace(request, margins=Margins(left=1)) != request
