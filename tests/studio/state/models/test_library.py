"""What can be done with a model, and what stands in the way."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from core.requests import GenerationRequest
from core.window import whole
from studio.settings import Settings
from studio.state.studio import Studio
from studio.state.takes.take import Take
from tests.bare_bundles import bare_bundle
from tests.studio.fakes import ReplayingEngine

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    bare_bundle(tmp_path / "ours" / "shipped")
    bare_bundle(tmp_path / "own" / "mine", title="Mine")
    return tmp_path / "ours", tmp_path / "own"


@pytest.fixture
def studio(places: tuple[Path, Path]) -> Iterator[Studio]:
    studio = Studio(ReplayingEngine(), Settings(), places)
    yield studio
    studio.session.end()


def test_default_is_used_at_the_next_start(studio: Studio, places: tuple[Path, Path]) -> None:
    mine = str(places[1] / "mine")
    assert studio.recipe.bundle != mine

    studio.library.make_default(mine)

    assert studio.library.obstacle_to_default(mine) == "It is the default already."
    last_used = Settings(bundle=str(places[0] / "shipped"))
    again = Studio(ReplayingEngine(), last_used, places)
    assert again.recipe.bundle == mine
    again.session.end()


def test_model_that_is_deleted_is_chosen_no_longer(
    qtbot: QtBot, studio: Studio, places: tuple[Path, Path]
) -> None:
    mine = str(places[1] / "mine")
    studio.library.make_default(mine)
    studio.recipe.bundle = mine

    studio.library.delete(mine)

    qtbot.waitUntil(lambda: studio.library.entry(mine) is None)
    assert studio.recipe.bundle == str(places[0] / "shipped")
    assert studio.library.default == ""
    assert not Path(mine).exists()


def test_models_of_others_stay(studio: Studio, places: tuple[Path, Path]) -> None:
    shipped = str(places[0] / "shipped")

    assert "not Maskreel's own folder" in studio.library.obstacle_to_delete(shipped)
    studio.library.delete(shipped)

    assert Path(shipped).exists()


def test_model_of_a_running_or_waiting_take_stays(
    studio: Studio, places: tuple[Path, Path]
) -> None:
    mine = str(places[1] / "mine")
    request = GenerationRequest(mine, "CG", None, whole((16, 16), (4, 16, 16)))

    async def scenario() -> None:
        studio.queue.hold()
        studio.queue.add(Take(request))
        assert "wait in the queue" in studio.library.obstacle_to_delete(mine)
        studio.queue.release()
        assert "is running" in studio.library.obstacle_to_delete(mine)
        studio.queue.stop_all()
        await studio.queue.all_ended()

    asyncio.run(asyncio.wait_for(scenario(), 10))
    assert studio.library.obstacle_to_delete(mine) == ""
