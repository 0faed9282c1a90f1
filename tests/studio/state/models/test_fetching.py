"""Models from folders and from Hugging Face arrive without the window waiting for them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from core.cards import TOKENIZER_FILE
from studio.settings import Settings
from studio.state.studio import Studio
from tests.bare_bundles import bare_bundle
from tests.hub_server import Site, serving
from tests.studio.fakes import ReplayingEngine

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture(autouse=True)
def no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with serving(Site().hold(bare_bundle(tmp_path / "offered" / "far"))) as served:
        yield served


@pytest.fixture
def studio(tmp_path: Path, site: Site) -> Iterator[Studio]:
    bare_bundle(tmp_path / "ours" / "shipped")
    studio = Studio(ReplayingEngine(), Settings(), (tmp_path / "ours", tmp_path / "own"))
    studio.fetching.endpoint = site.address
    yield studio
    studio.fetching.cancel()
    studio.session.end()


def names(studio: Studio) -> list[str]:
    return [Path(entry.folder).name for entry in studio.models.bundles]


def test_folder_is_copied_and_offered_at_once(qtbot: QtBot, studio: Studio, tmp_path: Path) -> None:
    source = bare_bundle(tmp_path / "elsewhere" / "mine")

    with qtbot.waitSignal(studio.fetching.added) as added:
        studio.fetching.add_folder(source)
        assert studio.fetching.running

    assert added.args == [str(tmp_path / "own" / "mine")]
    assert names(studio) == ["shipped", "mine"]
    qtbot.waitUntil(lambda: not studio.fetching.running)


def test_folder_without_a_model_is_a_sentence(qtbot: QtBot, studio: Studio, tmp_path: Path) -> None:
    studio.fetching.add_folder(tmp_path)

    qtbot.waitUntil(lambda: "there is no card.json" in studio.fetching.problem)
    qtbot.waitUntil(lambda: not studio.fetching.running)


def test_repository_is_looked_at_then_downloaded(qtbot: QtBot, studio: Studio) -> None:
    fetching = studio.fetching
    fetching.look("owner/name")
    qtbot.waitUntil(lambda: fetching.offer is not None)
    assert names(studio) == ["shipped"]

    qtbot.waitUntil(lambda: not fetching.running)
    with qtbot.waitSignal(fetching.added):
        fetching.download()

    assert names(studio) == ["shipped", "far"]
    assert fetching.offer is None


def test_download_that_is_stopped_waits_to_go_on(qtbot: QtBot, studio: Studio, site: Site) -> None:
    fetching = studio.fetching
    site.pauses[TOKENIZER_FILE] = 300_000
    fetching.look("owner/name")
    qtbot.waitUntil(lambda: fetching.offer is not None and not fetching.running)

    fetching.download()
    qtbot.waitUntil(lambda: fetching.adding is not None and fetching.adding.done > 100_000)
    fetching.cancel()
    assert not fetching.running
    site.pauses.clear()
    site.go_on.set()

    fetching.look("owner/name")
    qtbot.waitUntil(lambda: fetching.offer is not None and not fetching.running)
    assert fetching.offer is not None
    assert 100_000 < fetching.offer.here < fetching.offer.total
    (unfinished,) = fetching.unfinished
    assert unfinished[0].name == "owner/name"
    with qtbot.waitSignal(fetching.added):
        fetching.download()
    qtbot.waitUntil(lambda: fetching.unfinished == ())


def test_what_is_no_repository_is_said_at_once(studio: Studio) -> None:
    studio.fetching.look("nonsense")

    assert "no repository" in studio.fetching.problem
    assert not studio.fetching.running


def test_unfinished_download_is_thrown_away(qtbot: QtBot, studio: Studio, site: Site) -> None:
    fetching = studio.fetching
    site.breaks[TOKENIZER_FILE] = [100_000, 0]
    fetching.look("owner/name")
    qtbot.waitUntil(lambda: fetching.offer is not None and not fetching.running)
    fetching.download()
    qtbot.waitUntil(lambda: "what has arrived is kept" in fetching.problem)
    qtbot.waitUntil(lambda: len(fetching.unfinished) == 1)

    fetching.throw_away(fetching.unfinished[0][0])

    assert fetching.unfinished == ()
