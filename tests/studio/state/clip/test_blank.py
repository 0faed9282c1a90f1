"""Without a clip, a result stands in a blank one of the model's size."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from core.media.reading import open_clip
from studio.settings import Settings
from studio.state.clip.blank import BlankClip
from studio.state.studio import Studio
from tests.studio.fakes import (
    CAUSAL_BUNDLE,
    CAUSAL_FRAMES,
    SIDE,
    ReplayingEngine,
    both_families,
    level,
)

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture
def engine() -> ReplayingEngine:
    return ReplayingEngine(both_families())


@pytest.fixture
def studio(engine: ReplayingEngine) -> Iterator[Studio]:
    studio = Studio(engine, Settings(), ())
    asyncio.run(studio.models.ask())
    studio.recipe.bundle, studio.recipe.task = CAUSAL_BUNDLE, "generate"
    yield studio
    asyncio.run(studio.end())


def generate(studio: Studio) -> None:
    async def whole() -> None:
        studio.asking.generate()
        await studio.generation.ended()

    asyncio.run(asyncio.wait_for(whole(), 10))


def test_every_frame_is_black_and_of_the_size_asked_for() -> None:
    with BlankClip((32, 24), 5, Fraction(8)) as clip:
        assert (len(clip), clip.size, clip.rate, clip.has_audio) == (5, (32, 24), 8, False)
        assert not clip.frame(4).any()
        assert clip.thumbnail(0, 12).shape == (12, 16, 3)


def test_generating_without_a_clip_makes_one_of_the_model_s_size(
    studio: Studio, engine: ReplayingEngine, qtbot
) -> None:
    assert studio.asking.obstacle == ""

    generate(studio)

    assert (studio.session.clip.size, len(studio.session.clip)) == ((SIDE, SIDE), CAUSAL_FRAMES)
    assert studio.playback.rate == 25
    assert engine.requests[0].clip is None
    qtbot.waitUntil(lambda: studio.stage.picture is not None)
    assert (studio.stage.picture == level(0)).all()


def test_what_needs_pixels_needs_a_clip(studio: Studio) -> None:
    studio.recipe.task = "continue"
    assert studio.asking.obstacle == "Open a clip first."

    studio.asking.new_clip()

    assert studio.asking.obstacle == "Open a clip first."


def test_result_of_a_blank_clip_is_exported(studio: Studio, tmp_path: Path) -> None:
    studio.recipe.length = 20
    generate(studio)
    studio.export.writer = "ffv1"

    async def written() -> None:
        studio.export.start(tmp_path / "out.mkv")
        await studio.export.ended()

    asyncio.run(written())

    with open_clip(tmp_path / "out.mkv") as reader:
        frames = reader.read(0, len(reader)).frames
    assert np.array_equal(frames[:, 0, 0, 0], [level(n) for n in range(20)])


def test_timeline_shows_the_result_of_a_blank_clip(studio: Studio, qtbot) -> None:
    arrived: dict[int, int] = {}
    studio.thumbnails.arrived.connect(
        lambda frame, picture: arrived.update({frame: int(picture[0, 0, 0])})
    )
    studio.asking.new_clip()
    studio.thumbnails.want([0, 3])
    qtbot.waitUntil(lambda: 3 in arrived)
    assert arrived == {0: 0, 3: 0, CAUSAL_FRAMES - 1: 0}  # the last one is what others lie on

    stale: list[int] = []
    studio.thumbnails.stale.connect(stale.extend)
    generate(studio)
    studio.thumbnails.want([0, 3])

    assert {0, 3} <= set(stale)
    assert (arrived[0], arrived[3]) == (level(0), level(3))


def test_blank_clip_is_no_recent_one_and_names_no_folder(studio: Studio) -> None:
    before = studio.settings

    studio.asking.new_clip()

    assert studio.settings == before
    assert studio.export.suggested().is_absolute()
