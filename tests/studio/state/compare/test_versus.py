"""Two models are compared on the user's clip: the same request but for the model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.requests import BundleEntry
from studio.state.takes.take import Phase
from tests.studio.clips import write_numbered
from tests.studio.fakes import TINY, ReplayingEngine, capabilities
from tests.studio.window import opened, run, until

pytestmark = pytest.mark.usefixtures("qapp")
PARENT, CHILD = "/models/tiny", "/models/mine"


def engine_of_both() -> ReplayingEngine:
    mine = replace(TINY, name="mine", title="Mine", parent="tiny", classes=(*TINY.classes, "cow"))
    entries = (BundleEntry(PARENT, TINY), BundleEntry(CHILD, mine))
    return ReplayingEngine(replace(capabilities(), bundles=entries))


def test_both_generate_the_same_and_stand_beside_each_other(tmp_path: Path) -> None:
    async def scenario() -> None:
        engine = engine_of_both()
        async with opened(engine, write_numbered(tmp_path / "clip.avi"), models=()) as window:
            studio = window.studio
            studio.recipe.task, studio.recipe.seed = "FP", 7
            studio.versus.begin(PARENT, CHILD)
            await until(lambda: studio.comparing.mode == "wipe")
            await until(lambda: studio.generation.phase is Phase.FINISHED)
            before, after = engine.requests
            assert (before.bundle, after.bundle) == (PARENT, CHILD)
            assert replace(before, bundle=CHILD) == after
            assert (after.seed, after.task) == (7, "FP")
            left, right = studio.comparing.shown.halves
            assert (left.title, right.title) == ("Tiny", "Result")
            assert studio.recipe.bundle == CHILD

    run(scenario())


def test_a_class_that_only_the_new_one_knows_is_an_obstacle(tmp_path: Path) -> None:
    async def scenario() -> None:
        engine = engine_of_both()
        async with opened(engine, write_numbered(tmp_path / "clip.avi"), models=()) as window:
            versus, recipe = window.studio.versus, window.studio.recipe
            assert versus.obstacle(PARENT, CHILD) == ""
            recipe.label = "cow"
            assert "does not know the class “cow”" in versus.obstacle(PARENT, CHILD)
            assert "not there any more" in versus.obstacle("/gone", CHILD)
            assert "no model of this run yet" in versus.obstacle(PARENT, "")

    run(scenario())


def test_what_is_missing_is_told_and_nothing_runs(tmp_path: Path) -> None:
    async def scenario() -> None:
        engine = engine_of_both()
        async with opened(engine, write_numbered(tmp_path / "clip.avi"), models=()) as window:
            window.studio.recipe.task = "paint"
            window.studio.versus.begin(PARENT, CHILD)
            assert window.studio.notices.current.text == "Paint over what shall be generated first."
            assert engine.requests == []

    run(scenario())
