"""Painted masks over time."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from core import masks
from core.masks import LEAD, MaskTrack, Runs, Tracked

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
        Runs.of_lengths([5]).mask(3, 2)


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


KINDS = st.dictionaries(st.sampled_from([LEAD, *range(20)]), st.sampled_from(masks.KINDS))
TRACKED = st.dictionaries(
    st.integers(0, 20), st.tuples(st_numpy.arrays(bool, (3, 4)), st.floats(0, 1)), max_size=5
)


@st.composite
def tracks(draw: st.DrawFn) -> MaskTrack:
    """Tracks with spans of all kinds, as they come of edits."""
    made = track(draw(KEYFRAMES))
    for start, kind in draw(KINDS).items():
        if start in made.keyframes or start == LEAD:
            made = made.of_kind(start, kind)
    found = {frame: Tracked(Runs.of(mask), trust) for frame, (mask, trust) in draw(TRACKED).items()}
    reached = {f: t for f, t in found.items() if made.span_of(f).kind == "track"}
    return made.with_tracked(reached) if made.keyframes else made


@given(tracks())
def test_track_of_all_kinds_survives_json(made: MaskTrack) -> None:
    assert MaskTrack.from_json(json.loads(json.dumps(made.to_json()))) == made


@given(tracks(), st.integers(0, 24), st.integers(0, 24))
def test_frames_of_one_source_have_one_mask(made: MaskTrack, frame: int, other: int) -> None:
    if made.source(frame) == made.source(other):
        assert np.array_equal(made.at(frame), made.at(other))


@given(tracks(), tracks(), st.integers(0, 24), st.integers(0, 24))
def test_equal_stamps_are_equal_masks(
    made: MaskTrack, other: MaskTrack, frame: int, another: int
) -> None:
    assert made.stamp(frame) == made.stamp(frame)
    if made.stamp(frame) == other.stamp(another):
        assert np.array_equal(made.at(frame), other.at(another))


@given(tracks(), st.integers(0, 24))
def test_blank_frame_has_no_painted_pixel(made: MaskTrack, frame: int) -> None:
    changing = made.span_of(frame).kind == "interpolate"

    assert not (made.blank(frame) and made.at(frame).any())
    assert made.blank(frame) or changing or made.at(frame).any()


@given(tracks())
def test_key_frame_shows_what_was_painted(made: MaskTrack) -> None:
    for frame, runs in made.keyframes.items():
        assert np.array_equal(made.at(frame), runs.mask(4, 3))


@given(tracks())
def test_baked_track_shows_the_same_masks(made: MaskTrack) -> None:
    baked = made.baked(range(25))

    assert not baked.tracked
    assert all(np.array_equal(baked.at(frame), made.at(frame)) for frame in range(25))


@given(tracks())
def test_spans_and_key_frames_fill_the_clip(made: MaskTrack) -> None:
    frames = [frame for span in made.spans for frame in span.frames(25)]

    if made.keyframes:
        assert sorted([*frames, *made.keyframes]) == list(range(25))


@given(tracks(), st.integers(0, 20), st_numpy.arrays(bool, (3, 4)))
def test_nothing_is_tracked_on_a_key_frame_or_outside_its_spans(
    made: MaskTrack, frame: int, mask: np.ndarray
) -> None:
    keys = sorted(made.keyframes) or [0]
    edits = (
        made.painted(frame, mask),
        made.without(frame),
        made.moved(keys[0], frame),
        made.of_kind(keys[-1], "hold"),
    )

    for edited in edits:
        assert not set(edited.tracked) & set(edited.keyframes)
        assert {edited.span_of(number).kind for number in edited.tracked} <= {"track"}


@given(tracks(), st.sets(st.integers(0, 24)))
def test_box_holds_what_is_painted_on_the_frames(made: MaskTrack, frames: set[int]) -> None:
    box = made.box(frames)

    for frame in frames:
        mask = made.at(frame).copy()
        if box is not None and made.span_of(frame).kind != "interpolate":
            mask[box[1] : box[3], box[0] : box[2]] = False
            assert not mask.any()


@given(MASKS)
def test_box_of_runs_is_that_of_the_mask(mask: np.ndarray) -> None:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    box = (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1) if len(rows) else None

    found = Runs.of(mask).box(mask.shape[1])

    if found is None or box is None:
        assert found == box
    else:  # a run over the end of a row may stand for whole rows
        assert found[0] <= box[0]
        assert found[2] >= box[2]
        assert (found[1], found[3]) == (box[1], box[3])


def square(left: int) -> np.ndarray:
    mask = np.zeros((8, 30), bool)
    mask[2:6, left : left + 4] = True
    return mask


def test_masks_change_into_each_other() -> None:
    made = MaskTrack(30, 8).painted(0, square(0)).painted(10, square(20))

    changing = made.of_kind(0, "interpolate")

    assert np.array_equal(made.at(5), square(0))
    assert np.array_equal(changing.at(5), square(10))
    assert changing.source(5) == 5


def test_mask_that_changes_into_nothing_holds() -> None:
    made = MaskTrack(30, 8).painted(0, square(0)).painted(10, np.zeros((8, 30), bool))

    assert np.array_equal(made.of_kind(0, "interpolate").at(5), square(0))


def tracked_square() -> MaskTrack:
    made = MaskTrack(30, 8).painted(0, square(0)).painted(10, square(20)).of_kind(0, "track")
    found = {frame: Tracked(Runs.of(square(2 * frame)), 0.9) for frame in range(1, 7)}
    return made.with_tracked(found)


def test_tracked_mask_stands_and_holds_where_tracking_ended() -> None:
    made = tracked_square()

    assert np.array_equal(made.at(3), square(6))
    assert np.array_equal(made.at(9), square(12))
    assert (made.source(9), made.source(10)) == (6, 10)


def test_before_the_first_key_frame_the_mask_was_tracked_backward() -> None:
    made = MaskTrack(30, 8).painted(9, square(9)).of_kind(LEAD, "track")

    back = made.with_tracked({frame: Tracked(Runs.of(square(frame)), 1) for frame in (7, 8)})

    assert np.array_equal(back.at(8), square(8))
    assert np.array_equal(back.at(2), square(7))


def test_correction_divides_a_tracked_span_and_ends_its_trust() -> None:
    corrected = tracked_square().painted(4, square(7))

    assert [span.kind for span in corrected.spans] == ["hold", "track", "track", "hold"]
    assert 4 not in corrected.tracked
    assert {found.confidence for found in corrected.tracked.values()} == {0.0}
    assert np.array_equal(corrected.at(5), square(10))


def test_what_is_tracked_elsewhere_keeps_its_trust() -> None:
    corrected = tracked_square().painted(20, square(3)).painted(24, square(5))

    assert {found.confidence for found in corrected.tracked.values()} == {0.9}


def test_span_that_is_not_tracked_any_more_forgets_what_was_found() -> None:
    assert tracked_square().of_kind(0, "hold").tracked == {}


def test_key_frame_moves_with_the_kind_of_its_span() -> None:
    moved = tracked_square().moved(0, 3)

    assert set(moved.keyframes) == {3, 10}
    assert moved.span_of(5).kind == "track"


def test_feather_goes_along() -> None:
    made = replace(MaskTrack(4, 3), feather=20)

    assert MaskTrack.from_json(made.to_json()).feather == 20
    assert made.painted(0, np.ones((3, 4), bool)).feather == 20
