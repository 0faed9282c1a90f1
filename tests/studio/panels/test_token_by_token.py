"""The window while a model decides token after token, and after."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from studio.panels.main_window import MainWindow
from studio.state.takes.take import Phase
from tests.studio.clips import write_numbered
from tests.studio.fakes import CAUSAL_BUNDLE, ReplayingEngine, both_families
from tests.studio.window import in_view, opened, run, until

pytestmark = pytest.mark.usefixtures("qapp")
FRAMES = 20
Scenario = Callable[[MainWindow, ReplayingEngine], Coroutine[Any, Any, None]]


@pytest.fixture
def play(tmp_path: Path) -> Callable[[Scenario], None]:
    """Runs a scenario in a window with a clip and a causal model; the last frame is looked at."""

    def played(scenario: Scenario) -> None:
        async def whole() -> None:
            engine = ReplayingEngine(both_families())
            clip = write_numbered(tmp_path / "clip.mkv", FRAMES)
            async with opened(engine, clip) as window:
                window.studio.recipe.bundle = CAUSAL_BUNDLE
                window.studio.playback.go(FRAMES - 1)
                await scenario(window, engine)

        run(whole())

    return played


async def held(window: MainWindow, engine: ReplayingEngine, before: int) -> None:
    """Generates up to the step `before`, and sees the first new frame."""
    engine.hold_after = before
    window.inspector.job.generate.click()
    studio = window.studio
    await until(lambda: studio.generation.steps and studio.generation.steps[-1].step == before - 8)
    await until(lambda: studio.stage.number == FRAMES)


def test_progress_counts_tokens(play) -> None:
    async def scenario(window: MainWindow, engine: ReplayingEngine) -> None:
        job = window.inspector.job
        await held(window, engine, 55)
        assert job.progress.text.text().startswith("Token 48 of 64")
        job.pause.click()
        assert job.progress.text.text() == "Stopping"
        await window.studio.generation.ended()
        assert job.progress.text.text() == "Paused after token 48 of 64"
        engine.hold_after = None
        job.pause.click()
        await window.studio.generation.ended()
        assert job.progress.text.text() == "Finished: 64 tokens"

    play(scenario)


def test_undecided_places_are_dark_on_the_canvas_with_the_lens_and_without(play) -> None:
    async def scenario(window: MainWindow, engine: ReplayingEngine) -> None:
        view, studio = window.canvas.view, window.studio
        await held(window, engine, 47)  # half of the first new frame
        for lens in (False, True):
            studio.tools.lens = lens
            seen = view.grab().toImage()
            above, below = (seen.pixelColor(in_view(view, 33, y)) for y in (9, 40))
            assert above.green() > 90
            assert below.green() < 90
            assert (below.blue() > below.green() + 20) == lens  # the lens's colour lies on top

    play(scenario)


def test_chosen_step_is_named_by_its_token(play) -> None:
    async def scenario(window: MainWindow, _engine: ReplayingEngine) -> None:
        window.inspector.job.generate.click()
        await window.studio.generation.ended()
        steps = [step.step for step in window.studio.generation.steps]
        assert steps == [39, 47, 55, 63]

        strip = window.bottom.strip
        QTest.mouseClick(strip.cells, Qt.MouseButton.LeftButton, pos=strip.cells.cell(47).center())

        assert window.studio.generation.looked_at == 1
        assert window.inspector.job.again.text() == "Decode again from token 48"

    play(scenario)


def test_strip_shows_the_frame_of_the_newest_token(play) -> None:
    async def scenario(window: MainWindow, _engine: ReplayingEngine) -> None:
        window.inspector.job.generate.click()
        await window.studio.generation.ended()
        result = window.studio.result

        half, whole = (result.step_picture(step, None, 0) for step in (0, 1))

        assert (half[:8] == 104).all()
        assert (half[8:] < 104).all()
        assert (whole == 104).all()

    play(scenario)


def test_timeline_reaches_as_far_as_the_result(play) -> None:
    async def scenario(window: MainWindow, _engine: ReplayingEngine) -> None:
        window.studio.recipe.length = 50
        window.inspector.job.generate.click()
        await window.studio.generation.ended()
        timeline = window.bottom.timeline
        assert timeline.frameAt(timeline.width()) == FRAMES - 4 + 50 - 1
        timeline.positionRequested.emit(60)
        await until(lambda: window.studio.stage.number == 60)
        assert window.bottom.transport.count.text().startswith("61 / 66")

        window.actions_["discard"].trigger()
        assert timeline.frameAt(timeline.width()) == FRAMES - 1

    play(scenario)


def test_play_while_decoding_stays_within_what_is_there(play) -> None:
    async def scenario(window: MainWindow, engine: ReplayingEngine) -> None:
        playback = window.studio.playback
        await held(window, engine, 55)  # one new token frame: two frames
        seen: set[int] = set()
        playback.changed("position").connect(seen.add)
        window.actions_["play"].trigger()
        await until(lambda: len(seen) >= 4)
        assert max(seen) == FRAMES + 1
        assert min(seen) >= FRAMES - 4
        engine.hold_after = None
        window.inspector.job.stop.click()
        await window.studio.generation.ended()
        assert window.studio.generation.phase is Phase.STOPPED

    play(scenario)


def test_empty_canvas_offers_a_blank_clip() -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine(both_families())) as window:
            window.studio.recipe.bundle = CAUSAL_BUNDLE
            button = window.canvas.welcome.buttons["new_clip"]
            assert button.isVisible()
            button.click()
            assert not button.isVisible()
            assert window.windowTitle().startswith("Untitled – New clip")
            await until(lambda: window.studio.stage.picture is not None)

    run(scenario())


def test_generate_needs_no_clip_for_a_task_that_uses_none() -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine(both_families())) as window:
            window.studio.recipe.bundle = CAUSAL_BUNDLE
            assert not window.inspector.job.generate.isEnabled()
            window.studio.recipe.task = "generate"
            assert window.inspector.job.generate.isEnabled()
            window.inspector.job.generate.click()
            await window.studio.generation.ended()
            assert window.studio.generation.phase is Phase.FINISHED
            await until(lambda: window.studio.stage.picture is not None)
            assert window.studio.stage.picture[0, 0, 0] == 100

    run(scenario())
