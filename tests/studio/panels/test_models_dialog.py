"""The model manager: what is shown of a model, and what can be done with it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox

from core.assets import asset
from core.cards import list_bundles
from core.errors import UserError
from core.requests import BundleEntry, CapabilitiesRequest, GenerationFinished
from studio.panels.main_window import MainWindow
from studio.panels.models_dialog import ModelsDialog
from tests.bare_bundles import bare_bundle
from tests.studio.fakes import ReplayingEngine, capabilities
from tests.studio.window import opened, run, until

pytestmark = pytest.mark.usefixtures("qapp")
CLASSES = tuple(f"class {number}" for number in range(20))


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    """The models that came along, and one of the user's own."""
    own = tmp_path / "own"
    bare_bundle(own / "mine", title="My own", classes=CLASSES, metrics={"FP_psnr_model": 18.2})
    return asset("models"), own


class Engine(ReplayingEngine):
    """Finds the models that are on the disk."""

    async def run(self, request: object) -> AsyncGenerator[object, None]:
        if isinstance(request, CapabilitiesRequest):
            found = [entry for folder in request.folders for entry in list_bundles(Path(folder))]
            entries = tuple(
                BundleEntry(str(path), None, str(card))
                if isinstance(card, UserError)
                else BundleEntry(str(path), card)
                for path, card in found
            )
            self.answer = replace(self.answer, bundles=entries)
        async for update in super().run(request):
            yield update


def called(window: MainWindow) -> ModelsDialog:
    QTest.keyClick(window, Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier)
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, ModelsDialog)
    return dialog


def look_at(dialog: ModelsDialog, title: str) -> None:
    dialog.list.setCurrentItem(dialog.list.findItems(title, Qt.MatchFlag.MatchExactly)[0])


def test_card_clips_tasks_and_figures_of_a_model(places: tuple[Path, Path]) -> None:
    async def scenario() -> None:
        async with opened(Engine(), models=places) as window:
            dialog = called(window)
            assert dialog.title.text() == "First light"  # the one that is used
            assert dialog.page.facts["Licence"] == "Apache-2.0"
            assert dialog.page.facts["Kind"].startswith("Masked")
            assert dialog.page.facts["On the disk"] == "20 MB"
            await until(lambda: len(dialog.page.loops) == 5)
            assert dialog.page.loops[0].accessibleName() == "Fill the painted region"
            shown = dialog.page.loops[0].number
            await until(lambda: dialog.page.loops[0].number != shown)
            assert dialog.page.tasks.count() == 11
            dialog.page.setCurrentIndex(2)
            assert dialog.page.figures.topLevelItem(0).text(0) == "Tokenizer"
            look_at(dialog, "My own")
            group = dialog.page.figures.topLevelItem(0)
            assert (group.text(0), group.child(0).text(1)) == (
                "Predict the frames that follow",
                "18.20",
            )
            dialog.reject()

    run(scenario())


def test_classes_are_searched_where_there_are_many(places: tuple[Path, Path]) -> None:
    async def scenario() -> None:
        async with opened(Engine(), models=places) as window:
            dialog = called(window)
            look_at(dialog, "My own")
            page = dialog.page
            page.setCurrentIndex(1)
            assert page.query.isVisible()
            QTest.keyClicks(page.query, "17")
            items = [page.classes.item(row) for row in range(page.classes.count())]
            assert [item.text() for item in items if not item.isHidden()] == ["class 17"]
            await until(lambda: not page.loops)  # it has no clips
            dialog.reject()

    run(scenario())


def test_model_is_used_and_made_the_default(places: tuple[Path, Path]) -> None:
    async def scenario() -> None:
        async with opened(Engine(), models=places) as window:
            dialog, mine = called(window), str(places[1] / "mine")
            look_at(dialog, "My own")
            dialog.use.click()
            assert window.studio.recipe.bundle == mine
            assert not dialog.use.isEnabled()
            assert dialog.use.toolTip() == "It is the one that is used."
            dialog.default.click()
            assert window.studio.library.default == mine
            assert not dialog.default.isEnabled()
            words = dialog.list.currentItem().data(Qt.ItemDataRole.AccessibleTextRole)
            assert words.endswith("yours  ·  default")
            dialog.reject()

    run(scenario())


def test_own_model_is_deleted_after_a_question(places: tuple[Path, Path]) -> None:
    async def scenario() -> None:
        async with opened(Engine(), models=places) as window:
            dialog = called(window)
            assert dialog.delete.toolTip() == "It came with Maskreel, so it stays."
            look_at(dialog, "My own")
            dialog.delete.click()
            box = dialog.findChildren(QMessageBox)[0]
            assert "My own" in box.text()
            box.reject()
            assert (places[1] / "mine").exists()

            dialog.delete.click()
            box = dialog.findChildren(QMessageBox)[-1]
            next(button for button in box.buttons() if button.text() == "Delete").click()
            await until(lambda: dialog.list.count() == 2)
            assert not (places[1] / "mine").exists()
            assert dialog.title.text() == "First light"
            dialog.reject()

    run(scenario())


def test_broken_model_says_what_is_wrong_and_can_be_deleted(places: tuple[Path, Path]) -> None:
    (places[1] / "odd").mkdir()
    (places[1] / "odd" / "card.json").write_text("{}")

    async def scenario() -> None:
        async with opened(Engine(), models=places) as window:
            dialog = called(window)
            look_at(dialog, "odd")
            assert "tokenizer.safetensors is missing" in dialog.trouble.text()
            assert not dialog.use.isEnabled()
            assert dialog.delete.isEnabled()
            dialog.reject()

    run(scenario())


def test_folder_is_added_and_looked_at(places: tuple[Path, Path], tmp_path: Path) -> None:
    source = bare_bundle(tmp_path / "elsewhere" / "more", title="One more")

    async def scenario() -> None:
        async with opened(Engine(), models=places) as window:
            dialog = called(window)
            dialog.add.button.menu().actions()[1].trigger()
            files = dialog.findChildren(QFileDialog)[0]
            files.fileSelected.emit(str(source))
            files.close()
            await until(lambda: dialog.title.text() == "One more")
            await until(lambda: not window.studio.fetching.running)
            assert dialog.page.facts["Folder"] == str(places[1] / "more")

            window.studio.fetching.add_folder(tmp_path)
            await until(dialog.notice.isVisible)
            assert "holds no model" in dialog.notice.text.text()
            dialog.reject()

    run(scenario())


def test_checkpoint_is_asked_for_from_the_manager(places: tuple[Path, Path]) -> None:
    async def scenario() -> None:
        async with opened(Engine(), models=places) as window:
            dialog = called(window)
            dialog.add.button.menu().actions()[2].trigger()
            (files,) = window.findChildren(QFileDialog)
            assert files.windowTitle() == "Import a VideoGPT checkpoint"
            files.close()
            dialog.reject()

    run(scenario())


def test_without_any_model_the_ways_to_get_one_are_said(tmp_path: Path) -> None:
    async def scenario() -> None:
        empty = (tmp_path / "ours", tmp_path / "own")
        async with opened(Engine(), models=empty) as window:
            dialog = called(window)
            assert dialog.title.text() == "No model is installed"
            assert "Hugging Face" in dialog.trouble.text()
            for button in (dialog.use, dialog.default, dialog.delete, dialog.measure):
                assert not button.isEnabled()
                assert button.toolTip()
            dialog.reject()

    run(scenario())


def test_manager_is_reached_from_the_choice_of_the_model(places: tuple[Path, Path]) -> None:
    async def scenario() -> None:
        async with opened(Engine(), models=places) as window:
            button = next(
                child
                for child in window.inspector.recipe.children()
                if getattr(child, "defaultAction", None)
                and child.defaultAction() is window.actions_["models"]
            )
            button.click()
            dialog = QApplication.activeModalWidget()
            assert isinstance(dialog, ModelsDialog)
            dialog.reject()

    run(scenario())


def test_model_is_measured_and_says_what_it_takes(places: tuple[Path, Path]) -> None:
    class Measuring(Engine):
        async def run(self, request: object) -> AsyncGenerator[object, None]:
            async for update in super().run(request):
                finished = isinstance(update, GenerationFinished)
                yield replace(update, memory=1 << 29) if finished else update

    async def scenario() -> None:
        async with opened(Measuring(), models=places) as window:
            window.studio.models.decoders = {"commit": capabilities().decoders["commit"]}
            dialog = called(window)
            look_at(dialog, "My own")
            assert dialog.page.facts["Here"] == "Not measured yet on this device"
            dialog.measure.click()
            assert dialog.page.facts["Here"] == "Is being measured…"
            assert not dialog.measure.isEnabled()
            await until(lambda: dialog.measure.isEnabled())
            assert "0.5 GB of memory for a whole clip" in dialog.page.facts["Here"]
            dialog.reject()

    run(scenario())
