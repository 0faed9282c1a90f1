"""A training is begun, seen, paused, killed, kept and found again in the window; the training is
real, and tiny."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.runs import starting
from core.runs.life import read_life
from core.runs.reading import RunLook
from studio.panels.fine_tune_dialog import FineTuneDialog
from studio.panels.goes_on_box import GoesOnBox
from studio.panels.main_window import MainWindow
from tests.bundles import tiny_bundle
from tests.studio.clips import write_numbered
from tests.studio.trainings import dialog_of, engine_with
from tests.studio.window import opened, run, until

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a tiny model; what is started from here has one thread, and does not wait
    for other tests."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(starting, "MANNERS", ())
    tiny_bundle(tmp_path / "models" / "tiny")
    yield tmp_path / "models"
    left = read_life(tmp_path / "runs" / "mine")
    if left is not None and left.goes_on:
        os.kill(left.process, signal.SIGKILL)  # of a test that has failed


def look(window: MainWindow) -> RunLook:
    found = window.studio.runs.look
    assert found is not None
    return found


def is_(window: MainWindow, status: str) -> Callable[[], bool]:
    def reached() -> bool:
        found = window.studio.runs.look
        assert found is None or status == "failed" or found.status != "failed", found.words
        return found is not None and found.status == status

    return reached


async def begun(window: MainWindow, steps: int) -> FineTuneDialog:
    """A training of so many steps of the clip that is open, begun as the user does."""
    window.studio.recipe.bundle = window.studio.models.bundles[0].folder
    dialog = dialog_of(window)
    tuning = window.studio.fine_tuning
    await until(lambda: not tuning.obstacle_to_start)
    dialog.form.length.choose("steps")
    dialog.form.steps.setValue(steps)
    dialog.form.name.setText("mine")
    dialog.form.start.click()
    await until(lambda: window.studio.runs.look is not None and dialog.page.isVisible())
    return dialog


async def drawn(dialog: FineTuneDialog, points: int) -> None:
    """Until the curve of the loss has so many points."""
    await until(lambda: dialog.page.curves and dialog.page.curves.loss.points() >= points)


def test_a_training_outlives_its_window_and_ends_in_the_list_of_models(
    models: Path, tmp_path: Path
) -> None:
    clip = write_numbered(tmp_path / "clip.avi")

    async def scenario() -> None:
        async with opened(engine_with(models), clip, models=(models,)) as window:
            dialog = await begun(window, 80)
            await drawn(dialog, 3)
            await until(lambda: any(dialog.page.samples.grid.names()))
            dialog.page.buttons.pause.click()
            await until(is_(window, "paused"))
            done = look(window).done
            assert 0 < done < 80
            dialog.page.buttons.pause.click()  # it says “Go on” now
            await until(is_(window, "training"))
            assert not window.close()
            box = window.findChildren(GoesOnBox)[0]
            box.goes_on.click()
            assert not window.isVisible()
        async with opened(engine_with(models), models=(models,)) as window:
            window.studio.runs.open()
            await until(lambda: window.studio.notices.current)
            assert "“mine” is being trained" in window.studio.notices.current.text
            window.studio.notices.act()
            assert window.studio.runs.chosen == models.parent / "runs" / "mine"
            await drawn(window.trainings, done + 1)
            await until(is_(window, "finished"))
            bundle = str(models / "mine")
            assert window.studio.runs.made.bundle_of(look(window)) == bundle
            card = window.studio.models.card(bundle)
            assert (card.parent, card.steps) == ("tiny", {"transformer": 80})
            page = window.trainings.page
            assert page.buttons.compare.text() == "Compare with “Tiny random model”"
            page.buttons.use.click()
            assert window.inspector.recipe.bundle.currentText() == card.title

    run(scenario(), patience_s=180)


def test_a_training_that_is_killed_is_told_and_goes_on(models: Path, tmp_path: Path) -> None:
    clip = write_numbered(tmp_path / "clip.avi")

    async def scenario() -> None:
        async with opened(engine_with(models), clip, models=(models,)) as window:
            dialog = await begun(window, 600)
            await until(lambda: look(window).checkpoints)
            os.kill(look(window).life.process, signal.SIGKILL)
            await until(is_(window, "lost"))
            assert "SIGKILL" in dialog.page.notice.text.text()
            assert dialog.page.notice.action.text() == "Go on"
            before = look(window).checkpoints[-1].step
            dialog.page.notice.action.click()
            await until(lambda: is_(window, "training")() and look(window).done > before)
            assert dialog.page.notice.isHidden()
            keep_last = dialog.page.buttons.stop.menu().actions()[1]
            keep_last.trigger()
            await until(is_(window, "finished"))
            card = window.studio.models.card(str(models / "mine"))
            assert before < card.steps["transformer"] < 600

    run(scenario(), patience_s=180)
