"""Playing follows the clock and stays within the marks."""

from __future__ import annotations

from fractions import Fraction

import pytest

from studio.state.clip.playback import Playback

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


def test_frames_that_are_ready_play_in_a_loop(playback: Playback) -> None:
    playback.ready = range(40, 44)
    playback.play()
    assert playback.position == 40

    playback.play_to(0.13)
    assert playback.position == 43
    playback.play_to(0.2)

    assert (playback.position, playback.playing) == (40, True)


def test_without_loop_it_waits_for_the_next_frame_and_goes_on(playback: Playback) -> None:
    playback.loop, playback.ready = False, range(40, 44)
    playback.play()

    playback.play_to(5.0)
    assert (playback.position, playback.playing) == (43, True)
    playback.ready = range(40, 48)
    playback.play_to(0.09)

    assert playback.position == 45


def test_before_the_first_frame_is_ready_it_waits(playback: Playback) -> None:
    playback.ready = range(40, 40)
    playback.play()

    playback.play_to(5.0)

    assert (playback.position, playback.playing) == (40, True)


def test_shorter_result_puts_position_and_marks_right(playback: Playback) -> None:
    playback.mark(60, 80)
    playback.go(90)

    playback.reach(50)

    assert (playback.position, playback.in_mark, playback.out_mark) == (49, None, None)


def test_longer_result_keeps_position_and_marks(playback: Playback) -> None:
    playback.mark(10, 20)
    playback.go(15)

    playback.reach(150)

    assert (playback.length, playback.position) == (150, 15)
    assert (playback.in_mark, playback.out_mark) == (10, 20)
