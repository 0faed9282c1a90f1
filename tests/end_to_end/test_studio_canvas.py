"""The whole path of an extended picture: one drag, the engine's process, a file."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from core.assets import asset
from core.engine.client import Engine
from core.margins import Margins
from core.media.reading import open_clip
from core.media.writing import write_clip
from core.provenance import read_provenance
from studio.panels.main_window import MainWindow
from studio.state.takes.take import Phase
from studio.widgets.canvas_edges import grip
from studio.widgets.clip_view import ClipView
from tests.bundles import tiny_bundle
from tests.studio.window import opened, run, until

WIDTH, HEIGHT, FRAMES = 96, 72, 9

Scenario = Callable[[MainWindow], Coroutine[Any, Any, None]]


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A lossless clip in which every frame differs."""
    frames = np.random.default_rng(0).integers(0, 256, (FRAMES, HEIGHT, WIDTH, 3), dtype=np.uint8)
    target = tmp_path / "noise.mkv"
    for _count in write_clip(frames, target, writer="ffv1", rate=Fraction(25)):
        pass
    return target


def play(scenario: Scenario, clip: Path, models: Path) -> None:
    async def whole() -> None:
        engine = Engine()
        try:
            async with opened(engine, clip, models=(models,)) as window:
                await until(lambda: window.studio.models.decoders)
                await scenario(window)
        finally:
            await engine.stop()

    run(whole())


def widen(view: ClipView, pixels: float) -> None:
    """Drags the right edge outwards by so many pixels of the picture."""
    start = grip(view.pictureRect(), "right").center().toPoint()
    way = round(pixels * view.place.ratio)
    by = QPoint(way, 0)
    QTest.mouseMove(view, start)
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(view, start + by)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=start + by)


async def generated(window: MainWindow) -> None:
    window.inspector.job.generate.click()
    await window.studio.generation.ended()
    assert window.studio.generation.phase is Phase.FINISHED


async def interrupted(window: MainWindow) -> None:
    """Generates, with a pause in a later window."""
    generation = window.studio.generation
    window.studio.asking.generate()
    await until(lambda: generation.started is not None and generation.started.first > 0)
    generation.pause()
    await generation.ended()
    assert generation.phase is Phase.PAUSED
    generation.resume()
    await generation.ended()
    assert generation.phase is Phase.FINISHED


async def exported(window: MainWindow, target: Path, writer: str) -> np.ndarray:
    window.studio.export.writer = writer
    window.studio.export.start(target)
    await window.studio.export.ended()
    with open_clip(target) as reader:
        return reader.read(0, len(reader)).frames


def test_sixteen_to_nine_from_four_to_three_in_one_drag(clip: Path, tmp_path: Path) -> None:
    tiny_bundle(tmp_path / "models" / "tiny")

    async def scenario(window: MainWindow) -> None:
        studio = window.studio
        studio.recipe.options = {"steps": 64}  # not over before a pause
        widen(window.canvas.view, 31)
        assert studio.session.clip.size == (128, 72)
        assert studio.framing.covered == range(FRAMES)

        await generated(window)

        frames = await exported(window, clip.with_name("wide.mkv"), "ffv1")
        with open_clip(clip) as reader:
            source = reader.read(0, FRAMES).frames
        assert frames.shape == (FRAMES, 72, 128, 3)
        np.testing.assert_array_equal(frames[:, :, :WIDTH], source)
        still = np.repeat(source[:, :, -1:], 128 - WIDTH, axis=2)
        assert (frames[:, :, WIDTH:] != still).any(axis=(1, 2, 3)).all()
        made = read_provenance(clip.with_name("wide.mkv")).request
        assert (made.margins, made.length) == (Margins(right=32), FRAMES)

        studio.masks.history.undo()
        assert studio.session.clip.size == (WIDTH, HEIGHT)
        studio.masks.history.redo()
        await interrupted(window)
        again = await exported(window, clip.with_name("again.mkv"), "ffv1")
        np.testing.assert_array_equal(again, frames)

    play(scenario, clip, tmp_path / "models")


def test_bundled_model_extends_a_real_clip_with_sound(shared: Path, tmp_path: Path) -> None:
    async def scenario(window: MainWindow) -> None:
        studio = window.studio
        studio.recipe.options = {"steps": 1}
        studio.playback.mark(8, 31)
        widen(window.canvas.view, 158)
        assert studio.session.clip.size == (640, 360)
        assert len(studio.recipe.windows) == 2

        await generated(window)

        target = tmp_path / "brook.mp4"
        frames = await exported(window, target, "mp4")
        assert frames.shape == (90, 360, 640, 3)
        with open_clip(target) as reader:
            assert reader.has_audio

    play(scenario, shared / "clips" / "brook_boulders.mp4", asset("models"))
