"""The whole path in a real window with the real engine: open, paint, generate, pause, export."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Coroutine
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from core.assets import asset
from core.cards import list_bundles
from core.engine.client import Engine
from core.media.reading import open_clip
from core.media.writing import write_clip
from studio import demo
from studio.__main__ import main
from studio.panels.main_window import MainWindow
from studio.state.takes.take import Phase
from tests.bundles import tiny_bundle, tiny_videogpt_bundle
from tests.studio.window import drag, opened, run, until

ROOT = Path(__file__).resolve().parents[2]
WIDTH, HEIGHT, FRAMES = 96, 64, 12
STROKE = [(30.0, 30.0), (48.0, 34.0), (60.0, 30.0)]
STEPS = 48  # not over before a pause
LONG = 200  # not over before a signal arrives

Scenario = Callable[[MainWindow, Engine], Coroutine[Any, Any, None]]


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A lossless clip in which every frame differs."""
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 256, (FRAMES, HEIGHT, WIDTH, 3), dtype=np.uint8)
    target = tmp_path / "noise.mkv"
    for _count in write_clip(frames, target, writer="ffv1", rate=Fraction(25)):
        pass
    return target


@pytest.fixture
def models(tmp_path: Path) -> Path:
    (tmp_path / "models").mkdir()
    tiny_bundle(tmp_path / "models" / "tiny")
    return tmp_path / "models"


def play(scenario: Scenario, clip: Path, *models: Path) -> None:
    """Runs a scenario with the engine and a window in which the clip is open."""

    async def whole() -> None:
        engine = Engine()
        try:
            async with opened(engine, clip, models=models) as window:
                window.studio.recipe.options = {"steps": STEPS}
                await scenario(window, engine)
        finally:
            await engine.stop()

    run(whole())


async def steps_done(window: MainWindow, count: int) -> None:
    generation = window.studio.generation
    await until(lambda: len(generation.steps) >= count or not generation.running)


async def exported(window: MainWindow, target: Path, writer: str) -> np.ndarray:
    """The frames of an export, read again from its file."""
    window.studio.export.writer = writer
    window.studio.export.start(target)
    await window.studio.export.ended()
    with open_clip(target) as reader:
        return reader.read(0, len(reader)).frames


def test_painted_clip_is_generated_paused_resumed_and_exported(clip: Path, models: Path) -> None:
    async def scenario(window: MainWindow, _engine: Engine) -> None:
        studio, job = window.studio, window.inspector.job
        drag(window.canvas.view, STROKE)
        assert studio.masks.track is not None
        painted = studio.masks.track.at(0)
        assert painted[30, 40]

        job.generate.click()
        await steps_done(window, 3)
        job.pause.click()
        await studio.generation.ended()
        assert studio.generation.phase is Phase.PAUSED
        job.pause.click()
        await studio.generation.ended()
        assert studio.generation.phase is Phase.FINISHED
        assert [step.step for step in studio.generation.steps] == list(range(STEPS))

        result = await exported(window, clip.with_name("result.mkv"), "ffv1")
        with open_clip(clip) as reader:
            source = reader.read(0, len(reader)).frames
        covered = studio.result.frames
        assert result.shape == source.shape
        assert np.array_equal(result[:, ~painted], source[:, ~painted])
        assert np.array_equal(result[covered.stop :], source[covered.stop :])
        assert (result[covered.start][painted] != source[covered.start][painted]).any()

    play(scenario, clip, models)


def test_pause_does_not_change_the_result(clip: Path, models: Path) -> None:
    async def scenario(window: MainWindow, _engine: Engine) -> None:
        generation = window.studio.generation
        drag(window.canvas.view, STROKE)
        window.studio.asking.generate()
        await generation.ended()
        assert generation.finished is not None
        straight = generation.finished.clips

        window.studio.asking.generate()
        await steps_done(window, 2)
        generation.pause()
        await generation.ended()
        generation.resume()
        await generation.ended()

        assert np.array_equal(generation.finished.clips, straight)

    play(scenario, clip, models)


def test_killed_engine_is_named_and_the_job_goes_on(clip: Path, models: Path) -> None:
    async def scenario(window: MainWindow, engine: Engine) -> None:
        studio = window.studio
        studio.recipe.options = {"steps": LONG}
        drag(window.canvas.view, STROKE)
        studio.asking.generate()
        await steps_done(window, 3)
        assert engine.pid is not None
        os.kill(engine.pid, signal.SIGKILL)
        await studio.generation.ended()

        done = len(studio.generation.steps)
        assert "SIGKILL" in window.canvas.notice.text.text()
        assert window.canvas.notice.action.text() == f"Continue from step {done}"
        window.canvas.notice.action.click()
        await studio.generation.ended()
        assert studio.generation.phase is Phase.FINISHED
        assert [step.step for step in studio.generation.steps] == list(range(LONG))

    play(scenario, clip, models)


def test_process_of_the_window_never_imports_torch(clip: Path, models: Path) -> None:
    scenario = f"""
import sys
from pathlib import Path
from core.engine.client import Engine
from tests.studio.window import drag, opened, run

async def scenario():
    engine = Engine()
    async with opened(engine, Path({str(clip)!r}), models=(Path({str(models)!r}),)) as window:
        drag(window.canvas.view, {STROKE})
        window.studio.asking.generate()
        await window.studio.generation.ended()
        assert window.studio.generation.finished is not None
        assert "torch" not in sys.modules
    await engine.stop()

if __name__ == "__main__":
    run(scenario())
"""
    script = clip.with_name("scenario.py")
    script.write_text(scenario)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    ran = subprocess.run(
        [sys.executable, str(script)], env=environment, capture_output=True, text=True, timeout=120
    )

    assert ran.returncode == 0, ran.stderr


def test_demo_leaves_a_picture_and_a_clip(
    clip: Path, models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo.run(tmp_path, clip, (models,)) == 0

    picture, result = tmp_path / demo.PICTURE, tmp_path / demo.CLIP
    assert capsys.readouterr().out.split() == [str(picture), str(result)]
    assert cv2.imread(str(picture)).shape == (800, 1280, 3)
    with open_clip(result) as reader:
        assert (len(reader), reader.size) == (FRAMES, (WIDTH, HEIGHT))


def test_demo_paints_with_a_model_that_can(clip: Path, models: Path, tmp_path: Path) -> None:
    tiny_videogpt_bundle(models / "a-causal-one")  # listed first, and it paints nothing

    assert demo.run(tmp_path, clip, (models,)) == 0

    assert (tmp_path / demo.CLIP).exists()


def test_demo_takes_the_clip_that_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--demo", str(tmp_path / "absent.mp4"), "--out", str(tmp_path)]) == 1

    assert "absent.mp4" in capsys.readouterr().err
    assert not (tmp_path / demo.CLIP).exists()


def test_demo_that_takes_too_long_says_so(
    clip: Path,
    models: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(demo, "LIMIT_S", 0.2)

    assert demo.run(tmp_path, clip, (models,)) == 1

    assert "did not finish" in capsys.readouterr().err


@pytest.mark.slow
def test_bundled_model_fills_a_real_clip(shared: Path, tmp_path: Path) -> None:
    if not list_bundles(asset("models")):
        pytest.skip("no trained model came with this checkout")

    async def scenario(window: MainWindow, _engine: Engine) -> None:
        size = window.canvas.view.pictureSize()
        x, y = size.width() / 2, size.height() / 2
        drag(window.canvas.view, [(x - 40, y), (x, y + 20), (x + 40, y)])
        window.studio.asking.generate()
        await window.studio.generation.ended()
        assert window.studio.generation.phase is Phase.FINISHED

        window.studio.playback.mark(0, 15)
        window.studio.export.span = "marks"
        result = await exported(window, tmp_path / "result.mp4", "mp4")

        assert len(result) == 16
        assert result.shape[1:3] == (size.height(), size.width())

    play(scenario, shared / "clips" / "dog_soccer_lawn.mp4", asset("models"))
