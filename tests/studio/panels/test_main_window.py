"""The window shows the states and turns clicks and keys into changes of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton, QWidget

from core.tasks import MASKED_TASKS
from studio.panels.main_window import MainWindow
from studio.state.takes.take import Phase
from tests.studio.clips import write_numbered
from tests.studio.fakes import TOTAL, ReplayingEngine
from tests.studio.window import drag, drop, in_view, opened, run, until

pytestmark = pytest.mark.usefixtures("qapp")
STROKE = [(20.0, 20.0), (30.0, 24.0)]


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_numbered(tmp_path / "clip.mkv")


@pytest.fixture
def engine() -> ReplayingEngine:
    return ReplayingEngine()


def press(window: QWidget, key: Qt.Key, modifier: Qt.KeyboardModifier | None = None) -> None:
    QTest.keyClick(window, key, modifier or Qt.KeyboardModifier.NoModifier)


async def paint_and_generate(window: MainWindow) -> None:
    window.studio.tools.resize_brush(24)
    drag(window.canvas.view, STROKE)
    window.inspector.job.generate.click()
    await window.studio.generation.ended()


def test_stroke_of_the_mouse_paints_the_mask(engine: ReplayingEngine, clip: Path) -> None:
    async def scenario() -> None:
        async with opened(engine, clip) as window:
            window.studio.tools.resize_brush(10)
            drag(window.canvas.view, STROKE)

            mask = window.studio.masks.at(0)
            assert mask is not None
            assert mask[20, 20]
            assert mask[24, 30]
            assert not mask[40, 50]

    run(scenario())


def test_undo_and_redo_by_keys_go_to_the_frame_they_change(
    engine: ReplayingEngine, clip: Path
) -> None:
    async def scenario() -> None:
        async with opened(engine, clip) as window:
            studio = window.studio
            studio.playback.go(5)
            await until(lambda: studio.stage.number == 5)
            drag(window.canvas.view, STROKE)
            studio.playback.go(9)

            press(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
            assert studio.masks.track is not None
            assert studio.masks.track.empty
            assert studio.playback.position == 5
            assert not window.actions_["undo"].isEnabled()
            assert window.actions_["redo"].isEnabled()

    run(scenario())


def test_keys_move_mark_and_resize(engine: ReplayingEngine, clip: Path) -> None:
    async def scenario() -> None:
        async with opened(engine, clip) as window:
            studio = window.studio
            size = studio.tools.brush_size
            for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_I, Qt.Key.Key_BracketRight):
                press(window, key)
            assert (studio.playback.position, studio.playback.in_mark) == (2, 2)
            assert studio.tools.brush_size > size
            press(window, Qt.Key.Key_E)
            assert studio.tools.tool == "eraser"

    run(scenario())


def test_generate_is_disabled_with_the_reason_until_something_is_painted(
    engine: ReplayingEngine, clip: Path
) -> None:
    async def scenario() -> None:
        async with opened(engine, clip) as window:
            button = window.inspector.job.generate
            assert not button.isEnabled()
            assert "Paint over what shall be generated first." in button.toolTip()
            drag(window.canvas.view, STROKE)
            assert button.isEnabled()

    run(scenario())


def test_generated_steps_stand_in_the_strip_and_the_result_in_the_picture(
    engine: ReplayingEngine, clip: Path
) -> None:
    async def scenario() -> None:
        async with opened(engine, clip) as window:
            await paint_and_generate(window)
            studio = window.studio
            assert window.inspector.job.progress.text.text() == f"Finished in {TOTAL} steps"
            assert studio.stage.picture[20, 20, 0] == 200
            assert not window.bottom.strip.isHidden()

            window.bottom.strip.stepChosen.emit(1)
            assert studio.stage.picture[20, 20, 0] == 10
            again = window.inspector.job.again
            assert again.text() == "Decode again from step 2"
            again.click()
            await studio.generation.ended()
            assert engine.requests[1].resume == b"state 1"

    run(scenario())


def test_pause_button_becomes_resume(engine: ReplayingEngine, clip: Path) -> None:
    async def scenario() -> None:
        async with opened(engine, clip) as window:
            engine.hold_after = 2
            drag(window.canvas.view, STROKE)
            job, generation = window.inspector.job, window.studio.generation
            job.generate.click()
            await until(lambda: len(generation.steps) == 2)
            assert job.generate.isEnabled()  # what comes now waits in the queue
            job.pause.click()
            await generation.ended()
            assert (generation.phase, job.pause.text()) == (Phase.PAUSED, "Resume")
            assert job.progress.text.text() == f"Paused after step 2 of {TOTAL}"
            engine.hold_after = None
            job.pause.click()
            await generation.ended()
            assert generation.phase is Phase.FINISHED

    run(scenario())


def test_tasks_the_model_does_not_know_are_disabled_with_the_reason(
    engine: ReplayingEngine,
) -> None:
    async def scenario() -> None:
        async with opened(engine) as window:
            tasks = window.inspector.recipe.task
            model = tasks.model()
            assert tasks.count() == len(MASKED_TASKS)
            enabled = {
                tasks.itemData(row)
                for row in range(tasks.count())
                if model.flags(model.index(row, 0)) & Qt.ItemFlag.ItemIsEnabled
            }
            assert enabled == {"paint", "FP", "CG"}
            row = tasks.findData("FI")
            assert "not trained" in tasks.itemData(row, Qt.ItemDataRole.ToolTipRole)

    run(scenario())


def test_class_list_is_there_for_tasks_that_need_one(engine: ReplayingEngine) -> None:
    async def scenario() -> None:
        async with opened(engine) as window:
            recipe = window.inspector.recipe
            assert recipe.label.isHidden()
            recipe.task.setCurrentIndex(recipe.task.findData("CG"))
            recipe.task.activated.emit(recipe.task.currentIndex())
            assert not recipe.label.isHidden()
            assert recipe.label.currentText() == "cat"

    run(scenario())


def test_form_of_the_decoder_fills_the_request(engine: ReplayingEngine, clip: Path) -> None:
    async def scenario() -> None:
        async with opened(engine, clip) as window:
            window.inspector.recipe.options.controls["steps"].setValue(9)
            window.inspector.recipe.seed.setValue(5)
            await paint_and_generate(window)
            assert engine.requests[0].options == {"steps": 9}
            assert engine.requests[0].seed == 5

    run(scenario())


def test_window_rectangle_is_dragged_on_the_canvas(engine: ReplayingEngine, clip: Path) -> None:
    async def scenario() -> None:
        async with opened(engine, clip) as window:
            studio = window.studio
            studio.framing.drag(8, 8, 24, 24)
            studio.tools.tool = "window"
            drag(window.canvas.view, [(20.0, 20.0), (26.0, 20.0), (30.0, 24.0)])
            placed = studio.framing.window
            assert (placed.left, placed.top) == (18, 12)
            window.actions_["fit_window"].trigger()
            assert not studio.framing.custom

    run(scenario())


def test_a_finished_result_is_refined_from_the_menu(engine: ReplayingEngine, clip: Path) -> None:
    async def scenario() -> None:
        async with opened(engine, clip) as window:
            refine, generation = window.actions_["refine"], window.studio.generation
            assert not refine.isEnabled()
            await paint_and_generate(window)
            await until(refine.isEnabled)

            refine.trigger()

            assert not refine.isEnabled()
            await generation.ended()
            assert generation.phase is Phase.FINISHED
            assert engine.requests[-1].decoder == "refine"

    run(scenario())


def test_refused_file_is_a_notice_and_the_clip_stays(engine: ReplayingEngine, clip: Path) -> None:
    async def scenario() -> None:
        async with opened(engine, clip) as window:
            broken = clip.with_name("broken.mp4")
            broken.write_bytes(b"nothing")
            drop(window.canvas.view, broken)
            await until(lambda: not window.studio.session.opening)
            assert not window.canvas.notice.isHidden()
            assert "broken.mp4" in window.canvas.notice.text.text()
            assert window.windowTitle().startswith("Untitled – clip.mkv")

    run(scenario())


def test_wipe_shows_the_original_beside_the_result(engine: ReplayingEngine, clip: Path) -> None:
    async def scenario() -> None:
        async with opened(engine, clip) as window:
            await paint_and_generate(window)
            press(window, Qt.Key.Key_W, Qt.KeyboardModifier.ShiftModifier)
            window.canvas.view.wiped.emit(0.4)
            seen = window.canvas.view.grab().toImage()
            left, right = (in_view(window.canvas.view, x, 22) for x in (22, 29))
            assert window.studio.comparing.position == 0.4
            assert seen.pixelColor(left).red() == 0
            assert seen.pixelColor(right).red() == 200

    run(scenario())


def test_every_control_has_a_name_to_be_read_aloud(engine: ReplayingEngine) -> None:
    async def scenario() -> None:
        async with opened(engine) as window:
            buttons = window.centralWidget().findChildren(QToolButton)
            silent = [b for b in buttons if not (b.accessibleName() or b.text())]
            assert silent == []

    run(scenario())


def test_thumbnails_reach_the_timeline(engine: ReplayingEngine, clip: Path) -> None:
    async def scenario() -> None:
        async with opened(engine, clip) as window:
            arrived: list[int] = []
            window.studio.session.thumbnail_arrived.connect(lambda k, _picture: arrived.append(k))
            window.bottom.timeline.clearThumbnails()
            window.grab()
            await until(lambda: 0 in arrived)

    run(scenario())


def test_frame_on_the_canvas_follows_the_timeline(engine: ReplayingEngine, clip: Path) -> None:
    async def scenario() -> None:
        async with opened(engine, clip) as window:
            window.bottom.timeline.positionRequested.emit(7)
            await until(lambda: window.studio.stage.original[0, 0, 0] == 35)
            shown = np.array(window.canvas.view.pictureSize().toTuple())
            assert shown.tolist() == [64, 48]
            assert window.bottom.transport.count.text().strip().startswith("8 / 20")

    run(scenario())
