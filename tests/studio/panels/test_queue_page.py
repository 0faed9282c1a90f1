"""The queue page: what runs, the order of what waits, and cards that offer a way out."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtTest import QTest

from core.engine.client import EngineDied
from core.estimates.prediction import Estimate
from core.requests import GenerationRequest
from core.window import whole
from studio.panels.main_window import MainWindow
from studio.panels.queue_page import QueuePage
from studio.state.estimates import Estimates
from studio.state.takes.take import Phase
from tests.studio.clips import write_numbered
from tests.studio.fakes import FRAMES, SIDE, ReplayingEngine
from tests.studio.window import drag, opened, run, until

Scenario = Callable[[MainWindow, QueuePage, ReplayingEngine], Coroutine[Any, Any, None]]


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_numbered(tmp_path / "clip.mkv")


def play(scenario: Scenario, clip: Path) -> None:
    """Runs a scenario in a window whose queue page is open."""

    async def whole_of_it() -> None:
        engine = ReplayingEngine()
        async with opened(engine, clip) as window:
            window.studio.tools.side = "queue"
            page = window.side.page("queue")
            assert isinstance(page, QueuePage)
            await scenario(window, page, engine)

    run(whole_of_it(), 60)


async def busy(window: MainWindow, engine: ReplayingEngine, clip: Path, jobs: int) -> None:
    """One job runs and stands still at its third step, the others wait."""
    engine.hold_after = 2
    request = GenerationRequest(
        "/models/tiny", "FP", str(clip), whole((64, 48), (FRAMES, SIDE, SIDE))
    )
    for seed in range(jobs):
        window.studio.generation.begin(replace(request, seed=seed))
    await until(lambda: len(window.studio.generation.steps) == 2)


def seeds(window: MainWindow) -> list[int]:
    return [take.request.seed for take in window.studio.queue.waiting]


def choose(page: QueuePage, row: int) -> None:
    page.waiting.setFocus()
    page.waiting.setCurrentRow(row)


def test_generate_button_says_what_it_does(clip: Path) -> None:
    async def scenario(window: MainWindow, page: QueuePage, engine: ReplayingEngine) -> None:
        job, studio = window.inspector.job, window.studio
        drag(window.canvas.view, [(20, 20), (40, 30)])
        engine.hold_after = 2
        assert job.generate.text() == "Generate"
        job.generate.click()
        await until(lambda: len(studio.generation.steps) == 2)
        first = studio.generation.take
        assert job.generate.text() == "Add to the queue"
        for action in ("generate", "generate", "generate_next"):
            studio.recipe.seed += 1
            window.actions_[action].trigger()
        assert seeds(window) == [3, 1, 2]
        assert studio.generation.take is first  # what is looked at stays
        assert "3 wait" in window.canvas.notice.text.text()
        assert (window.tools.waiting.isVisible(), window.tools.waiting.text()) == (True, "3")
        assert page.waiting.count() == 3
        window.actions_["queue_cancel"].trigger()
        await studio.queue.all_ended()
        assert (job.generate.text(), window.tools.waiting.isVisible()) == ("Generate", False)

    play(scenario, clip)


def test_running_job_has_a_card_with_its_picture_and_buttons(clip: Path) -> None:
    async def scenario(window: MainWindow, page: QueuePage, engine: ReplayingEngine) -> None:
        await busy(window, engine, clip, 1)
        card = page.running
        assert card.isVisible()
        assert (card.progress.bar.value(), card.progress.bar.maximum()) == (2, 4)
        assert not card.show_it.isVisible()  # it is on the canvas
        window.studio.generation.show(None)
        card.show_it.click()
        assert window.studio.generation.take is window.studio.queue.running
        card.pause.click()
        await window.studio.queue.all_ended()
        assert not card.isVisible()
        (halted,) = page.halted
        assert halted.heading.text() == "Paused"
        engine.hold_after = None
        halted.offers[0].click()
        await window.studio.queue.all_ended()
        assert page.halted == []
        assert window.studio.history.entries[0].phase is Phase.FINISHED

    play(scenario, clip)


def test_waiting_jobs_are_put_in_order_by_dragging_and_by_keys(clip: Path) -> None:
    async def scenario(window: MainWindow, page: QueuePage, engine: ReplayingEngine) -> None:
        await busy(window, engine, clip, 4)
        assert seeds(window) == [1, 2, 3]
        root = QModelIndex()
        page.waiting.model().moveRow(root, 2, root, 0)  # as the list does when a row is dropped
        await until(lambda: seeds(window) == [3, 1, 2])
        choose(page, 2)
        QTest.keyClick(page.waiting, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
        await until(lambda: seeds(window) == [3, 2, 1])
        assert page.waiting.currentRow() == 1
        QTest.keyClick(page.waiting, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
        await until(lambda: seeds(window) == [3, 1, 2])

    play(scenario, clip)


def test_waiting_jobs_are_removed_by_key_and_by_their_cross(clip: Path) -> None:
    async def scenario(window: MainWindow, page: QueuePage, engine: ReplayingEngine) -> None:
        await busy(window, engine, clip, 4)
        choose(page, 1)
        QTest.keyClick(page.waiting, Qt.Key.Key_Delete)
        assert seeds(window) == [1, 3]
        row = page.waiting.visualItemRect(page.waiting.item(0))
        cross = QPoint(row.right() - 14, row.top() + 14)
        QTest.mouseClick(page.waiting.viewport(), Qt.MouseButton.LeftButton, pos=cross)
        assert seeds(window) == [3]

    play(scenario, clip)


def test_waiting_jobs_say_what_they_take(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def of(_self: Estimates, asked: GenerationRequest) -> Estimate:
        fits = asked.seed != 2
        return Estimate(8.0, (6.0, 12.0), 10**9, 8 * 10**9, fits, "" if fits else "It needs 9 GB.")

    monkeypatch.setattr(Estimates, "of", of)

    async def scenario(window: MainWindow, page: QueuePage, engine: ReplayingEngine) -> None:
        await busy(window, engine, clip, 3)
        window.studio.queue.running.eta = 4.0
        page._show_waiting()
        first, second = (page.waiting.item(row).toolTip() for row in range(2))
        assert "6.0 s to 12 s  ·  1.0 GB of 8.0 GB" in first
        assert "Begins in about 4.0 s" in first
        assert "Does not fit: it needs 9 GB." in second
        assert "Begins in about 12 s" in second

    play(scenario, clip)


def test_queue_is_held_and_goes_on(clip: Path) -> None:
    async def scenario(window: MainWindow, page: QueuePage, engine: ReplayingEngine) -> None:
        await busy(window, engine, clip, 2)
        page.hold.click()
        await window.studio.queue.all_ended()
        assert page.hold.text() == "Go on"
        assert [page.waiting.item(row).toolTip().count("Goes on") for row in range(2)] == [1, 0]
        engine.hold_after = None
        page.hold.click()
        await window.studio.queue.all_ended()
        assert {entry.phase for entry in window.studio.history.entries} == {Phase.FINISHED}

    play(scenario, clip)


def test_failed_job_has_a_card_with_its_cause_and_a_lower_setting(clip: Path) -> None:
    async def scenario(window: MainWindow, page: QueuePage, engine: ReplayingEngine) -> None:
        studio = window.studio
        drag(window.canvas.view, [(20, 20), (40, 30)])
        studio.recipe.count = 4
        engine.fail_after, engine.error = 1, EngineDied(-9)
        studio.asking.generate()
        await studio.queue.all_ended()
        (card,) = page.halted
        assert card.heading.text() == "Not enough memory"
        assert "SIGKILL" in card.why.text()
        words = [button.text() for button in card.offers]
        assert words == ["2 variations instead of 4", "Go on from step 1"]
        card.offers[0].click()
        await studio.queue.all_ended()
        assert [request.count for request in engine.requests] == [4, 2]
        assert engine.requests[1].painted == engine.requests[0].painted
        assert page.halted == []

    play(scenario, clip)


def test_card_is_dismissed_and_the_take_stays_among_the_results(clip: Path) -> None:
    async def scenario(window: MainWindow, page: QueuePage, engine: ReplayingEngine) -> None:
        engine.error = RuntimeError("broken")
        engine.fail_after = 1
        asked_for_log: list[bool] = []
        window.studio.notices.log_wanted.disconnect()
        window.studio.notices.log_wanted.connect(lambda: asked_for_log.append(True))
        request = GenerationRequest(
            "/models/tiny", "FP", str(clip), whole((64, 48), (FRAMES, SIDE, SIDE))
        )
        window.studio.generation.begin(request)
        await window.studio.queue.all_ended()
        (card,) = page.halted
        assert card.heading.text() == "Something went wrong"
        next(button for button in card.offers if button.text() == "Show log").click()
        assert asked_for_log == [True]
        card.dismiss.click()
        assert page.halted == []
        assert [entry.phase for entry in window.studio.history.entries] == [Phase.STOPPED]

    play(scenario, clip)
