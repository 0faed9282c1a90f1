"""Painting is undone and redone across frames."""

from __future__ import annotations

import numpy as np
import pytest

from studio.state.masks import Masks

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
