"""The import dialog shows what was found and assumed, and takes better answers."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog

from core.cards import Network
from core.errors import UserError
from core.requests import BundleEntry, Imported
from studio.panels.import_dialog import ImportDialog
from studio.panels.main_window import MainWindow
from tests.studio.fakes import CAUSAL, ReplayingEngine, both_families
from tests.studio.window import opened, run, until

pytestmark = pytest.mark.usefixtures("qapp")
FOUND = ("Prior of 10 parameters: 2 layers.", "Conditioned on nothing.")
HEADS = "4 attention heads, as the file does not say their number; --heads sets another one."
CLASSES = "Classes are called “class 0” to “class 9”; --classes does."


def engine_that_answers(*assumed: str) -> ReplayingEngine:
    card = replace(CAUSAL, title="Bair", transformer=Network("causal", {"heads": 4}))
    known = both_families()
    engine = ReplayingEngine(
        replace(known, bundles=(*known.bundles, BundleEntry("/models/bair", card)))
    )
    engine.imported = Imported("/models/bair", FOUND, assumed)
    return engine


async def dialog_of(window: MainWindow) -> ImportDialog:
    """Chooses a file, as the user does in the file dialog."""
    window.actions_["import"].trigger()
    files = window.findChildren(QFileDialog)[0]
    files.fileSelected.emit("/elsewhere/bair.ckpt")
    files.close()
    dialog = window.findChildren(ImportDialog)[0]
    assert not dialog.progress.isHidden()
    await window.studio.importing.ended()
    return dialog


def test_what_was_found_is_shown_and_the_model_chosen(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(engine_that_answers(HEADS), models=(tmp_path,)) as window:
            dialog = await dialog_of(window)
            assert all(line in dialog.found.text() for line in FOUND)
            assert "“Attention heads” sets another one" in dialog.assumed.text()
            assert dialog.progress.isHidden()
            assert window.studio.recipe.bundle == "/models/bair"
            assert window.inspector.recipe.bundle.currentText() == "Bair"

    run(scenario())


def test_answers_are_there_when_they_are_asked_for(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(engine_that_answers(HEADS, CLASSES), models=(tmp_path,)) as window:
            dialog = await dialog_of(window)
            assert dialog.heads.isVisible()
            assert dialog.heads.value() == 4
            assert dialog.classes.isVisible()
            assert not dialog.tokenizer.isVisible()
            assert dialog.again.isVisible()

    run(scenario())


def test_file_that_says_everything_asks_nothing(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with opened(engine_that_answers(), models=(tmp_path,)) as window:
            dialog = await dialog_of(window)
            assert not dialog.again.isVisible()
            assert not dialog.heads.isVisible()

    run(scenario())


def test_answers_are_imported_again(tmp_path: Path) -> None:
    async def scenario() -> None:
        engine = engine_that_answers(HEADS, CLASSES)
        async with opened(engine, models=(tmp_path,)) as window:
            dialog = await dialog_of(window)
            dialog.heads.setValue(8)
            dialog.classes.setText("cat, dog")
            dialog.again.click()
            await window.studio.importing.ended()
            first, second = engine.imports
            assert (first.heads, first.classes) == (None, ())
            assert (second.heads, second.classes) == (8, ("cat", "dog"))
            assert (second.name, second.tokenizer) == ("bair", None)

    run(scenario())


def test_refusal_is_a_notice_with_the_field_that_helps(tmp_path: Path) -> None:
    async def scenario() -> None:
        engine = engine_that_answers()
        engine.imported = UserError("bair.ckpt lacks its VQ-VAE. Give it with --tokenizer.")
        async with opened(engine, models=(tmp_path,)) as window:
            dialog = await dialog_of(window)
            assert dialog.problem.isVisible()
            assert dialog.problem.text.text().endswith("Give it with “Its VQ-VAE”.")
            assert dialog.tokenizer.isVisible()
            dialog.tokenizer.setText("/elsewhere/vqvae.ckpt")
            dialog.again.click()
            await window.studio.importing.ended()
            assert engine.imports[1].tokenizer == "/elsewhere/vqvae.ckpt"

    run(scenario())


def test_closing_stops_an_import_that_runs(tmp_path: Path) -> None:
    async def scenario() -> None:
        engine = engine_that_answers(HEADS)
        async with opened(engine, models=(tmp_path,)) as window:
            before = window.studio.recipe.bundle
            window.import_checkpoint(Path("/elsewhere/bair.ckpt"))
            dialog = window.findChildren(ImportDialog)[0]
            assert dialog.close_button.text() == "Stop"
            dialog.close_button.click()
            await window.studio.importing.ended()
            await until(lambda: not window.findChildren(ImportDialog))
            assert window.studio.recipe.bundle == before
            assert not window.studio.importing.running
            await asyncio.sleep(0)

    run(scenario())
