"""Tokens in the window: read, picked, asked about, marked and branched from."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from core.errors import UserError
from core.token_edits import AGAIN, FREE, KEPT
from studio.panels.branch_dialog import BranchDialog
from studio.panels.main_window import MainWindow
from studio.widgets.token_picker import NOWHERE
from tests.studio.clips import write_numbered
from tests.studio.fakes import TOTAL, ReplayingEngine, both_families
from tests.studio.window import opened, run, until

pytestmark = pytest.mark.usefixtures("qapp")
LEFT = Qt.MouseButton.LeftButton
Scenario = Callable[[MainWindow, ReplayingEngine], Coroutine[Any, Any, None]]


@pytest.fixture
def play(tmp_path: Path) -> Callable[[Scenario], None]:
    """Runs a scenario in a window with a finished result, whose tokens are seen; the hand is the
    tool."""

    def played(scenario: Scenario) -> None:
        async def whole() -> None:
            engine = ReplayingEngine(both_families())
            async with opened(engine, write_numbered(tmp_path / "clip.mkv")) as window:
                studio = window.studio
                studio.masks.paint(0, np.ones((48, 64), bool))
                studio.asking.generate()
                await until(lambda: studio.generation.finished)
                studio.tools.tool = "pan"
                studio.tools.lens = True
                await scenario(window, engine)

        run(whole())

    return played


def middle(window: MainWindow, row: int, column: int) -> QPoint:
    return window.canvas.view.tokens.rect((row, column)).center().toPoint()


async def asked(window: MainWindow, row: int = 0, column: int = 0) -> None:
    """Clicks a token and waits for the pictures of its candidates."""
    QTest.mouseClick(window.canvas.view, LEFT, pos=middle(window, row, column))
    candidates = window.studio.candidates
    await until(lambda: len(candidates.pictures) == len(window.canvas.candidates.list.rows))


def test_the_token_under_the_cursor_is_read_in_words(play) -> None:
    async def scenario(window: MainWindow, _engine: ReplayingEngine) -> None:
        bar, view = window.canvas.lens_bar, window.canvas.view
        assert "Click a token" in bar.readout.text()

        QTest.mouseMove(view, middle(window, 1, 0))

        assert bar.readout.text() == "Token 3  ·  kept at step 2  ·  50% sure"
        window.studio.generation.look_at(0)
        assert bar.readout.text() == "Token 0  ·  masked  ·  50% sure"
        QTest.mouseMove(view, QPoint(3, 3))
        assert "Click a token" in bar.readout.text()

    play(scenario)


def test_the_legend_names_what_the_lens_shows_and_the_marks_that_there_are(play) -> None:
    async def scenario(window: MainWindow, _engine: ReplayingEngine) -> None:
        bar, marks = window.canvas.lens_bar, window.studio.token_marks
        assert bar.legend.words() == ["given", "condition", "masked", "kept"]
        marks.mark_one((0, 0, 0), AGAIN)
        marks.mark_one((0, 0, 1), 7)
        assert bar.legend.words()[-2:] == ["again", "chosen"]

        for row in range(bar.mode.count()):
            bar.mode.setCurrentIndex(row)
            bar.mode.activated.emit(row)
            assert window.canvas.view.lens.mode == bar.mode.itemData(row)
            assert len(bar.legend.words()) > 2

    play(scenario)


def test_a_click_asks_what_a_token_could_be_and_the_answer_is_beside_it(play) -> None:
    async def scenario(window: MainWindow, engine: ReplayingEngine) -> None:
        popover, view = window.canvas.candidates, window.canvas.view
        await asked(window, 1, 1)

        assert engine.candidates[0].place == (0, 1, 1)
        assert popover.isVisible()
        assert popover.title.text() == "Token 3"
        assert [row.row.token for row in popover.list.rows] == list(range(40, 46))
        assert [row.row.present for row in popover.list.rows].index(True) == 2
        assert all(row.frames for row in popover.list.rows)
        assert "bits of doubt" in popover.said.text()
        cell = view.tokens.rect((1, 1)).toRect()
        cell.moveTo(view.mapTo(window.canvas, cell.topLeft()))
        assert not popover.geometry().intersects(cell)
        assert window.canvas.rect().contains(popover.geometry())

        popover.close_.click()
        assert not popover.isVisible()
        assert view.tokens.chosen == (1, 1)

    play(scenario)


def test_a_candidate_is_put_there_and_the_buttons_mark_the_token(play) -> None:
    async def scenario(window: MainWindow, _engine: ReplayingEngine) -> None:
        popover, marks = window.canvas.candidates, window.studio.token_marks
        await asked(window)

        def now() -> int:
            return int(marks.edits.marks[0, 0, 0])

        assert not popover.marks[FREE].isEnabled()
        popover.list.rows[0].click()
        assert now() == 40
        popover.list.rows[2].click()  # it stands there
        assert now() == KEPT
        assert not popover.marks[KEPT].isEnabled()
        assert popover.marks[KEPT].toolTip() == "It is marked so already."
        popover.marks[AGAIN].click()
        assert now() == AGAIN
        popover.marks[FREE].click()
        assert now() == FREE
        QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        assert now() == AGAIN

    play(scenario)


def test_all_of_it_works_from_the_keyboard(play) -> None:
    async def scenario(window: MainWindow, _engine: ReplayingEngine) -> None:
        view, popover = window.canvas.view, window.canvas.candidates
        window.activateWindow()
        window.actions_["pick_token"].trigger()
        assert view.tokens.chosen == (1, 1)
        await until(view.hasFocus)

        said: list[str] = []
        view.announced.connect(said.append)
        QTest.keyClick(view, Qt.Key.Key_Up)
        assert view.tokens.chosen == (0, 1)
        assert said == ["Token 3  ·  kept at step 1  ·  50% sure"]
        assert window.canvas.lens_bar.readout.text() == said[0]
        QTest.keyClick(view, Qt.Key.Key_Return)
        await until(lambda: popover.list.rows[0].hasFocus())
        QTest.keyClick(popover.list.rows[0], Qt.Key.Key_Down)
        QTest.keyClick(popover.list.rows[1], Qt.Key.Key_Return)
        assert int(window.studio.token_marks.edits.marks[0, 0, 1]) == 41
        QTest.keyClick(popover.list.rows[1], Qt.Key.Key_Escape)
        assert not popover.isVisible()
        await until(view.hasFocus)
        QTest.keyClick(view, Qt.Key.Key_Escape)
        assert view.tokens.chosen == NOWHERE

    play(scenario)


def test_why_there_are_no_candidates_is_read_in_their_place(play) -> None:
    async def scenario(window: MainWindow, engine: ReplayingEngine) -> None:
        engine.no_candidates = UserError("The tokens before it are not decided yet.")
        popover = window.canvas.candidates

        QTest.mouseClick(window.canvas.view, LEFT, pos=middle(window, 0, 0))
        await until(lambda: window.studio.candidates.failure)

        assert popover.said.text() == "The tokens before it are not decided yet."
        assert popover.list.isHidden()
        window.studio.generation.look_at(0)
        assert popover.isHidden()

    play(scenario)


def test_tokens_are_brushed_on_one_frame_or_on_all_and_gone_on_with(play) -> None:
    async def scenario(window: MainWindow, engine: ReplayingEngine) -> None:
        studio, bar, view = window.studio, window.canvas.lens_bar, window.canvas.view
        before = studio.generation.take
        assert bar.go_on.isHidden()
        window.actions_["repaint"].trigger()
        assert not bar.through_time.isHidden()
        studio.tools.resize_brush(1)
        QTest.mouseClick(view, LEFT, pos=middle(window, 0, 0))
        bar.through_time.click()
        window.actions_["pin"].trigger()
        QTest.mouseClick(view, LEFT, pos=middle(window, 1, 1))
        edits = studio.token_marks.edits
        assert np.argwhere(edits.again).tolist() == [[0, 0, 0]]
        assert np.argwhere(edits.pinned).tolist() == [[0, 1, 1], [1, 1, 1]]
        assert bar.go_on.text() == "Continue with 3"

        bar.go_on.click()
        await until(lambda: studio.generation.take is not before and studio.generation.finished)

        assert engine.requests[-1].edits == edits
        assert studio.token_marks.edits == edits.settled()
        assert not bar.go_on.isEnabled()
        studio.generation.show(before)
        assert studio.token_marks.edits == edits

    play(scenario)


def test_the_bar_fits_a_narrow_window(play) -> None:
    async def scenario(window: MainWindow, _engine: ReplayingEngine) -> None:
        marks, bar = window.studio.token_marks, window.canvas.lens_bar
        for place, mark in (((0, 0, 0), AGAIN), ((0, 0, 1), KEPT), ((0, 1, 0), 7)):
            marks.mark_one(place, mark)
        window.actions_["pin"].trigger()

        assert bar.minimumSizeHint().width() <= 600

    play(scenario)


def test_turning_the_lens_off_puts_the_marking_tool_away(play) -> None:
    async def scenario(window: MainWindow, _engine: ReplayingEngine) -> None:
        studio = window.studio
        studio.tools.lens = False
        window.actions_["pin"].trigger()
        assert studio.tools.lens
        assert window.canvas.lens_bar.isVisible()
        studio.tools.lens = False
        assert studio.tools.tool == "pan"
        assert window.canvas.view.lens is None

    play(scenario)


def test_a_branch_gets_what_its_dialog_says(play) -> None:
    async def scenario(window: MainWindow, engine: ReplayingEngine) -> None:
        studio, before = window.studio, window.studio.generation.take
        studio.generation.look_at(1)
        window.actions_["branch"].trigger()
        dialog = window.findChild(BranchDialog)
        assert dialog.windowTitle() == "Branch from step 2"
        assert dialog.seed.value() != 0
        assert "50%" in dialog.findChildren(type(dialog.left))[0].text()
        assert "are still to be decided" in dialog.left.text()

        first = dialog.seed.value()
        dialog.dice.click()
        assert dialog.seed.value() != first
        dialog.seed.setValue(5)
        dialog.count.setValue(2)
        dialog.decoder.choose("maskgit")
        dialog.options.controls["steps"].setValue(9)
        dialog.begin.click()
        await until(lambda: studio.generation.take is not before and studio.generation.finished)

        request = engine.requests[-1]
        assert (request.seed, request.count, request.decoder) == (5, 2, "maskgit")
        assert request.options == {"steps": 9}
        assert request.branch == b"state 1"
        assert before.finished is not None

    play(scenario)


def test_the_strip_of_a_branch_begins_where_it_does(play) -> None:
    async def scenario(window: MainWindow, _engine: ReplayingEngine) -> None:
        studio, cells = window.studio, window.bottom.strip.cells
        before = studio.generation.take
        assert cells.about(TOTAL - 1) == f"Step {TOTAL}  ·  100% of the tokens decided"
        studio.token_marks.mark_one((0, 0, 0), AGAIN)
        assert cells.about(TOTAL - 1).endswith("1 marked")

        studio.branching.repaint()
        await until(lambda: studio.generation.take is not before and studio.generation.finished)

        assert [step.step for step in studio.generation.steps] == [TOTAL - 1]
        assert cells.cell(TOTAL - 1).left() < 20  # no empty places before it
        assert cells.about(0) == "Step 1  ·  not decoded yet"

    play(scenario)


def test_a_step_has_a_menu_of_what_can_be_done_from_it(play) -> None:
    async def scenario(window: MainWindow, _engine: ReplayingEngine) -> None:
        strip = window.bottom.strip
        place = strip.cells.cell(1).center()
        event = QContextMenuEvent(
            QContextMenuEvent.Reason.Mouse, place, strip.cells.mapToGlobal(place)
        )

        QApplication.sendEvent(strip.cells, event)

        assert window.studio.generation.chosen == 1
        menu = window.bottom.findChild(QMenu)
        texts = [action.text() for action in menu.actions()]
        assert "Branch from this step…" in texts
        assert "Decode again from this step" in texts
        menu.close()

    play(scenario)


def test_what_cannot_be_done_says_why(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine(), write_numbered(tmp_path / "clip.mkv")) as window:
            for name in ("branch", "repaint_tokens", "repaint", "pin", "pick_token"):
                action = window.actions_[name]
                assert not action.isEnabled(), name
                assert "Nothing is generated yet." in action.toolTip(), name

    run(scenario())
