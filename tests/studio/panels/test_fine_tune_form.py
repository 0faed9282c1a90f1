"""A new fine-tuning is put together: footage and its troubles, what learns, for how long; and
written for other machines."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication

from core.cards import Network
from core.requests import BundleEntry
from core.runs.estimate import Measured
from core.runs.reading import RunReader
from studio.panels.elsewhere_dialog import ElsewhereDialog
from studio.panels.fine_tune_dialog import FineTuneDialog
from studio.panels.main_window import MainWindow
from tests.bundles import tiny_bundle
from tests.studio.clips import write_numbered
from tests.studio.fakes import CAUSAL, TINY, ReplayingEngine, capabilities
from tests.studio.trainings import a_run, dialog_of, engine_with
from tests.studio.window import opened, run, until

pytestmark = pytest.mark.usefixtures("qapp")
MEASURED = Measured("CPU", {"prior": (1.0, 2.0, 2.0, 3.0)}, 20.0, 2 * 10**9, 10**8)


@pytest.fixture
def models(tmp_path: Path) -> Path:
    (tmp_path / "models").mkdir()
    return tmp_path / "models"


@pytest.fixture(autouse=True)
def _nothing_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.state.training.run_estimate.PAUSE_MS", 10**6)


async def looked_at(window: MainWindow) -> FineTuneDialog:
    """The dialog, when all footage was looked at."""
    tuning = window.studio.fine_tuning
    dialog = dialog_of(window)
    await until(lambda: len(tuning.footage) == len(tuning.paths))
    return dialog


def test_the_open_clip_is_there_from_the_start_and_others_are_dropped(
    models: Path, tmp_path: Path
) -> None:
    async def scenario() -> None:
        clip = write_numbered(tmp_path / "clip.avi")
        other = write_numbered(tmp_path / "other.avi", frames=2)
        (tmp_path / "broken.mp4").write_bytes(b"no video")
        async with opened(ReplayingEngine(), clip, models=(models,)) as window:
            dialog = await looked_at(window)
            form, tuning = dialog.form, window.studio.fine_tuning
            assert "1 clip  ·  20 frames" in form.footage.list.item(0).text()
            assert form.start.isEnabled()
            assert form.footage.clip.toolTip() == "It is in the list already."
            urls = QMimeData()
            urls.setUrls(
                [QUrl.fromLocalFile(str(path)) for path in (other, tmp_path / "broken.mp4")]
            )
            copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
            none = Qt.KeyboardModifier.NoModifier
            form.footage.dropEvent(QDropEvent(QPoint(5, 5), copy, urls, left, none))
            await until(lambda: len(tuning.footage) == 3)
            assert not form.start.isEnabled()
            assert "broken.mp4" in form.notice.text.text()
            form.footage.list.setCurrentRow(2)
            form.footage.remove.click()
            await until(lambda: len(tuning.footage) == 2)
            assert form.start.isEnabled()
            assert "clips of only 2 frames" in form.notice.text.text()  # TINY learns 4
            assert "no held-out loss" in form._about_footage.text()

    run(scenario())


def test_how_long_it_takes_is_said_before_the_start(models: Path, tmp_path: Path) -> None:
    async def scenario() -> None:
        clip = write_numbered(tmp_path / "clip.avi")
        async with opened(ReplayingEngine(), clip, models=(models,)) as window:
            form, tuning = (await looked_at(window)).form, window.studio.fine_tuning
            tuning.estimate.measured = MEASURED
            words = form.estimate.text()
            assert words.startswith("84 to 252 steps of about 2 s each, on CPU.")
            assert "2.0 GB of memory" in words
            assert "900 MB" in words
            form.length.choose("steps")
            form.steps.setValue(90)
            assert form.estimate.text().startswith("2 min 00 s to 5 min 20 s: 90 steps")
            form.length.choose("evening")
            assert tuning.asked().request.steps == round((180 * 60 - 20) * 0.9 / 2)

    run(scenario())


def test_what_cannot_learn_says_why(models: Path, tmp_path: Path) -> None:
    async def scenario() -> None:
        alone = replace(TINY, name="alone", title="Alone", transformer=None)
        vqvae = replace(CAUSAL, tokenizer=Network("vqvae", {}), classes=())
        entries = (BundleEntry("/models/alone", alone), BundleEntry("/models/vqvae", vqvae))
        engine = ReplayingEngine(replace(capabilities(), bundles=entries))
        clip = write_numbered(tmp_path / "clip.avi")
        async with opened(engine, clip, models=(models,)) as window:
            form, tuning = (await looked_at(window)).form, window.studio.fine_tuning
            form.bundle.choose("/models/alone")
            assert form.part.obstacle("prior") == "“Alone” is a tokenizer alone."
            assert tuning.chosen_part == "tokenizer"
            form.bundle.choose("/models/vqvae")
            assert "would not fit" in form.part.obstacle("tokenizer")
            assert not form.label.isEnabled()
            assert "can learn none" in form.label.toolTip()
            form.part.choose("both")
            assert tuning.asked().request.part == "both"

    run(scenario())


def test_one_is_trained_at_a_time(models: Path, tmp_path: Path) -> None:
    async def scenario() -> None:
        import os

        from core.machine import birth

        process = {"process": os.getpid(), "born": birth(os.getpid())}
        folder = a_run(models.parent / "runs" / "other", "training", **process)
        clip = write_numbered(tmp_path / "clip.avi")
        async with opened(ReplayingEngine(), clip, models=(models,)) as window:
            form = (await looked_at(window)).form
            await until(lambda: window.studio.runs.trained_here)
            assert "is being trained on this machine" in form.start.toolTip()
            assert form.elsewhere.isEnabled()
            (folder / "state.json").unlink()  # so that the window closes without a question
            await until(lambda: form.start.isEnabled())

    (models.parent / "runs").mkdir()
    run(scenario())


def test_a_run_for_other_machines_is_written_and_followed(models: Path, tmp_path: Path) -> None:
    tiny_bundle(models / "tiny")

    async def scenario() -> None:
        clip = write_numbered(tmp_path / "clip.avi")
        async with opened(engine_with(models), clip, models=(models,)) as window:
            form = (await looked_at(window)).form
            form.elsewhere.click()
            dialog = form.findChildren(ElsewhereDialog)[0]
            dialog.nodes.setValue(2)
            assert "address of the first one" in dialog.notice.text.text()
            assert not dialog.write.isEnabled()
            dialog.address.setText("gpu-0")
            dialog.processes.setValue(4)
            dialog.steps.setValue(500)
            dialog.folder.setText(str(tmp_path / "far"))
            dialog.copy.click()
            lines = QGuiApplication.clipboard().text().splitlines()
            assert "--node-rank=0" in lines[0]
            assert "--node-rank=1" in lines[2]
            assert "--steps 500" in lines[0]
            dialog.write.click()
            await until(lambda: window.studio.runs.chosen == tmp_path / "far")
            await until(lambda: window.trainings.page.isVisible())
            page = window.trainings.page
            assert "Nobody has begun this run yet" in page.notice.text.text()
            assert "run.sh" in page.buttons.pause.toolTip()
        assert (
            subprocess.run(["bash", "-n", tmp_path / "far" / "run.sh"], check=False).returncode == 0
        )
        assert RunReader(tmp_path / "far").look().asked.request.clips == ("clips/clip.avi",)

    run(scenario())
