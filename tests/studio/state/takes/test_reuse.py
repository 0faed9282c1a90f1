"""A file that Maskreel has exported offers the settings that it was made with."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest

from core.margins import NONE, Margins
from core.media.writing import WRITERS
from core.requests import GenerationRequest
from studio.panels.main_window import MainWindow
from tests.studio.clips import write_numbered
from tests.studio.fakes import CAUSAL_BUNDLE, ReplayingEngine, both_families
from tests.studio.window import drop, opened, run, until

pytestmark = pytest.mark.usefixtures("qapp")
SIZE = (96, 64)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_numbered(tmp_path / "dog.mkv", 20, *SIZE)


async def exported(window: MainWindow, target: Path, writer: str) -> GenerationRequest:
    """A result with settings of its own, written to a file. Returns what was asked."""
    studio = window.studio
    mask = np.zeros(SIZE[::-1], bool)
    mask[16:48, 20:60] = True
    studio.playback.mark(3, None)
    studio.masks.paint(3, mask)
    studio.recipe.seed, studio.recipe.options = 77, {"steps": 9}
    studio.framing.drag(10, 5, 64, 48)
    studio.asking.generate()
    await studio.generation.ended()
    studio.export.writer = writer
    studio.export.start(target)
    await studio.export.ended()
    assert studio.generation.request is not None
    return studio.generation.request


async def dropped(window: MainWindow, path: Path) -> None:
    drop(window.canvas.view, path)
    await until(lambda: window.studio.session.clip.path == path)


@pytest.mark.parametrize("writer", ["mp4", "gif", "png", "npz"])
def test_dropped_file_brings_its_settings_back(writer: str, clip: Path) -> None:
    target = clip.with_name(f"out{WRITERS[writer].suffix}")

    async def scenario() -> None:
        engine = ReplayingEngine()
        async with opened(engine, clip) as window:
            asked = await exported(window, target, writer)
        async with opened(engine, target) as window:
            studio, notice = window.studio, window.canvas.notice
            assert "“out" in notice.text.text()
            assert "“dog.mkv”" in notice.text.text()
            assert notice.action.text() == "Use these settings"
            notice.action.click()
            assert "generate to get the same again" in notice.text.text()
            studio.asking.generate()
            await studio.generation.ended()
            again = engine.requests[-1]
            assert (again.seed, again.options, again.task) == (77, {"steps": 9}, "paint")
            assert (again.window, again.painted.at(3).sum()) == (asked.window, 32 * 40)

    run(scenario())


def test_clip_that_it_was_made_from_is_opened_again(clip: Path) -> None:
    target = clip.with_name("out.mkv")

    async def scenario() -> None:
        engine = ReplayingEngine()
        async with opened(engine, clip) as window:
            asked = await exported(window, target, "ffv1")
            await dropped(window, target)
            await until(lambda: window.canvas.notice.action.text() == "Use these settings")
            window.canvas.notice.action.click()
            await until(lambda: window.studio.session.clip.path == clip)
            await asyncio.sleep(0)
            window.studio.asking.generate()
            await window.studio.generation.ended()
            assert engine.requests[-1] == asked

    run(scenario())


async def widened(window: MainWindow, target: Path) -> GenerationRequest:
    """A result on a wider canvas, written to a file. Returns what was asked."""
    studio = window.studio
    studio.growing.extend(Margins(left=12, right=20))
    studio.asking.generate()
    await studio.generation.ended()
    studio.export.writer = "ffv1"
    studio.export.start(target)
    await studio.export.ended()
    assert studio.generation.request is not None
    return studio.generation.request


def test_the_canvas_comes_back_with_the_clip(clip: Path) -> None:
    target = clip.with_name("wide.mkv")

    async def scenario() -> None:
        engine = ReplayingEngine()
        async with opened(engine, clip) as window:
            asked = await widened(window, target)
            await dropped(window, target)
            assert window.studio.session.clip.margins == NONE
            await until(lambda: window.canvas.notice.action.text() == "Use these settings")
            window.canvas.notice.action.click()
            await until(lambda: window.studio.session.clip.path == clip)
            await until(lambda: window.studio.session.clip.margins == asked.margins)
            window.studio.asking.generate()
            await window.studio.generation.ended()
            assert engine.requests[-1] == asked

    run(scenario())


def test_a_file_that_shows_the_whole_canvas_is_not_extended_again(clip: Path) -> None:
    target = clip.with_name("wide.mkv")

    async def scenario() -> None:
        async with opened(ReplayingEngine(), clip) as window:
            await widened(window, target)
        clip.unlink()
        async with opened(ReplayingEngine(), target) as window:
            window.canvas.notice.action.click()
            session, track = window.studio.session, window.studio.masks.track
            assert session.clip.margins == track.margins == NONE
            assert session.clip.size == track.size == (128, 64)
            np.testing.assert_array_equal(track.at(7), Margins(left=12, right=20).beyond((128, 64)))

    run(scenario())


def test_part_of_a_clip_has_the_mask_where_it_was(clip: Path) -> None:
    target = clip.with_name("out.mkv")

    async def scenario() -> None:
        async with opened(ReplayingEngine(), clip) as window:
            window.studio.export.span = "generated"
            await exported(window, target, "ffv1")
        clip.unlink()
        async with opened(ReplayingEngine(), target) as window:
            window.canvas.notice.action.click()
            track, framing = window.studio.masks.track, window.studio.framing
            assert list(track.keyframes) == [0]
            assert framing.window.first == 0

    run(scenario())


def test_what_does_not_fit_is_said(clip: Path) -> None:
    target = clip.with_name("out.mkv")

    async def scenario() -> None:
        async with opened(ReplayingEngine(), clip) as window:
            window.studio.export.choose(shape={"size": "half"})
            await exported(window, target, "ffv1")
        async with opened(ReplayingEngine(), target) as window:
            window.canvas.notice.action.click()
            said = window.canvas.notice.text.text()
            assert "the mask is 96 × 64" in said
            assert "the working window does not fit" in said
            assert window.studio.recipe.seed == 77

    run(scenario())


def test_missing_model_is_named(clip: Path) -> None:
    target = clip.with_name("out.mkv")

    async def scenario() -> None:
        async with opened(ReplayingEngine(), clip) as window:
            await exported(window, target, "ffv1")
        engine = ReplayingEngine(both_families())
        engine.answer = engine.answer.__class__(
            "CPU", 1 << 30, engine.answer.bundles[1:], engine.answer.decoders
        )
        async with opened(engine, target) as window:
            window.canvas.notice.action.click()
            assert "the model “tiny” is not installed" in window.canvas.notice.text.text()

    run(scenario())


def test_continued_clip_is_continued_at_the_same_place(clip: Path) -> None:
    target = clip.with_name("out.mkv")

    async def scenario() -> None:
        engine = ReplayingEngine(both_families())
        async with opened(engine, clip) as window:
            studio = window.studio
            studio.recipe.bundle = CAUSAL_BUNDLE
            studio.recipe.length = 16
            studio.playback.go(9)
            studio.asking.generate()
            await studio.generation.ended()
            studio.export.writer = "ffv1"
            studio.export.start(target)
            await studio.export.ended()
        async with opened(engine, target) as window:
            window.canvas.notice.action.click()
            window.studio.asking.generate()
            await window.studio.generation.ended()
            first, again = engine.requests[0], engine.requests[-1]
            assert (again.window, again.kept, again.length) == (
                first.window,
                first.kept,
                first.length,
            )

    run(scenario())


def test_files_of_others_offer_nothing(clip: Path) -> None:
    async def scenario() -> None:
        async with opened(ReplayingEngine(), clip) as window:
            assert not window.canvas.notice.isVisible()

    run(scenario())
