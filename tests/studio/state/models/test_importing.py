"""A checkpoint becomes a model that is chosen; what its file does not say can be answered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import UserError
from core.requests import BundleEntry, Imported, ImportRequest
from studio.settings import Settings
from studio.state.studio import Studio
from tests.studio.fakes import CAUSAL, ReplayingEngine, both_families

pytestmark = pytest.mark.usefixtures("qapp")
ASSUMED = "2 attention heads, as the file does not say their number; --heads sets another one."


class ImportingEngine(ReplayingEngine):
    """Writes an empty folder for each model; `error` is raised instead when it is set."""

    def __init__(self) -> None:
        super().__init__(both_families())
        self.refusal: Exception | None = None

    async def run(self, request: object) -> AsyncGenerator[object, None]:
        if isinstance(request, ImportRequest):
            self.imports.append(request)
            if self.refusal is not None:
                raise self.refusal
            folder = Path(request.models) / str(request.name)
            folder.mkdir()
            (folder / "heads").write_text(str(request.heads))
            entry = BundleEntry(str(folder), replace(CAUSAL, name=folder.name))
            kept = [known for known in self.answer.bundles if known.folder != entry.folder]
            self.answer = replace(self.answer, bundles=(*kept, entry))
            yield Imported(str(folder), ("Prior of 10 parameters.",), (ASSUMED,))
            return
        async for update in super().run(request):
            yield update


@pytest.fixture
def engine() -> ImportingEngine:
    return ImportingEngine()


@pytest.fixture
def studio(engine: ImportingEngine, tmp_path: Path) -> Studio:
    studio = Studio(engine, Settings(), (tmp_path / "ours", tmp_path))
    studio.session.end()
    return studio


def imported(studio: Studio, *, heads: int | None = None, again: bool = False) -> None:
    async def whole() -> None:
        if again:
            studio.importing.again(heads)
        else:
            studio.importing.start(Path("/elsewhere/bair.ckpt"))
        assert studio.importing.running
        await studio.importing.ended()

    asyncio.run(asyncio.wait_for(whole(), 10))


def test_model_is_written_beside_the_user_s_others_and_chosen(
    studio: Studio, engine: ImportingEngine, tmp_path: Path
) -> None:
    imported(studio)

    request = engine.imports[0]
    assert (request.checkpoint, request.name) == ("/elsewhere/bair.ckpt", "bair")
    assert Path(request.models) == tmp_path
    assert studio.recipe.bundle == str(tmp_path / "bair")
    assert studio.importing.asked == {"--heads"}
    assert not studio.importing.running


def test_name_that_is_taken_is_left_to_its_model(studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "bair").mkdir()

    imported(studio)

    assert studio.recipe.bundle == str(tmp_path / "bair-2")


def test_another_number_of_heads_takes_the_model_s_place(
    studio: Studio, engine: ImportingEngine, tmp_path: Path
) -> None:
    imported(studio)

    imported(studio, heads=8, again=True)

    assert (engine.imports[1].name, engine.imports[1].heads) == ("bair", 8)
    assert [path.name for path in tmp_path.iterdir()] == ["bair"]
    assert (tmp_path / "bair" / "heads").read_text() == "8"


def test_refused_answer_leaves_the_model_as_it_was(
    studio: Studio, engine: ImportingEngine, tmp_path: Path
) -> None:
    imported(studio)
    engine.refusal = UserError("It cannot have 7 heads; choose with --heads.")

    imported(studio, heads=7, again=True)

    assert "7 heads" in studio.importing.problem
    assert [path.name for path in tmp_path.iterdir()] == ["bair"]
    assert (tmp_path / "bair" / "heads").read_text() == "None"


def test_foreign_file_is_named_and_nothing_is_chosen(
    studio: Studio, engine: ImportingEngine
) -> None:
    before = studio.recipe.bundle
    engine.refusal = UserError("bair.ckpt is no checkpoint of VideoGPT.")

    imported(studio)

    assert studio.importing.problem == "bair.ckpt is no checkpoint of VideoGPT."
    assert studio.importing.imported is None
    assert studio.recipe.bundle == before


def test_broken_engine_is_a_sentence_too(studio: Studio, engine: ImportingEngine) -> None:
    engine.refusal = RuntimeError("out of luck")

    imported(studio)

    assert "out of luck" in studio.importing.problem
    assert not studio.importing.running
