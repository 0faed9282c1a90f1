"""Comparing in the real window: keys, buttons and boxes, and what is seen on the canvas."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from core.errors import UserError
from core.requests import RoundTripRequest
from studio.panels.compare_bar import CompareButton
from studio.panels.main_window import MainWindow
from studio.settings import Settings
from studio.state.compare.comparing import FASTEST, SLOWEST, Shown
from studio.widgets.comparison import panes
from tests.studio.clips import write_numbered
from tests.studio.fakes import FRAMES, ROUND_TRIP_LEVEL, ReplayingEngine
from tests.studio.window import drag, in_view, opened, run, until

pytestmark = pytest.mark.usefixtures("qapp")
PLACE = (25.0, 22.0)
"""In the middle of what is painted."""
RESULT = 200
SHIFT = Qt.KeyboardModifier.ShiftModifier
MODES = {"wipe": Qt.Key.Key_W, "beside": Qt.Key.Key_S, "difference": Qt.Key.Key_D,
         "flicker": Qt.Key.Key_K, "off": Qt.Key.Key_X}  # fmt: skip


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Frame k has the level 5 · k."""
    return write_numbered(tmp_path / "clip.mkv")


@pytest.fixture
def engine() -> ReplayingEngine:
    return ReplayingEngine()


async def generated(window: MainWindow) -> None:
    window.studio.tools.resize_brush(24)
    drag(window.canvas.view, [(20.0, 20.0), (30.0, 24.0)])
    window.inspector.job.generate.click()
    await window.studio.generation.ended()


def press(window: MainWindow, key: Qt.Key, held: Qt.KeyboardModifier | None = None) -> None:
    QTest.keyClick(window, key, held or Qt.KeyboardModifier.NoModifier)


def level(window: MainWindow, x: float = PLACE[0], y: float = PLACE[1], pane: int = 0) -> int:
    """The red that the canvas shows of a point of the picture."""
    view = window.canvas.view
    origin = panes(view.rect(), view._scene.comparison)[pane].topLeft()
    return view.grab().toImage().pixelColor(in_view(view, x, y) + origin).red()


def choose(window: MainWindow, left: str = "original", right: str = "result") -> None:
    """What a person does with both boxes."""
    window.canvas.compare.left.choose(left)
    window.canvas.compare.right.choose(right)


async def go(window: MainWindow, frame: int) -> None:
    window.studio.playback.go(frame)
    await until(lambda: window.studio.stage.number == frame)


def test_each_key_turns_its_way_on_and_off_again(engine: ReplayingEngine, clip: Path) -> None:
    async def scenario() -> None:
        async with opened(engine, clip) as window:
            comparing, bar = window.studio.comparing, window.canvas.compare
            assert bar.isHidden()
            for mode, key in MODES.items():
                press(window, key, SHIFT)
                assert comparing.mode == mode
                name = "compare_off" if mode == "off" else mode
                assert window.actions_[name].isChecked()
                assert bar.isHidden() == (mode == "off")
                assert bar.gain.isHidden() == bar.legend.isHidden() == (mode != "difference")
                assert bar.rate.isHidden() == (mode != "flicker")
                assert bar.turn.isHidden() == (mode != "wipe")
            press(window, MODES["beside"], SHIFT)
            press(window, MODES["beside"], SHIFT)
            assert comparing.mode == "off"
            assert comparing.shown is None

    run(scenario())


def test_button_says_whether_and_how_it_is_compared(engine: ReplayingEngine, clip: Path) -> None:
    async def scenario() -> None:
        async with opened(engine, clip) as window:
            window.resize(1180, 700)
            button = window.canvas.findChild(CompareButton)
            for action in button.menu().actions()[:5]:
                action.trigger()
                assert action.isChecked()
                assert button.isChecked() == (window.studio.comparing.mode != "off")
                await asyncio.sleep(0)
                assert window.minimumSizeHint().width() <= 1180
            button.setChecked(False)  # as a click with the keyboard does, which opens the menu
            button.clicked.emit()
            assert button.isChecked()

    run(scenario())


def test_side_by_side_is_of_one_frame(engine: ReplayingEngine, clip: Path) -> None:
    async def scenario() -> None:
        async with opened(engine, clip) as window:
            await generated(window)
            window.actions_["beside"].trigger()
            for frame in (0, 2, FRAMES - 1):
                await go(window, frame)
                assert level(window, pane=0) == 5 * frame
                assert level(window, pane=1) == RESULT
                assert level(window, 60, 44, pane=1) == 5 * frame  # nothing is generated there
            await go(window, 9)
            assert (level(window, pane=0), level(window, pane=1)) == (45, 45)
            assert window.studio.comparing.shown.halves[1].title == (
                "Nothing is generated on this frame"
            )

    run(scenario())


def test_sides_stay_in_step_while_playing(engine: ReplayingEngine, clip: Path) -> None:
    async def scenario() -> None:
        async with opened(engine, clip) as window:
            studio = window.studio
            await generated(window)
            choose(window, "round_trip", "original")
            window.actions_["beside"].trigger()
            await until(lambda: studio.comparing.shown.halves[0].picture is not None)
            seen: list[tuple[int, int, int]] = []

            def note(shown: Shown | None) -> None:
                if shown is None:
                    return
                trip, original = shown.halves
                corner, number = original.picture[0, 0, 0], studio.stage.number
                seen.append((number, int(corner), int(trip.picture[24, 32, 0])))

            studio.comparing.changed("shown").connect(note)
            studio.playback.toggle()
            await until(lambda: len({number for number, _, _ in seen}) > FRAMES + 2)
            studio.playback.pause()
            for number, original, trip in seen:
                assert original == 5 * number
                assert trip == (ROUND_TRIP_LEVEL if number < FRAMES else original)

    run(scenario())


def test_round_trip_is_asked_once_and_says_meanwhile_that_it_is_made(
    engine: ReplayingEngine, clip: Path
) -> None:
    async def scenario() -> None:
        async with opened(engine, clip) as window:
            comparing = window.studio.comparing
            await generated(window)
            window.actions_["wipe"].trigger()
            choose(window, "round_trip")
            (left, right) = comparing.shown.halves
            assert left.picture is None
            assert left.title == "The tokenizer round trip is being made: 0 of 4 frames."
            assert right.picture is not None
            await until(lambda: comparing.shown.halves[0].picture is not None)

            comparing.position = 1.0
            assert level(window) == ROUND_TRIP_LEVEL
            comparing.position = 0.0
            assert level(window) == RESULT
            picture = comparing.shown.halves[0].picture
            comparing.gain = 7  # shows all anew: what did not change is not made again
            assert comparing.shown.halves[0].picture is picture
            for frame in (2, 0, 3):
                await go(window, frame)
            choose(window, "original", "round_trip")
            (asked,) = engine.pixels
            request = window.studio.generation.request
            assert asked == RoundTripRequest(request.bundle, str(clip), request.covered)

    run(scenario())


def test_round_trip_is_there_before_anything_is_generated(
    engine: ReplayingEngine, clip: Path
) -> None:
    async def scenario() -> None:
        async with opened(engine, clip) as window:
            comparing, framing = window.studio.comparing, window.studio.framing
            choose(window, "original", "round_trip")
            assert engine.pixels == []  # nothing is compared yet
            window.actions_["difference"].trigger()
            await until(lambda: comparing.shown.halves[0].picture is not None)
            assert level(window, 32, 24) == 4 * ROUND_TRIP_LEVEL - 255 + 202  # 4 · 77, at most 255
            assert engine.pixels[0].window == framing.window

    run(scenario())


def test_failed_round_trip_is_a_sentence_on_the_canvas(clip: Path) -> None:
    class Refusing(ReplayingEngine):
        async def run(self, request: object):
            if isinstance(request, RoundTripRequest):
                raise UserError("The model's folder is gone.")
            async for update in super().run(request):
                yield update

    async def scenario() -> None:
        async with opened(Refusing(), clip) as window:
            window.actions_["beside"].trigger()
            choose(window, "round_trip")
            await until(lambda: window.studio.notices.current)
            half = window.studio.comparing.shown.halves[0]
            assert half.picture is None
            assert half.title == "There is no round trip. The model's folder is gone."
            assert window.canvas.notice.text.text() == "The model's folder is gone."

    run(scenario())


def test_difference_is_amplified_and_signed(engine: ReplayingEngine, clip: Path) -> None:
    async def scenario() -> None:
        async with opened(engine, clip) as window:
            await generated(window)
            await go(window, 2)  # level 10
            window.actions_["difference"].trigger()
            bar = window.canvas.compare
            bar.gain.setValue(1)
            assert level(window) == RESULT - 10
            assert level(window, 60, 44) == 0
            bar.signed.setChecked(True)
            assert level(window) == 255
            assert level(window, 60, 44) == 128
            window.actions_["swap_sides"].trigger()
            assert level(window) == 0
            assert bar.left.name == "result"

    run(scenario())


def test_flicker_shows_one_side_after_the_other(engine: ReplayingEngine, clip: Path) -> None:
    async def scenario() -> None:
        async with opened(engine, clip) as window:
            await generated(window)
            comparing = window.studio.comparing
            window.canvas.compare.rate.setValue(FASTEST)
            window.actions_["flicker"].trigger()
            seen: list[tuple[str, int]] = []

            def note(shown: Shown | None) -> None:
                if shown is not None:
                    seen.append((shown.halves[0].title, level(window)))

            comparing.changed("shown").connect(note)
            await until(lambda: len(seen) >= 4)
            window.actions_["compare_off"].trigger()
            assert seen[:4] == [("Original", 0), ("Result", RESULT)] * 2
            assert len(window.canvas._drawn) <= 2
            assert not comparing._clock.isActive()

    run(scenario())


def test_flicker_is_never_faster_than_three_flashes_a_second(engine: ReplayingEngine) -> None:
    async def scenario() -> None:
        async with opened(engine) as window:
            rate = window.canvas.compare.rate
            assert rate.maximum() == FASTEST <= 6
            rate.setValue(99)
            assert window.studio.comparing._clock.interval() >= 1000 / 6
            rate.setValue(SLOWEST)
            assert window.studio.comparing._clock.interval() == 1000 / SLOWEST

    run(scenario())


def test_left_side_is_seen_while_the_key_is_held(engine: ReplayingEngine, clip: Path) -> None:
    async def scenario() -> None:
        async with opened(engine, clip) as window:
            await generated(window)
            for mode in ("off", "beside", "difference"):
                window.studio.comparing.mode = mode
                QTest.keyPress(window.canvas.view, Qt.Key.Key_A)
                assert level(window) == 0
                assert len(window.studio.comparing.shown.halves) == 1
                QTest.keyRelease(window.canvas.view, Qt.Key.Key_A)
                assert not window.studio.comparing.peeking
            window.studio.comparing.mode = "off"
            assert level(window) == RESULT

    run(scenario())


def test_wipe_is_dragged_both_ways_with_the_hand(engine: ReplayingEngine, clip: Path) -> None:
    async def scenario() -> None:
        async with opened(engine, clip) as window:
            await generated(window)
            comparing, view = window.studio.comparing, window.canvas.view
            window.studio.tools.tool = "pan"
            press(window, Qt.Key.Key_W, SHIFT)
            drag(view, [(32, 10), (48, 10)])
            assert comparing.position == pytest.approx(0.75, abs=0.02)
            assert level(window) == 0
            window.canvas.compare.turn.click()
            assert not comparing.upright
            drag(view, [(10, 36), (10, 12)])
            assert comparing.position == pytest.approx(0.25, abs=0.02)
            assert level(window) == RESULT

    run(scenario())


def test_held_step_is_compared_with_what_comes_after(engine: ReplayingEngine, clip: Path) -> None:
    async def scenario() -> None:
        async with opened(engine, clip) as window:
            job, comparing = window.studio.generation, window.studio.comparing
            engine.hold_after = 2
            window.studio.tools.resize_brush(24)
            drag(window.canvas.view, [(20.0, 20.0), (30.0, 24.0)])
            window.inspector.job.generate.click()
            await until(lambda: len(job.steps) == 2)
            window.actions_["compare_step"].trigger()
            comparing.mode = "beside"
            assert comparing.shown.halves[0].title == "Held: Step 2 of 4"
            assert comparing.shown.halves[1].title == "Step 2 of 4"
            job.pause()
            await job.ended()
            engine.hold_after = None
            job.resume()
            await job.ended()
            assert (level(window, pane=0), level(window, pane=1)) == (10, RESULT)

            job.look_at(0)
            assert (level(window, pane=0), level(window, pane=1)) == (10, 0)
            assert comparing.shown.halves[1].title == "Step 1 of 4"

            window.studio.session.open(clip)  # another clip: nothing is held
            await until(lambda: comparing.held is None)
            assert comparing.left == "original"

    run(scenario())


def test_round_trip_waits_for_a_generation_and_says_so(engine: ReplayingEngine, clip: Path) -> None:
    async def scenario() -> None:
        async with opened(engine, clip) as window:
            engine.hold_after, engine.hold_pixels = 1, True
            window.studio.tools.resize_brush(24)
            drag(window.canvas.view, [(20.0, 20.0), (30.0, 24.0)])
            window.inspector.job.generate.click()
            await until(lambda: window.studio.generation.steps)
            choose(window, "round_trip")
            window.actions_["wipe"].trigger()
            assert window.studio.comparing.shown.halves[0].title == (
                "The tokenizer round trip is made when the generation has ended."
            )
            window.studio.generation.stop()
            await window.studio.generation.ended()
            assert "being made" in window.studio.comparing.shown.halves[0].title

    run(scenario())


def test_blank_clip_has_no_round_trip_and_the_box_says_so(engine: ReplayingEngine) -> None:
    async def scenario() -> None:
        async with opened(engine) as window:
            window.studio.asking.new_clip()
            await until(lambda: window.studio.stage.picture is not None)
            window.actions_["beside"].trigger()
            box = window.canvas.compare.left
            assert box.obstacle("round_trip") == "A blank clip has no pixels for the tokenizer."
            box.choose("round_trip")
            assert window.studio.comparing.left == "original"

    run(scenario())


def test_how_it_is_compared_is_remembered(engine: ReplayingEngine, clip: Path) -> None:
    async def scenario() -> None:
        async with opened(engine, clip) as window:
            comparing = window.studio.comparing
            choose(window, "round_trip", "original")
            window.canvas.compare.gain.setValue(9)
            window.canvas.compare.signed.setChecked(True)
            window.canvas.compare.rate.setValue(3.5)
            comparing.upright = False
            saved = window.studio.remembered("")
        async with opened(engine, clip, settings=saved) as window:
            again = window.studio.comparing
            assert (again.left, again.right) == ("round_trip", "original")
            assert (again.gain, again.signed, again.rate, again.upright) == (9, True, 3.5, False)
            assert again.mode == "off"

    run(scenario())


@pytest.mark.parametrize(
    "saved",
    [{"left": "step", "gain": 99}, {"left": 7, "gain": "x", "rate": 100.0, "signed": 1}, {}],
)
def test_damaged_settings_give_what_can_be_shown(engine: ReplayingEngine, saved: dict) -> None:
    async def scenario() -> None:
        async with opened(engine, settings=Settings(compare=saved)) as window:
            comparing = window.studio.comparing
            assert comparing.left == "original"
            assert 1 <= comparing.gain <= 32
            assert SLOWEST <= comparing.rate <= FASTEST
            assert comparing.signed is False

    run(scenario())


def test_working_window_does_not_darken_what_is_compared(
    engine: ReplayingEngine, clip: Path
) -> None:
    async def scenario() -> None:
        async with opened(engine, clip) as window:
            window.studio.tools.tool = "pan"
            await go(window, 19)
            window.actions_["wipe"].trigger()
            assert level(window, 4, 40) == 95
            window.studio.tools.tool = "window"
            assert window.canvas.view._scene.window is not None
            await asyncio.sleep(0)

    run(scenario())
