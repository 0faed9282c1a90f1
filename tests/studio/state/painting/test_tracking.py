"""Masks follow the picture in a thread; what is found is one edit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.masks import LEAD
from core.media.reading import open_clip
from core.media.writing import write_clip
from studio.state.clip.blank import BlankClip
from studio.state.clip.playback import Playback
from studio.state.clip.session import Session
from studio.state.notices import Notices
from studio.state.painting.masks import Masks
from studio.state.painting.tracking import Tracking

FRAMES, SIZE = 12, (96, 64)


def pictures() -> Iterator[np.ndarray]:
    """A bright square of noise that moves 3 pixels a frame over dark noise."""
    rng = np.random.default_rng(1)
    ground = cv2.resize(rng.integers(0, 90, (16, 24, 3), np.uint8), SIZE)
    thing = cv2.resize(rng.integers(120, 255, (8, 8, 3), np.uint8), (24, 24))
    for number in range(FRAMES):
        picture = ground.copy()
        picture[20:44, 10 + 3 * number : 34 + 3 * number] = thing
        yield picture


def square(number: int) -> np.ndarray:
    mask = np.zeros(SIZE[::-1], bool)
    mask[20:44, 10 + 3 * number : 34 + 3 * number] = True
    return mask


class Desk:
    """The states that tracking needs, with a clip."""

    def __init__(self, clip: Path) -> None:
        self.notices, self.playback, self.masks = Notices(), Playback(), Masks()
        self.session = Session(self.notices)
        self.tracking = Tracking(self.session, self.masks, self.playback, self.notices)
        self.session.take(open_clip(clip))
        self.playback.open(FRAMES, Fraction(25))
        self.masks.open(SIZE)

    @property
    def tracked(self) -> set[int]:
        return set(self.masks.track.tracked)

    def close(self) -> None:
        self.tracking.end()
        self.session.end()


@pytest.fixture
def desk(tmp_path: Path, qapp: object) -> Iterator[Desk]:
    assert qapp
    clip = tmp_path / "clip.mkv"
    for _ in write_clip(pictures(), clip, writer="ffv1", rate=Fraction(25)):
        pass
    desk = Desk(clip)
    yield desk
    desk.close()


@pytest.fixture
def wait(qtbot: object) -> Callable[[Callable[[], object]], None]:
    return lambda reached: qtbot.waitUntil(lambda: bool(reached()), timeout=20000)


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    return float((one & other).sum() / (one | other).sum())


def track_forward(desk: Desk, wait: Callable[[Callable[[], object]], None], frame: int = 0) -> None:
    desk.masks.paint(frame, square(frame))
    desk.tracking.forward(frame)
    assert desk.tracking.running
    wait(lambda: not desk.tracking.running)


def test_mask_is_tracked_to_the_end(desk: Desk, wait: Callable) -> None:
    track_forward(desk, wait)

    assert desk.tracked == set(range(1, FRAMES))
    assert overlap(desk.masks.at(FRAMES - 1), square(FRAMES - 1)) > 0.6
    assert desk.tracking.done == desk.tracking.total == FRAMES - 1
    assert desk.masks.history.count() == 2


def test_tracking_is_undone_at_once_and_redone_without_work(desk: Desk, wait: Callable) -> None:
    track_forward(desk, wait)
    tracked = desk.masks.track

    desk.masks.history.undo()
    assert desk.tracked == set()
    assert desk.masks.track.spans[-1].kind == "hold"
    desk.masks.history.redo()

    assert desk.masks.track == tracked
    assert not desk.tracking.running


def test_out_mark_ends_it(desk: Desk, wait: Callable) -> None:
    desk.playback.mark(0, 5)

    track_forward(desk, wait)

    assert desk.tracked == {1, 2, 3, 4, 5}


def test_backward_and_both_ways(desk: Desk, wait: Callable) -> None:
    desk.masks.paint(6, square(6))

    desk.tracking.backward(6)
    wait(lambda: not desk.tracking.running)
    assert desk.tracked == set(range(6))
    assert desk.masks.track.span_of(LEAD).kind == "track"
    desk.tracking.both(6)
    wait(lambda: not desk.tracking.running)

    assert desk.tracked == set(range(FRAMES)) - {6}


def test_frame_that_only_shows_a_mask_becomes_a_key_frame(desk: Desk, wait: Callable) -> None:
    desk.masks.paint(0, square(3))

    desk.tracking.forward(3)
    wait(lambda: not desk.tracking.running)

    assert set(desk.masks.track.keyframes) == {0, 3}
    assert desk.tracked == set(range(4, FRAMES))


def test_correction_flows_again_both_ways_and_is_one_edit(desk: Desk, wait: Callable) -> None:
    track_forward(desk, wait)
    before = desk.masks.track

    desk.masks.paint(6, square(6))
    assert desk.tracking.running
    wait(lambda: not desk.tracking.running)

    after = desk.masks.track
    assert desk.tracked == set(range(1, FRAMES)) - {6}
    assert all(found.confidence > 0 for found in after.tracked.values())
    assert overlap(desk.masks.at(FRAMES - 1), square(FRAMES - 1)) > overlap(
        before.at(FRAMES - 1), square(FRAMES - 1)
    )
    desk.masks.history.undo()
    assert desk.masks.track == before
    assert not desk.tracking.running


def test_stopped_tracking_keeps_what_it_found(desk: Desk, wait: Callable) -> None:
    desk.masks.paint(0, square(0))
    desk.tracking.forward(0)
    wait(lambda: desk.tracking.done >= 2)

    desk.tracking.stop()
    found = desk.tracked

    assert {1, 2} <= found
    assert not desk.tracking.running
    desk.tracking.end()
    assert desk.tracked == found
    desk.masks.history.undo()
    assert desk.tracked == set()


def test_edit_ends_tracking_and_its_undo_leads_back(desk: Desk, wait: Callable) -> None:
    desk.masks.paint(0, square(0))
    desk.tracking.forward(0)
    wait(lambda: desk.tracking.done >= 1)

    desk.masks.clear(0)

    assert not desk.tracking.running
    assert desk.masks.track.empty
    desk.masks.history.undo()
    assert 1 in desk.tracked
    desk.masks.history.undo()
    assert desk.masks.track.empty


def test_removed_correction_flows_again(desk: Desk, wait: Callable) -> None:
    track_forward(desk, wait)
    desk.masks.paint(6, square(2))
    wait(lambda: not desk.tracking.running)

    desk.masks.remove_key(6)
    wait(lambda: not desk.tracking.running)

    assert desk.tracked == set(range(1, FRAMES))
    assert overlap(desk.masks.at(6), square(6)) > 0.6


def test_what_cannot_be_tracked_is_told(desk: Desk) -> None:
    assert desk.tracking.obstacle == "Paint over something first."
    desk.tracking.forward(0)
    assert not desk.tracking.running

    desk.session.take(BlankClip(SIZE, 4, Fraction(25)))
    assert "blank" in desk.tracking.obstacle


def test_file_that_is_gone_is_told(desk: Desk, wait: Callable) -> None:
    desk.masks.paint(0, square(0))
    desk.session.clip.path.unlink()

    desk.tracking.forward(0)
    wait(lambda: not desk.tracking.running)

    assert desk.notices.current is not None
    assert desk.notices.current.kind == "error"


def test_another_clip_ends_it(desk: Desk, wait: Callable) -> None:
    desk.masks.paint(0, square(0))
    desk.tracking.forward(0)

    desk.session.take(BlankClip(SIZE, 4, Fraction(25)))
    desk.masks.open(SIZE)

    assert not desk.tracking.running
    desk.tracking.end()
    wait(lambda: True)
    assert desk.masks.track.empty


def test_key_frame_moved_over_another_leaves_no_doubt(desk: Desk, wait: Callable) -> None:
    track_forward(desk, wait)
    for frame in (4, 8):
        desk.masks.paint(frame, square(frame))
        wait(lambda: not desk.tracking.running)

    desk.masks.move_key(4, 10)
    wait(lambda: not desk.tracking.running)

    track = desk.masks.track
    assert set(track.keyframes) == {0, 8, 10}
    assert all(found.confidence > 0 for found in track.tracked.values())
    assert desk.tracked == set(range(1, FRAMES)) - {8, 10}


def test_undo_to_a_correction_that_was_cut_short_finishes_its_flow(
    desk: Desk, wait: Callable
) -> None:
    track_forward(desk, wait)
    desk.masks.paint(6, square(2))
    desk.masks.paint(6, square(6))
    wait(lambda: not desk.tracking.running)
    last = desk.masks.track

    desk.masks.history.undo()
    wait(lambda: not desk.tracking.running)
    assert all(found.confidence > 0 for found in desk.masks.track.tracked.values())
    assert np.array_equal(desk.masks.at(6), square(2))
    desk.masks.history.redo()

    assert desk.masks.track == last
    assert not desk.tracking.running
