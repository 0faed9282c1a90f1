"""The page of a training: curves, samples over time, what can be done, and what went wrong."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget

from core.machine import host
from core.runs import asking
from core.runs.life import Life, write_life
from studio.panels.fine_tune_dialog import FineTuneDialog
from studio.panels.main_window import MainWindow
from tests.studio.fakes import ReplayingEngine
from tests.studio.panels.test_accessible import nameless, unreached
from tests.studio.trainings import a_run, dialog_of
from tests.studio.window import opened, run, until

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The folder with the runs of a window whose models are in `tmp_path`/models."""
    (tmp_path / "models").mkdir()
    (tmp_path / "runs").mkdir()
    return tmp_path / "runs"


async def shown(window: MainWindow, folder: Path) -> FineTuneDialog:
    """The dialog with the page of a run."""
    dialog = dialog_of(window)
    await until(lambda: folder in [look.folder for look in window.studio.runs.looks])
    dialog.show_run(folder)
    return dialog


def hover(area: QWidget) -> None:
    """The cursor is in the middle."""
    place, none = QPointF(area.rect().center()), Qt.MouseButton.NoButton
    keys = Qt.KeyboardModifier.NoModifier
    moved = QMouseEvent(QEvent.Type.MouseMove, place, area.mapToGlobal(place), none, none, keys)
    QApplication.sendEvent(area, moved)


def test_curves_are_drawn_read_out_and_smoothed(home: Path) -> None:
    async def scenario() -> None:
        folder = a_run(home / "mine")
        async with opened(ReplayingEngine(), models=(home.parent / "models",)) as window:
            curves = (await shown(window, folder)).page.curves
            assert curves.loss.points() == 20 + 1
            assert "training" in curves.loss.readout.text()
            assert "0.1429" in curves.loss.readout.text()  # 3 / 21
            assert "held out" in curves.loss.readout.text()
            assert curves.codes.points() == curves.rate.points() == curves.memory.points() == 20
            assert "1.00 GB" in curves.memory.readout.text()
            window.trainings.grab()
            await asyncio.sleep(0)
            hover(curves.loss.plot.viewport())
            step = curves.loss.readout.text().split("&nbsp;")[0]
            assert step in ("step 9", "step 10", "step 11")
            assert step in curves.loss.accessibleName()
            curves.smoothing.setValue(0)
            assert step in curves.loss.readout.text()  # as long as the cursor is there
            curves.loss.setFocus()
            for key, step in ((Qt.Key.Key_Home, "step 1&"), (Qt.Key.Key_Right, "step 2&")):
                QTest.keyClick(curves.loss, key)
                assert curves.loss.readout.text().startswith(step)
            curves.logarithmic.click()
            assert curves.loss.plot.getAxis("left").logMode

    run(scenario())


def test_what_is_reported_later_is_drawn_later(home: Path) -> None:
    async def scenario() -> None:
        folder = a_run(home / "mine")
        async with opened(ReplayingEngine(), models=(home.parent / "models",)) as window:
            page = (await shown(window, folder)).page
            with (folder / "metrics.jsonl").open("a") as file:
                line = {"phase": "transformer", "step": 21, "loss": 0.1}
                file.write(json.dumps(line) + "\n")
            await until(lambda: page.curves.loss.points() == 22)
            assert "step 21 of 40" in page.progress.text.text()

    run(scenario())


def test_samples_over_time_stand_beside_the_first(home: Path) -> None:
    async def scenario() -> None:
        folder = a_run(home / "mine")
        async with opened(ReplayingEngine(), models=(home.parent / "models",)) as window:
            page = (await shown(window, folder)).page
            grid, state = page.samples.grid, page.shown_samples
            await until(lambda: "Step 20" in grid.names())
            assert grid.names() == ["Original", "Given", "Before", "Step 20"]
            assert [len(clips) for clips in state.shown.ways.values()] == [4] * 4
            page.samples.slider.setValue(1)
            await until(lambda: "Step 10" in grid.names())
            clip = state.shown.ways["Step 10"][3]
            assert clip.shape == (3, 24, 24, 3)
            assert abs(np.mean(clip) - 100) < 6  # it was compressed
            assert page.samples.step.text() == "step 10"

    run(scenario())


def test_a_failed_run_says_why_and_offers_to_go_on(home: Path) -> None:
    async def scenario() -> None:
        words = "metrics.jsonl could not be written: the disk is full. Go on with --resume."
        folder = a_run(home / "mine", "failed", words=words)
        async with opened(ReplayingEngine(), models=(home.parent / "models",)) as window:
            page = (await shown(window, folder)).page
            assert page.notice.text.text() == words.replace("--resume", "“Go on”")
            assert page.notice.action.text() == "Go on"
            assert page.buttons.pause.text() == "Go on"
            assert page.progress.text.text().startswith("Stopped by an error")
            assert not page.buttons.compare.isVisible()

    run(scenario())


def test_going_back_is_offered_for_each_checkpoint(home: Path, monkeypatch) -> None:
    async def scenario() -> None:
        folder, started = a_run(home / "mine"), []
        monkeypatch.setattr("core.runs.starting.start", lambda *asked: started.append(asked))
        async with opened(ReplayingEngine(), models=(home.parent / "models",)) as window:
            page = (await shown(window, folder)).page
            page.buttons.back.menu().aboutToShow.emit()
            newest, earlier = page.buttons.back.menu().actions()
            assert newest.text().startswith("step 20")
            earlier.trigger()
            await until(lambda: started)
            assert started[0][0].run == folder
            assert not (folder / "transformer" / "step-0000020.safetensors").exists()
            assert (folder / "set-aside-1" / "transformer" / "step-0000020.safetensors").exists()
            await until(lambda: page.curves.loss.points() == 10)

    run(scenario())


def test_a_wish_reaches_a_run_of_another_machine(home: Path, tmp_path: Path) -> None:
    async def scenario() -> None:
        folder = a_run(tmp_path / "far", "training", time=1.0)
        write_life(folder, Life("training", machine="gpu-box", device="NVIDIA H200", step=20))
        async with opened(ReplayingEngine(), models=(home.parent / "models",)) as window:
            dialog = dialog_of(window)
            dialog.follow_folder(folder)
            await until(lambda: window.studio.runs.look is not None)
            page = dialog.page
            await until(lambda: "gpu-box" in page.progress.text.text() + page.notice.text.text())
            write_life(folder, Life("training", machine="gpu-box", step=20, time=9.0))
            await until(
                lambda: page.buttons.pause.text() == "Pause" and page.buttons.pause.isEnabled()
            )
            page.buttons.pause.click()
            await until(lambda: asking.asked(folder) == "pause")
            await until(lambda: not page.buttons.pause.isEnabled())
            assert page.buttons.pause.toolTip() == "It ends after the step under way."
            assert window.close()  # another machine's run is no reason to ask
        async with opened(ReplayingEngine(), models=(home.parent / "models",)) as window:
            window.studio.runs.open()  # it is still followed
            await until(lambda: window.studio.runs.looks)

    run(scenario())


def test_what_is_no_run_is_not_followed(home: Path, tmp_path: Path) -> None:
    async def scenario() -> None:
        folder = a_run(home / "mine")
        async with opened(ReplayingEngine(), models=(home.parent / "models",)) as window:
            dialog = await shown(window, folder)
            dialog.follow_folder(tmp_path)
            assert "is no folder of a training" in dialog.page.notice.text.text()

    run(scenario())


def test_a_run_is_deleted_after_a_question(home: Path) -> None:
    async def scenario() -> None:
        folder = a_run(home / "mine")
        async with opened(ReplayingEngine(), models=(home.parent / "models",)) as window:
            page = (await shown(window, folder)).page
            page.buttons.more.menu().aboutToShow.emit()
            page.buttons.more.menu().actions()[1].trigger()
            box = page.buttons.findChildren(QMessageBox)[0]
            assert "“mine”" in box.text()
            box.buttons()[0].click() if box.buttons()[0].text() == "Delete" else box.buttons()[
                1
            ].click()
            await until(lambda: not folder.exists())
            await until(lambda: not window.studio.runs.looks)
            assert window.trainings.form.isVisible()

    run(scenario())


def test_a_model_that_another_machine_has_trained_is_taken_over(home: Path, tmp_path: Path) -> None:
    async def scenario() -> None:
        from tests.bundles import tiny_bundle

        folder = a_run(tmp_path / "far")
        tiny_bundle(folder / "models" / "mine")
        life = Life("finished", machine="gpu-box", bundle="models/mine", step=40)
        write_life(folder, life)
        async with opened(ReplayingEngine(), models=(home.parent / "models",)) as window:
            dialog_of(window).follow_folder(folder)
            models = home.parent / "models"
            await until(lambda: (models / "mine" / "card.json").exists())
            await until(lambda: window.trainings.page.buttons.use.isEnabled())
            write_life(folder, replace(life, time=5.0))
        async with opened(ReplayingEngine(), models=(models,)) as window:
            window.studio.runs.open()
            await until(lambda: window.studio.runs.looks)
            assert [path.name for path in models.iterdir()] == ["mine"]  # once

    run(scenario())


def test_a_folder_that_went_away_says_so(home: Path) -> None:
    async def scenario() -> None:
        folder = a_run(home / "mine")
        async with opened(ReplayingEngine(), models=(home.parent / "models",)) as window:
            dialog = await shown(window, folder)
            folder.rename(home.parent / "elsewhere")
            await until(lambda: not window.studio.runs.looks)
            assert dialog.form.isVisible()
            assert host() not in dialog.page.progress.text.text()

    run(scenario())


def test_what_ended_while_no_window_was_open_is_told_once(home: Path) -> None:
    async def scenario() -> None:
        a_run(home / "mine", "failed", words="The disk is full.")
        for told in (True, False):
            async with opened(ReplayingEngine(), models=(home.parent / "models",)) as window:
                window.studio.runs.open()
                await until(lambda: window.studio.runs.looks)
                notice = window.studio.notices.current
                assert (notice is not None and "The disk is full." in notice.text) == told

    run(scenario())


def test_everything_on_the_page_has_a_name_and_is_reached_by_tab(home: Path) -> None:
    async def scenario() -> None:
        folder = a_run(home / "mine")
        async with opened(ReplayingEngine(), models=(home.parent / "models",)) as window:
            dialog = await shown(window, folder)
            await until(lambda: dialog.page.samples.slider.isVisible())
            assert nameless(dialog) == []
            assert unreached(dialog) == []

    run(scenario())
