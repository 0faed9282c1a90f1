"""One long sitting at the real window with the bundled model, by mouse and keys: an object is taken
out of a clip, the picture is widened, frames are predicted, decodes branch, the model learns, and
all of it is there again the next day."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QFileDialog

from core.assets import asset
from core.cards import list_bundles
from core.engine.client import Engine
from core.mask_files import read_masks
from core.masks import MaskTrack
from core.media.reading import open_clip
from studio.panels.branch_dialog import BranchDialog
from studio.panels.export_dialog import ExportDialog
from studio.panels.main_window import MainWindow
from studio.state.takes.take import Phase, Take
from tests.studio.window import drag, opened, run, until

MODEL = "maskreel-first"
LAST = 15  # frame of the part that is worked on
WIDER = 90  # pixels of the clip on the right
TRAINED_STEPS = 12
SITTING_S = 900

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("qapp")]


@pytest.fixture
def own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Projects, models and trainings go nowhere else."""
    for name in ("DATA", "CONFIG", "CACHE", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    (tmp_path / "models").mkdir()
    return tmp_path


@pytest.fixture
def car(shared: Path) -> tuple[Path, MaskTrack]:
    """A clip with a car that drives, and its masks on every frame."""
    folder = shared / "clips" / "mask_car_shadow"
    with open_clip(folder / "video.mp4") as reader:
        return folder / "video.mp4", read_masks(folder / "masks", reader.size, len(reader))


@asynccontextmanager
async def sitting(models: Path) -> AsyncIterator[MainWindow]:
    """A window that keeps its project."""
    engine = Engine()
    try:
        async with opened(engine, models=(asset("models"), models)) as window:
            window.resize(1600, 1000)
            window.studio.project_file.start()
            yield window
    finally:
        await engine.stop()


@pytest.mark.usefixtures("one_thread")
def test_a_sitting(car: tuple[Path, MaskTrack], own_places: Path) -> None:
    if not list_bundles(asset("models")):
        pytest.skip("no trained model came with this checkout")
    clip, masks = car

    async def first_day() -> None:
        async with sitting(own_places / "models") as window:
            await open_by_key(window, clip)
            choose_model(window)
            await track_the_car(window, masks)
            await remove_it(window)
            await compare_with_the_original(window)
            await branch_from_a_step(window)
            await widen_the_picture(window)
            await predict_frames(window)
            await export(window, own_places / "result.mp4")
            await train_for_a_minute(window)
            window.projects.save_as(own_places / "sitting")
            await window.studio.project_file.ended()

    async def next_day() -> None:
        async with sitting(own_places / "models") as window:
            window.studio.opening.open([own_places / "sitting.maskreel"])
            await all_is_there(window, clip)

    run(first_day(), SITTING_S)
    run(next_day(), SITTING_S)


# ── what is done ─────────────────────────────────────────────────────────────────────────────


async def open_by_key(window: MainWindow, clip: Path) -> None:
    await press(window, "open")
    dialog = dialog_of(window, QFileDialog)
    dialog.setDirectory(str(clip.parent))
    dialog.selectFile(clip.name)
    dialog.accept()
    await until(lambda: window.studio.stage.picture is not None)


def choose_model(window: MainWindow) -> None:
    recipe = window.inspector.recipe
    folders = [Path(entry.folder).name for entry in window.studio.models.bundles]
    recipe.bundle.setCurrentIndex(folders.index(MODEL))
    recipe.bundle.activated.emit(folders.index(MODEL))
    choose_task(window, "paint")


async def track_the_car(window: MainWindow, masks: MaskTrack) -> None:
    """An ellipse around the car on the first frame, tracked to the out mark."""
    studio = window.studio
    studio.playback.go(LAST)
    await press(window, "mark_out")
    await press(window, "first")
    await until(lambda: studio.stage.number == 0)
    await press(window, "ellipse")
    box = masks.box([0])
    assert box is not None
    left, top, right, bottom = box
    drag(window.canvas.view, [(left, top), (right, bottom)])
    await press(window, "track_forward")
    await until(lambda: not studio.tracking.running)
    found = studio.masks.track
    assert found is not None
    assert set(range(1, LAST + 1)) <= set(found.tracked)
    assert overlap(found.at(LAST), masks.at(LAST)) > overlap(found.at(0), masks.at(LAST))


async def remove_it(window: MainWindow) -> None:
    take = await generated(window)
    assert np.ptp(take.finished.clips) > 0
    result, original = window.studio.stage.picture, window.studio.stage.original
    painted = window.studio.masks.track.at(window.studio.stage.number)
    assert np.array_equal(result[~painted], original[~painted])
    assert (result[painted] != original[painted]).mean() > 0.5


async def compare_with_the_original(window: MainWindow) -> None:
    comparing = window.studio.comparing
    for mode in ("wipe", "beside", "difference"):
        await press(window, mode)
        assert comparing.mode == mode
        await until(lambda: comparing.shown is not None)
    await press(window, "difference")
    assert comparing.shown is None


async def branch_from_a_step(window: MainWindow) -> None:
    """Another seed from the fourth step on: a take of its own beside the first."""
    studio, first = window.studio, window.studio.generation.take
    studio.generation.look_at(3)
    await press(window, "branch")
    dialog = dialog_of(window, BranchDialog)
    dialog.begin.click()
    await until(lambda: studio.generation.take is not first)
    await finished(window)
    branch = studio.generation.take
    assert branch.request.seed != first.request.seed
    assert not np.array_equal(branch.finished.clips, first.finished.clips)
    assert first.phase is Phase.FINISHED


async def widen_the_picture(window: MainWindow) -> None:
    """The right edge of the canvas is dragged outwards, and filled."""
    studio, view = window.studio, window.canvas.view
    width = studio.session.clip.size[0]
    edge = view.pictureRect()
    start = view.place.to_picture(QPointF(edge.right() + 8, edge.center().y()))
    drag(
        view, [start.toTuple(), (start.x() + WIDER / 2, start.y()), (start.x() + WIDER, start.y())]
    )
    await until(lambda: studio.session.clip.size[0] > width + WIDER / 2)
    take = await generated(window)
    await until(lambda: studio.stage.picture.shape[1] == studio.session.clip.size[0])
    beyond = studio.stage.picture[:, width:]
    assert np.ptp(beyond) > 0
    assert take.request.margins.right > 0


async def predict_frames(window: MainWindow) -> None:
    """The clip goes on from its first frame."""
    choose_task(window, "FP")
    take = await generated(window)
    assert take.request.task == "FP"


async def export(window: MainWindow, target: Path) -> None:
    await press(window, "export")
    dialog = dialog_of(window, ExportDialog)
    dialog.path.setText(str(target))
    dialog.path.editingFinished.emit()
    dialog.start.click()
    await window.studio.export.ended()
    with open_clip(target) as reader:
        assert reader.size == window.studio.session.clip.size
        assert len(reader) > LAST
        assert "FP" in reader.tag
    dialog.close()


async def train_for_a_minute(window: MainWindow) -> None:
    """The model learns from the open clip, as far as a minute goes, and is kept."""
    studio, known = window.studio, len(window.studio.models.bundles)
    await press(window, "finetune")
    form, tuning = window.trainings.form, studio.fine_tuning
    await until(lambda: not tuning.obstacle_to_start)
    form.length.choose("steps")
    form.steps.setValue(TRAINED_STEPS)
    form.name.setText("Knows the car")
    form.start.click()
    await until(lambda: studio.runs.look is not None and studio.runs.look.status == "finished")
    await until(lambda: len(studio.models.bundles) > known)
    window.trainings.close()


async def all_is_there(window: MainWindow, clip: Path) -> None:
    studio = window.studio
    await studio.project_file.ended()
    await until(lambda: studio.stage.picture is not None and len(studio.history.entries) == 4)
    assert studio.session.clip.path == clip
    assert studio.session.clip.margins.right > 0
    assert studio.playback.out_mark == LAST
    assert studio.masks.track.tracked
    assert studio.recipe.task == "FP"


# ── how it is done ───────────────────────────────────────────────────────────────────────────


async def press(window: MainWindow, name: str) -> None:
    """The keys of an action; what has none is chosen in its menu."""
    action = window.actions_[name]
    window.activateWindow()
    await until(window.isActiveWindow)
    assert action.isEnabled(), action.toolTip()
    if action.shortcut().isEmpty():
        action.trigger()
    else:
        QTest.keySequence(window, action.shortcut())


def dialog_of(window: MainWindow, kind: type[QDialog]) -> QDialog:
    """The dialog of a kind that is open."""
    return next(dialog for dialog in window.findChildren(kind) if dialog.isVisible())


def choose_task(window: MainWindow, task: str) -> None:
    box = window.inspector.recipe.task
    row = box.findData(task)
    box.setCurrentIndex(row)
    box.activated.emit(row)
    assert window.studio.recipe.task == task


async def generated(window: MainWindow) -> Take:
    """A new take, to its end."""
    window.inspector.job.generate.click()
    await until(lambda: window.studio.generation.running)
    return await finished(window)


async def finished(window: MainWindow) -> Take:
    await window.studio.generation.ended()
    take = window.studio.generation.take
    assert take.phase is Phase.FINISHED, take.failure
    return take


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    """Intersection over union."""
    return np.count_nonzero(one & other) / max(1, np.count_nonzero(one | other))
