"""Painting is undone and redone across frames."""

from __future__ import annotations

import numpy as np
import pytest

from core.masks import MaskTrack, Runs, Tracked
from studio.state.painting.masks import Masks

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture
def masks() -> Masks:
    masks = Masks()
    masks.open((6, 4))
    return masks


def box(columns: int) -> np.ndarray:
    mask = np.zeros((4, 6), bool)
    mask[:, :columns] = True
    return mask


def test_painting_makes_a_key_frame(masks: Masks) -> None:
    masks.paint(3, box(2))

    assert set(masks.track.keyframes) == {3}
    assert np.array_equal(masks.at(3), box(2))


def test_undo_goes_back_over_a_frame_change_and_tells_the_frame(masks: Masks) -> None:
    masks.paint(3, box(2))
    masks.paint(9, box(4))
    heard: list[int] = []
    masks.edited.connect(heard.append)

    masks.history.undo()
    masks.history.undo()
    masks.history.redo()

    assert heard == [9, 3, 3]
    assert set(masks.track.keyframes) == {3}


def test_stroke_that_changes_nothing_is_no_edit(masks: Masks) -> None:
    masks.paint(0, box(2))

    masks.paint(0, box(2))

    assert masks.history.count() == 1


def test_clearing_all_can_be_undone(masks: Masks) -> None:
    masks.paint(0, box(2))

    masks.clear(0)
    assert masks.at(0) is None
    masks.history.undo()

    assert masks.at(0).any()


def test_removed_key_lets_the_one_before_hold_on(masks: Masks) -> None:
    masks.paint(0, box(1))
    masks.paint(5, box(3))

    masks.remove_key(5)

    assert np.array_equal(masks.at(7), box(1))


def test_keys_beside_a_frame_are_found(masks: Masks) -> None:
    masks.paint(2, box(1))
    masks.paint(8, box(3))

    assert (masks.key_beside(5, 1), masks.key_beside(5, -1)) == (8, 2)
    assert masks.key_beside(8, 1) is None


def test_another_clip_starts_without_history(masks: Masks) -> None:
    masks.paint(0, box(1))

    masks.open((8, 8))

    assert masks.history.count() == 0
    assert masks.track.empty


def tracked(masks: Masks, *frames: int) -> None:
    """As tracking shows what it finds."""
    masks.show_tracked({frame: Tracked(Runs.of(box(3)), 0.8) for frame in frames})


def test_tracking_is_one_edit(masks: Masks) -> None:
    masks.paint(0, box(1))
    before = masks.track
    masks.track = before.of_kind(0, "track")
    tracked(masks, 1)
    tracked(masks, 2)

    masks.keep_tracked(before, frame=0, follows=False)

    assert masks.history.count() == 2
    masks.history.undo()
    assert masks.track == before
    masks.history.redo()
    assert set(masks.track.tracked) == {1, 2}


def test_what_flows_from_a_correction_is_undone_with_it(masks: Masks) -> None:
    masks.paint(0, box(1))
    masks.set_kind(0, "track", 0)
    tracked(masks, 1, 2, 3)
    before = masks.track
    heard: list[int] = []
    masks.corrected.connect(heard.append)

    masks.paint(2, box(5))
    corrected = masks.track
    tracked(masks, 1, 3)
    masks.keep_tracked(corrected, frame=2, follows=True)

    assert heard == [2]
    assert {found.confidence for found in masks.track.tracked.values()} == {0.8}
    after = masks.track
    masks.history.undo()
    assert masks.track == before
    masks.history.redo()
    assert masks.track == after


def test_undo_asks_for_no_tracking(masks: Masks) -> None:
    masks.paint(0, box(1))
    masks.set_kind(0, "track", 0)
    tracked(masks, 1, 2)
    masks.paint(2, box(5))
    heard: list[int] = []
    masks.corrected.connect(heard.append)

    masks.history.undo()
    masks.history.redo()

    assert heard == []


def test_oldest_edits_are_forgotten_beyond_the_cap() -> None:
    masks = Masks(history_bytes=6000)
    masks.open((6, 4))
    rng = np.random.default_rng(0)
    for frame in range(60):
        masks.paint(frame, rng.random((4, 6)) < 0.5)
    last = masks.track

    steps = 0
    while masks.undoable:
        masks.history.undo()
        steps += 1

    assert 1 <= steps < 60
    assert len(masks.track.keyframes) == 60 - steps
    assert not masks.undoable
    while masks.redoable:
        masks.history.redo()
    assert masks.track == last


def test_history_holds_no_more_than_its_cap() -> None:
    masks = Masks(history_bytes=6000)
    masks.open((6, 4))
    for frame in range(60):
        masks.paint(frame, box(1 + frame % 5))

    held = sum(masks.history.command(k).size for k in range(masks.history.count()))

    assert held <= 6000 + masks.history.command(masks.history.count() - 1).size


def test_long_history_of_one_frame_is_never_wiped(masks: Masks) -> None:
    for turn in range(200):
        masks.paint(turn % 7, box(1 + turn % 5))

    for _ in range(masks.history.count()):
        assert masks.undoable
        masks.history.undo()

    assert masks.track.empty


def test_operation_changes_the_mask_that_a_frame_shows(masks: Masks) -> None:
    masks.paint(0, box(2))

    masks.change(4, "Invert", lambda mask: ~mask)

    assert np.array_equal(masks.at(4), ~box(2))
    assert np.array_equal(masks.at(3), box(2))
    assert masks.history.undoText() == "Invert frame 5"


def test_key_frame_is_moved_and_set(masks: Masks) -> None:
    masks.paint(2, box(2))

    masks.set_key(6)
    masks.move_key(2, 4)

    assert set(masks.track.keyframes) == {4, 6}
    masks.history.undo()
    assert set(masks.track.keyframes) == {2, 6}


def test_feather_is_an_edit(masks: Masks) -> None:
    masks.feather(20, 3)
    assert masks.track.feather == 20

    masks.history.undo()

    assert masks.track.feather != 20


def test_clips_that_are_left_keep_their_masks_and_edits(masks: Masks) -> None:
    masks.open((6, 4), "one")
    masks.paint(0, box(1))
    masks.paint(1, box(2))
    masks.open((8, 2), "two")
    assert masks.track == MaskTrack(8, 2)
    assert not masks.undoable
    masks.paint(0, np.ones((2, 8), bool))

    masks.open((6, 4), "one")
    assert masks.undoable
    masks.history.undo()
    assert masks.track == MaskTrack(6, 4).painted(0, box(1))
    assert masks.redoable
    masks.open((8, 2), "two")
    assert masks.undoable
    assert not masks.redoable
    assert set(masks.tracks) == {"one", "two"}
    assert masks.tracks["one"].key_of(5) == 0


def test_memory_of_edits_is_shared_by_all_clips() -> None:
    masks = Masks(history_bytes=2000)
    rng = np.random.default_rng(0)
    masks.open((60, 40), "one")
    for frame in range(4):
        masks.paint(frame, rng.random((40, 60)) < 0.5)
    first = masks.history
    masks.open((60, 40), "two")
    masks.paint(0, rng.random((40, 60)) < 0.5)
    assert all(first.command(k).isObsolete() for k in range(first.index()))
    assert masks.undoable

    masks.open((60, 40), "one")
    assert not masks.undoable
    assert len(masks.tracks["one"].keyframes) == 4


def test_masks_of_a_clip_that_was_never_shown_are_given(masks: Masks) -> None:
    known = MaskTrack(6, 4).painted(2, box(4))
    masks.open((6, 4), "one", known)
    assert masks.track is known
    masks.open(None)
    masks.forget("one")
    assert masks.tracks == {}
    assert masks.track is None
