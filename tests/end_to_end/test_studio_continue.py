"""The whole path with a causal model: import, continue past the clip's end, pause, export."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from fractions import Fraction
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pytest

from core.engine.client import Engine
from core.media.reading import open_clip
from core.media.writing import write_clip
from studio.panels.import_dialog import ImportDialog
from studio.panels.main_window import MainWindow
from studio.state.takes.take import Phase
from tests.bundles import GRID, tiny_bundle, tiny_videogpt_bundle
from tests.studio.window import opened, run, until

WIDTH, HEIGHT, FRAMES = 96, 64, 12
LENGTH = 12
LAST = FRAMES - 1

Scenario = Callable[[MainWindow], Coroutine[Any, Any, None]]


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
    """A masked and a causal model."""
    folder = tmp_path / "models"
    folder.mkdir()
    tiny_bundle(folder / "tiny")
    tiny_videogpt_bundle(folder / "videogpt")
    return folder


def play(scenario: Scenario, clip: Path | None, models: Path, task: str = "continue") -> None:
    """Runs a scenario in a window with the engine; the causal model is chosen."""

    async def whole() -> None:
        engine = Engine()
        try:
            async with opened(engine, clip, models=(models,)) as window:
                window.studio.recipe.bundle = str(models / "videogpt")
                window.studio.recipe.task = task
                await scenario(window)
        finally:
            await engine.stop()

    run(whole())


async def generated(window: MainWindow) -> np.ndarray:
    """The frames of the result at the model's size, of the first variation."""
    window.inspector.job.generate.click()
    await window.studio.generation.ended()
    assert window.studio.generation.phase is Phase.FINISHED
    return frames_of_result(window)


def frames_of_result(window: MainWindow) -> np.ndarray:
    clips = window.studio.result.clips
    return np.stack([clips.frame(number, 0) for number in range(clips.decided)])


def test_clip_is_continued_past_its_end_and_exported(clip: Path, models: Path) -> None:
    async def scenario(window: MainWindow) -> None:
        studio = window.studio
        studio.playback.go(LAST)
        studio.recipe.kept, studio.recipe.length = 2, LENGTH
        result = await generated(window)
        assert len(result) == LENGTH
        assert studio.playback.length == LAST - 1 + LENGTH

        studio.export.writer = "ffv1"
        studio.export.start(clip.with_name("result.mkv"))
        await studio.export.ended()
        with open_clip(clip) as reader:
            source = reader.read(0, len(reader)).frames
        with open_clip(clip.with_name("result.mkv")) as reader:
            written = reader.read(0, len(reader)).frames
        assert len(written) == studio.playback.length
        assert np.array_equal(written[:FRAMES], source)
        outside = np.ones((HEIGHT, WIDTH), bool)
        window_ = studio.framing.window
        outside[window_.rows, window_.columns] = False
        assert (written[FRAMES:, outside] == source[-1, outside]).all()
        assert (written[FRAMES:, ~outside] != source[-1, ~outside]).any(axis=(1, 2)).all()

    play(scenario, clip, models)


def test_pause_does_not_change_a_long_result(clip: Path, models: Path) -> None:
    async def scenario(window: MainWindow) -> None:
        generation = window.studio.generation
        window.studio.playback.go(LAST)
        window.studio.recipe.kept, window.studio.recipe.length = 2, LENGTH
        straight = await generated(window)

        window.studio.asking.generate()
        await until(lambda: generation.started and generation.started.first > 2)
        generation.pause()
        await generation.ended()
        assert generation.phase is Phase.PAUSED
        generation.resume()
        await generation.ended()

        assert generation.phase is Phase.FINISHED
        assert np.array_equal(frames_of_result(window), straight)

    play(scenario, clip, models)


def test_decoding_again_from_a_token_gives_the_same_clip(clip: Path, models: Path) -> None:
    async def scenario(window: MainWindow) -> None:
        generation = window.studio.generation
        straight = await generated(window)
        number = generation.steps[0].step + 1
        generation.look_at(0)
        assert window.inspector.job.again.text() == f"Decode again from token {number}"
        window.inspector.job.again.click()
        await generation.ended()

        assert np.array_equal(frames_of_result(window), straight)

    play(scenario, clip, models)


def test_stop_is_shown_at_once_and_obeyed_soon(clip: Path, models: Path) -> None:
    async def scenario(window: MainWindow) -> None:
        studio = window.studio
        studio.recipe.length = 1000
        studio.asking.generate()
        await until(lambda: studio.generation.settled is not None)
        begin = perf_counter()
        window.inspector.job.stop.click()
        assert studio.generation.phase is Phase.HALTING
        await studio.generation.ended()
        assert studio.generation.phase is Phase.STOPPED
        assert perf_counter() - begin < 2
        assert len(studio.result.decided) >= GRID[0]

    play(scenario, clip, models)


def test_clip_is_generated_without_any(models: Path) -> None:
    async def scenario(window: MainWindow) -> None:
        result = await generated(window)
        assert result.shape == (*GRID, 3)
        await until(lambda: window.studio.stage.picture is not None)
        assert window.studio.session.clip.size == (GRID[2], GRID[1])

    play(scenario, None, models, task="generate")


def test_checkpoint_is_imported_and_generates(shared: Path, models: Path) -> None:
    async def scenario(window: MainWindow) -> None:
        window.import_checkpoint(shared / "golden" / "videogpt" / "gpt_sparse.ckpt")
        await window.studio.importing.ended()
        dialog = window.findChildren(ImportDialog)[0]
        assert "block-sparse" in dialog.found.text()
        dialog.close()
        assert window.studio.recipe.bundle == str(models / "gpt_sparse")
        window.studio.recipe.task = "generate"
        result = await generated(window)
        assert result.shape == (8, 64, 64, 3)
        await asyncio.sleep(0)

    play(scenario, None, models)
