"""Playing follows the clock and stays within the marks."""

from __future__ import annotations

from fractions import Fraction

import pytest

from studio.state.playback import Playback

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture
def playback() -> Playback:
    playback = Playback()
    playback.open(100, Fraction(25))
    return playback


def test_frame_due_after_a_second_is_shown(playback: Playback) -> None:
    playback.play()

    playback.play_to(1.0)

    assert playback.position == 25


def test_playing_loops_within_the_marks(playback: Playback) -> None:
    playback.mark(10, 20)
    playback.play()
    assert playback.position == 10

    playback.play_to(0.5)

    assert playback.position == 10


def test_without_loop_it_stops_on_the_last_frame(playback: Playback) -> None:
    playback.loop = False
    playback.play()

    playback.play_to(1000)

    assert (playback.position, playback.playing) == (99, False)


def test_position_stays_inside_the_clip(playback: Playback) -> None:
    playback.step(-5)
    assert playback.position == 0

    playback.go(1000)

    assert playback.position == 99


def test_in_mark_behind_the_out_mark_drops_it(playback: Playback) -> None:
    playback.mark(None, 20)
    playback.go(50)

    playback.mark_in()

    assert (playback.in_mark, playback.out_mark) == (50, None)


def test_marks_at_the_ends_are_no_marks(playback: Playback) -> None:
    playback.mark(0, 99)

    assert (playback.in_mark, playback.out_mark) == (None, None)


def test_timer_moves_the_position(playback: Playback, qtbot) -> None:
    playback.play()

    qtbot.waitUntil(lambda: playback.position >= 2, timeout=2000)

    playback.pause()
