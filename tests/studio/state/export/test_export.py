"""An export is written beside the window, whole or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.media.reading import open_clip
from studio.settings import Settings
from studio.state.studio import Studio
from tests.studio.clips import numbered, write_numbered
from tests.studio.fakes import ReplayingEngine
from tests.studio.window import run

pytestmark = pytest.mark.usefixtures("qapp")
LENGTH = 20


@pytest.fixture
def studio(tmp_path: Path, qtbot) -> Iterator[Studio]:
    studio = Studio(ReplayingEngine(), Settings(), ())
    studio.export.writer = "ffv1"
    studio.session.open(write_numbered(tmp_path / "clip.mkv", LENGTH))
    qtbot.waitUntil(lambda: studio.stage.picture is not None)
    yield studio
    asyncio.run(studio.end())


def export(studio: Studio, target: Path) -> None:
    async def whole() -> None:
        studio.export.start(target)
        await studio.export.ended()

    run(whole())


def frames_of(path: Path) -> np.ndarray:
    with open_clip(path) as reader:
        return reader.read(0, len(reader)).frames


def test_clip_without_result_comes_back_bit_for_bit(studio: Studio, tmp_path: Path) -> None:
    export(studio, tmp_path / "out.mkv")

    assert np.array_equal(frames_of(tmp_path / "out.mkv"), numbered(LENGTH))
    assert "out.mkv" in studio.notices.current.text
    assert studio.export.done == LENGTH


def test_marks_choose_the_frames(studio: Studio, tmp_path: Path) -> None:
    studio.playback.mark(4, 6)
    studio.export.span = "marks"

    export(studio, tmp_path / "out.mkv")

    assert np.array_equal(frames_of(tmp_path / "out.mkv"), numbered(LENGTH)[4:7])


def test_result_is_written_as_the_canvas_shows_it(studio: Studio, tmp_path: Path) -> None:
    mask = np.zeros((48, 64), bool)
    mask[10:30, 10:30] = True
    studio.masks.paint(0, mask)

    async def whole() -> None:
        await studio.models.ask()
        studio.asking.generate()
        await studio.generation.ended()

    asyncio.run(whole())
    export(studio, tmp_path / "out.mkv")

    assert np.array_equal(frames_of(tmp_path / "out.mkv")[0], studio.stage.picture)


def test_out_mark_ends_the_result_in_the_file_as_well(studio: Studio, tmp_path: Path) -> None:
    studio.recipe.task = "FP"
    studio.playback.mark(None, 1)

    async def whole() -> None:
        await studio.models.ask()
        studio.asking.generate()
        await studio.generation.ended()

    asyncio.run(whole())
    export(studio, tmp_path / "out.mkv")

    written = frames_of(tmp_path / "out.mkv")
    assert not np.array_equal(written[1], numbered(LENGTH)[1])
    assert np.array_equal(written[2:], numbered(LENGTH)[2:])


def test_stopped_export_leaves_no_file(studio: Studio, tmp_path: Path) -> None:
    before = set(tmp_path.iterdir())

    async def whole() -> None:
        studio.export.start(tmp_path / "out.mkv")
        studio.export.cancel()
        await studio.export.ended()

    run(whole())

    assert set(tmp_path.iterdir()) == before
    assert "was not written" in studio.notices.current.text


def test_place_that_is_not_there_is_a_notice(studio: Studio, tmp_path: Path) -> None:
    export(studio, tmp_path / "no folder" / "out.mkv")

    assert studio.notices.current.kind == "error"
    assert "no folder" in studio.notices.current.text
    assert not studio.export.running


def test_suggested_name_is_free(studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "clip-maskreel.mkv").write_text("")

    assert studio.export.suggested() == tmp_path / "clip-maskreel-2.mkv"


def test_next_export_goes_where_the_last_one_went(studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()

    export(studio, tmp_path / "results" / "a.mkv")

    assert studio.export.suggested().parent == tmp_path / "results"


def test_suffix_follows_the_format(studio: Studio) -> None:
    studio.export.writer = "gif"

    assert studio.export.with_suffix(Path("a.b/my.take.mp4")) == Path("a.b/my.take.gif")
    assert studio.export.with_suffix(Path("a.b/my.take")) == Path("a.b/my.take.gif")
