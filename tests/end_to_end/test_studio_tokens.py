"""Tokens in a real window with the real engine: asked about, repainted, branched, reopened."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from core.engine.client import Engine
from core.media.writing import write_clip
from core.token_edits import AGAIN, KEPT
from studio.panels.main_window import MainWindow
from studio.state.takes.take import Phase
from tests.bundles import tiny_bundle, tiny_videogpt_bundle
from tests.studio.window import opened, run, until

STEPS = 12
Scenario = Callable[[MainWindow], Coroutine[Any, Any, None]]


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A lossless clip in which every frame differs."""
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 256, (12, 64, 96, 3), dtype=np.uint8)
    target = tmp_path / "noise.mkv"
    for _count in write_clip(frames, target, writer="ffv1", rate=Fraction(25)):
        pass
    return target


@pytest.fixture
def models(tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    folder.mkdir()
    tiny_bundle(folder / "tiny")
    tiny_videogpt_bundle(folder / "tokens", context_frames=1)
    return folder


def play(clip: Path, models: Path, bundle: str, *scenarios: Scenario) -> None:
    """Runs each scenario in a window of its own, in which the takes of the ones before are kept."""

    async def whole() -> None:
        engine = Engine()
        try:
            for scenario in scenarios:
                async with opened(engine, clip, models=(models,)) as window:
                    await prepare(window, models / bundle, clip.with_name("takes"))
                    await scenario(window)
        finally:
            await engine.stop()

    run(whole())


async def prepare(window: MainWindow, bundle: Path, takes: Path) -> None:
    studio = window.studio
    studio.history.open(takes)
    await until(lambda: not studio.history.opening)
    studio.recipe.bundle = str(bundle)
    if not studio.recipe.causal:
        studio.recipe.options = {"steps": STEPS}
        studio.masks.paint(0, np.ones((64, 96), bool))
    studio.tools.tool = "pan"
    studio.tools.lens = True


async def generated(window: MainWindow) -> None:
    window.inspector.job.generate.click()
    await finished(window)


async def finished(window: MainWindow) -> None:
    """Until the take that is looked at has come to its end."""
    generation = window.studio.generation
    await until(lambda: generation.phase in (Phase.FINISHED, Phase.FAILED))
    assert generation.phase is Phase.FINISHED, generation.take.failure


async def click_token(window: MainWindow, row: int, column: int) -> None:
    view, candidates = window.canvas.view, window.studio.candidates
    place = view.tokens.rect((row, column)).center().toPoint()
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=place)
    rows = len(window.canvas.candidates.list.rows)
    await until(lambda: candidates.failure or len(candidates.pictures) == rows)
    assert not candidates.failure


def test_a_few_tokens_of_a_result_are_repainted_in_few_steps(clip: Path, models: Path) -> None:
    async def scenario(window: MainWindow) -> None:
        studio = window.studio
        await generated(window)
        before, last = studio.generation.take, studio.generation.steps[-1]
        few = np.zeros(last.tokens.shape[1:], bool)
        few.flat[:: round(1 / 0.05)] = True
        studio.token_marks.mark(few, AGAIN)

        window.canvas.lens_bar.go_on.click()
        assert studio.generation.take is not before
        await finished(window)

        steps = studio.generation.steps
        assert len(steps) == 2  # where it begins, and one more
        assert np.array_equal(steps[0].masked[0], few)
        assert np.array_equal(steps[-1].tokens[0][~few], last.tokens[0][~few])
        assert before.finished is not None
        assert len(studio.history.entries) == 2

    play(clip, models, "tiny", scenario)


def test_a_chosen_token_and_pins_hold_through_a_branch_with_other_settings(
    clip: Path, models: Path
) -> None:
    async def scenario(window: MainWindow) -> None:
        studio = window.studio
        await generated(window)
        studio.generation.look_at(3)
        await click_token(window, 2, 3)
        token = window.canvas.candidates.list.rows[1].row.token
        window.canvas.candidates.list.rows[1].click()
        studio.token_marks.mark_one((1, 0, 0), KEPT)
        kept = int(studio.generation.steps[3].tokens[0, 1, 0, 0])
        options = {"steps": 20, "schedule": "uniform"}

        studio.branching.begin(type(studio.branching.settings)(7, 2, "halton", options, None))
        await finished(window)

        steps = studio.generation.steps
        assert studio.generation.request.count == 2
        assert steps[-1].total == 20
        for step in steps:
            assert (step.tokens[:, 0, 2, 3] == token).all()
            assert (step.tokens[:, 1, 0, 0] == kept).all()
        assert not np.array_equal(steps[-1].tokens[0], steps[-1].tokens[1])

    play(clip, models, "tiny", scenario)


def test_token_by_token_marked_ones_are_drawn_again_and_the_rest_stays(
    clip: Path, models: Path
) -> None:
    async def scenario(window: MainWindow) -> None:
        studio = window.studio
        await generated(window)
        before = studio.generation.steps[-1]
        studio.playback.go(studio.generation.request.covered.range.stop - 1)
        await until(lambda: studio.stage.tokens and studio.stage.tokens[0].number == 1)
        await click_token(window, 0, 1)
        studio.token_marks.mark_one((1, 0, 1), AGAIN)
        studio.token_marks.mark_one((1, 3, 2), AGAIN)
        again = studio.token_marks.edits.again
        assert int(again.sum()) == 2

        studio.branching.repaint()
        await finished(window)

        steps = studio.generation.steps
        assert np.array_equal(steps[0].masked[0], again)
        assert np.array_equal(steps[-1].tokens[0][~again], before.tokens[0][~again])
        assert len(steps) <= 4

    play(clip, models, "tokens", scenario)


@pytest.mark.parametrize("bundle", ["tiny", "tokens"])
def test_marks_of_a_paused_take_survive_a_restart_and_are_gone_on_with(
    clip: Path, models: Path, bundle: str
) -> None:
    known: dict[str, Any] = {}

    async def before(window: MainWindow) -> None:
        studio = window.studio
        window.inspector.job.generate.click()
        await until(lambda: len(studio.generation.steps) > 2)
        window.inspector.job.pause.click()
        await until(lambda: studio.generation.phase in (Phase.PAUSED, Phase.FINISHED))
        studio.generation.look_at(1)
        step = studio.generation.steps[1]
        started = studio.generation.started
        decided = np.argwhere(~step.masked[0] & ~started.given)
        studio.token_marks.mark_one(tuple(decided[0]), AGAIN)
        studio.token_marks.mark_one(tuple(decided[-1]), KEPT)
        known.update(step=step, edits=studio.token_marks.edits)
        await studio.history.written()

    async def after(window: MainWindow) -> None:
        studio = window.studio
        (entry,) = studio.history.entries
        take = studio.history.take(entry)
        studio.generation.show(take)
        studio.generation.look_at(1)
        edits = known["edits"]
        assert studio.token_marks.edits == edits
        assert not edits.empty

        studio.branching.repaint()
        await finished(window)

        last = studio.generation.steps[-1].tokens[0]
        assert (last[edits.pinned] == known["step"].tokens[0][edits.pinned]).all()

    play(clip, models, bundle, before, after)
