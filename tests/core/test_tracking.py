"""A mask follows what moves in the picture."""

from __future__ import annotations

from itertools import islice

import cv2
import numpy as np
import pytest

from core.masks import LEAD, MaskTrack, Runs, Tracked
from core.tracking import Tracker, follow, steps

HEIGHT, WIDTH = 90, 140
START, STEP = 20, 4  # the thing's left side on frame 0, and how far it moves in a frame


def texture(height: int, width: int, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).integers(0, 256, (height // 4, width // 4, 3), np.uint8)
    return cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)


GROUND, THING = texture(HEIGHT, WIDTH, 1), texture(32, 32, 2)


def frame(number: int) -> np.ndarray:
    """A square thing that moves to the right over a ground that stands still."""
    picture = GROUND.copy()
    left = START + STEP * number
    picture[30:62, left : left + 32] = THING
    return picture


def mask(number: int, room: int = 0) -> np.ndarray:
    painted = np.zeros((HEIGHT, WIDTH), bool)
    left = START + STEP * number
    painted[30 - room : 62 + room, left - room : left + 32 + room] = True
    return painted


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    return float((one & other).sum() / (one | other).sum())


def test_mask_follows_a_thing_that_moves() -> None:
    tracker = Tracker(frame(0), mask(0))

    for number in range(1, 9):
        found, confidence = tracker.step(frame(number))
        assert overlap(found, mask(number)) > 0.6
        assert 0.3 < confidence <= 1


def test_generously_painted_mask_moves_as_a_whole() -> None:
    tracker = Tracker(frame(0), mask(0, room=7))

    for number in range(1, 9):
        found, _ = tracker.step(frame(number))

    held = overlap(mask(0, room=7), mask(8, room=7))
    assert overlap(found, mask(8, room=7)) > 2.5 * held


def test_mask_stays_where_nothing_moves() -> None:
    tracker = Tracker(frame(0), mask(0))

    found, confidence = tracker.step(frame(0))

    assert np.array_equal(found, mask(0))
    assert confidence > 0.95


def test_confidence_falls_where_the_thing_is_gone() -> None:
    tracker = Tracker(frame(0), mask(0))
    _, before = tracker.step(frame(1))

    _, after = tracker.step(texture(HEIGHT, WIDTH, 9))

    assert after < before - 0.2


def test_equal_pictures_give_equal_masks() -> None:
    one, other = Tracker(frame(0), mask(0)), Tracker(frame(0), mask(0))

    for number in range(1, 4):
        assert np.array_equal(one.step(frame(number))[0], other.step(frame(number))[0])


def test_lost_mask_is_empty_and_not_trusted() -> None:
    tracker = Tracker(frame(0), np.zeros((HEIGHT, WIDTH), bool))

    found, confidence = tracker.step(frame(1))

    assert not found.any()
    assert confidence == 0


def keyed(*numbers: int) -> MaskTrack:
    track = MaskTrack(WIDTH, HEIGHT)
    for number in numbers:
        track = track.painted(number, mask(number))
    return track


def test_span_is_followed_to_its_end() -> None:
    track = keyed(2)
    span = track.span_of(2)

    found = dict(follow(track, span, span.frames(6), frame))

    assert list(found) == [3, 4, 5]
    assert steps(span, span.frames(6)) == 3
    done = track.of_kind(2, "track").with_tracked(found)
    assert overlap(done.at(5), mask(5)) > 0.85


def test_span_before_the_first_key_frame_is_followed_backward() -> None:
    track = keyed(4)

    found = dict(follow(track, track.span_of(LEAD), range(4), frame))

    assert list(found) == [3, 2, 1, 0]
    assert overlap(found[0].runs.mask(WIDTH, HEIGHT), mask(0)) > 0.75


def test_between_two_key_frames_both_are_followed_and_meet() -> None:
    track = keyed(0, 5)
    span = track.span_of(0)

    found = list(follow(track, span, span.frames(20), frame))

    assert [number for number, _ in found] == [1, 2, 3, 4, 4, 3, 2, 1]
    assert steps(span, span.frames(20)) == len(found)
    for number, tracked in found[4:]:
        assert overlap(tracked.runs.mask(WIDTH, HEIGHT), mask(number)) > 0.75


def test_correction_is_where_tracking_goes_on_from() -> None:
    """What stood wrong at frame 4 is painted right; the frames after it follow the correction."""
    wrong = {number: Tracked(Runs.of(mask(0)), 0.4) for number in range(1, 8)}
    track = keyed(0).of_kind(0, "track").with_tracked(wrong)

    corrected = track.painted(4, mask(4))
    found = dict(follow(corrected, corrected.span_of(4), range(5, 8), frame))

    assert set(found) == {5, 6, 7}
    assert overlap(corrected.with_tracked(found).at(7), mask(7)) > 0.8


def test_no_picture_is_read_beyond_what_is_asked_for() -> None:
    seen: list[int] = []

    def read(number: int) -> np.ndarray:
        seen.append(number)
        return frame(number)

    track = keyed(0)
    list(islice(follow(track, track.span_of(0), range(1, 50), read), 2))

    assert seen == [0, 1, 2]


def test_span_without_frames_between_its_keys_is_done_at_once() -> None:
    track = keyed(0, 1)

    assert list(follow(track, track.span_of(0), range(1, 1), frame)) == []


@pytest.mark.parametrize("left", [0, WIDTH - 20])
def test_mask_at_the_picture_s_border_is_followed(left: int) -> None:
    painted = np.zeros((HEIGHT, WIDTH), bool)
    painted[10:40, left : left + 20] = True

    found, _ = Tracker(GROUND, painted).step(GROUND)

    assert overlap(found, painted) > 0.95
