"""A model from Hugging Face: first seen, then downloaded, stopped, gone on with."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from core.cards import TOKENIZER_FILE
from studio.panels.hub_dialog import HubDialog
from studio.panels.models_dialog import ModelsDialog
from tests.bare_bundles import bare_bundle
from tests.hub_server import Site, serving
from tests.studio.fakes import ReplayingEngine
from tests.studio.window import opened, run, until

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")
    with serving(Site().hold(bare_bundle(tmp_path / "offered" / "far", title="Far"))) as served:
        yield served


@asynccontextmanager
async def shown(site: Site, tmp_path: Path) -> AsyncIterator[tuple[ModelsDialog, HubDialog]]:
    async with opened(ReplayingEngine(), models=(tmp_path / "ours", tmp_path / "own")) as window:
        window.studio.fetching.endpoint = site.address
        window.actions_["models"].trigger()
        models = window.findChildren(ModelsDialog)[0]
        models.add.button.menu().actions()[0].trigger()
        yield models, models.findChildren(HubDialog)[0]
        models.reject()


async def looked(dialog: HubDialog, text: str = "owner/name") -> None:
    dialog.place.clear()
    QTest.keyClicks(dialog.place, text)
    QTest.keyClick(dialog.place, Qt.Key.Key_Return)
    await until(lambda: dialog.cancel.text() == "Close" and dialog.look.isEnabled())


def test_offer_is_seen_then_downloaded_and_looked_at(site: Site, tmp_path: Path) -> None:
    site.files["last.ckpt"] = b"pickle"

    async def scenario() -> None:
        async with shown(site, tmp_path) as (models, dialog):
            assert not dialog.download.isEnabled()
            await looked(dialog)
            assert dialog.title.text() == "Far"
            assert dialog.licence.text() == "apache-2.0"
            assert dialog.files.topLevelItemCount() == 3
            assert "“last.ckpt”" in dialog.note.text.text()
            assert dialog.download.text() == "Download 801 KB"
            dialog.download.click()
            await until(lambda: models.title.text() == "Far")
            assert models.page.facts["Came from"].startswith("owner/name on Hugging Face")

    run(scenario())


def test_refusals_are_told_in_the_dialog(site: Site, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with shown(site, tmp_path) as (models, dialog):
            await looked(dialog, "nonsense")
            assert "Write owner/name" in dialog.problem.text.text()
            await looked(dialog, "other/name")
            assert "There is no repository other/name" in dialog.problem.text.text()
            assert not models.notice.isVisible()
            site.files = {"model.bin": b""}
            await looked(dialog)
            assert "can run any program" in dialog.problem.text.text()
            assert not dialog.download.isEnabled()

    run(scenario())


def test_stopped_download_is_offered_again_and_goes_on(site: Site, tmp_path: Path) -> None:
    site.pauses[TOKENIZER_FILE] = 300_000

    async def scenario() -> None:
        async with shown(site, tmp_path) as (models, dialog):
            await looked(dialog)
            dialog.download.click()
            await until(lambda: dialog.progress.bar.value() > 100)
            assert dialog.cancel.text() == "Stop"
            dialog.cancel.click()
            site.pauses.clear()
            site.go_on.set()
            dialog.reject()
            models.add.ask_for_repository()
            again = models.findChildren(HubDialog)[-1]
            assert again.go_on.isVisible()
            again.go_on.click()
            await until(lambda: again.download.isEnabled())
            assert again.download.text().startswith("Download the other")
            again.download.click()
            await until(lambda: models.title.text() == "Far")

    run(scenario())


def test_unfinished_download_is_thrown_away(site: Site, tmp_path: Path) -> None:
    site.breaks[TOKENIZER_FILE] = [200_000, 0]

    async def scenario() -> None:
        async with shown(site, tmp_path) as (models, dialog):
            await looked(dialog)
            dialog.download.click()
            await until(dialog.problem.isVisible)
            assert "what has arrived is kept" in dialog.problem.text.text()
            dialog.reject()
            models.add.ask_for_repository()
            again = models.findChildren(HubDialog)[-1]
            again.throw_away.click()
            assert not again.go_on.isVisible()
            assert list((tmp_path / "own").iterdir()) == []

    run(scenario())
