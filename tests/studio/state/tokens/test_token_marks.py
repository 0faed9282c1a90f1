"""Marks on tokens of a take: per step and variation, undone, kept; branches begin with them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.requests import GenerationRequest
from core.takes.contents import ContentsFile, read_contents
from core.token_edits import AGAIN, FREE, KEPT
from studio.state.models.models import Models
from studio.state.notices import Notices
from studio.state.painting.masks import Masks
from studio.state.takes.generation import Generation
from studio.state.takes.queue import Queue
from studio.state.takes.result import Result
from studio.state.takes.take import Phase, Take
from studio.state.tokens.branching import Branching, Settings
from studio.state.tokens.token_candidates import TokenCandidates
from studio.state.tokens.token_marks import TokenMarks
from tests.studio.fakes import (
    CAUSAL_BUNDLE,
    CAUSAL_FRAMES,
    GRID,
    TOTAL,
    ReplayingEngine,
    both_families,
)
from tests.studio.state.takes.test_generation import REQUEST
from tests.studio.window import run

CAUSAL = replace(
    REQUEST,
    bundle=CAUSAL_BUNDLE,
    task="continue",
    decoder="autoregressive",
    kept=2,
    window=replace(REQUEST.window, frames=CAUSAL_FRAMES),
)


class Line:
    """The states that marks and branches need, with a replaying engine."""

    def __init__(self) -> None:
        self.engine, self.notices = ReplayingEngine(both_families()), Notices()
        self.queue = Queue(self.engine, self.notices)
        self.generation = Generation(self.queue)
        self.result, self.masks = Result(self.generation), Masks()
        self.models = Models(self.engine, self.notices, ())
        self.marks = TokenMarks(self.generation, self.result, self.masks)
        self.branching = Branching(
            self.generation, self.queue, self.result, self.marks, self.models, self.notices
        )
        self.candidates = TokenCandidates(
            self.engine, self.generation, self.queue, self.marks, self.branching
        )

    async def generated(self, request: GenerationRequest = REQUEST) -> Take:
        await self.models.ask()
        take = self.generation.begin(request, "token" if request.kept else "step")
        await self.queue.all_ended()
        assert take.phase is Phase.FINISHED
        return take


@pytest.fixture
def line() -> Line:
    return Line()


def at(*place: int) -> np.ndarray:
    places = np.zeros(GRID, bool)
    places[place] = True
    return places


def test_every_step_and_variation_has_its_own_marks(line: Line) -> None:
    async def scenario() -> None:
        await line.generated(replace(REQUEST, count=2))
        assert line.marks.edits is not None
        assert line.marks.edits.empty

        line.marks.mark(at(0), AGAIN)
        line.generation.look_at(1)
        assert line.marks.edits.empty
        line.marks.mark(at(1, 0, 1), KEPT)
        line.result.variation = 1
        assert line.marks.edits.empty
        line.generation.look_at(TOTAL - 1)
        line.result.variation = 0

        assert np.array_equal(line.marks.edits.again, at(0))
        assert line.marks.marked_steps == {TOTAL - 1: 4, 1: 1}

    run(scenario())


def test_marks_are_undone_and_redone_with_the_masks(line: Line) -> None:
    async def scenario() -> None:
        await line.generated()
        line.masks.open((64, 48))
        line.masks.paint(0, np.ones((48, 64), bool))
        line.marks.mark(at(0), AGAIN)
        line.marks.mark_one((0, 0, 0), 5)
        assert line.marks.edits is not None
        assert int(line.marks.edits.marks[0, 0, 0]) == 5

        line.masks.history.undo()
        assert int(line.marks.edits.marks[0, 0, 0]) == AGAIN
        line.masks.history.undo()
        assert line.marks.edits.empty
        assert line.masks.at(0) is not None
        line.masks.history.redo()
        assert np.array_equal(line.marks.edits.again, at(0))

        line.marks.clear()
        assert line.marks.edits.empty
        line.generation.look_at(0)
        line.masks.history.undo()
        assert line.generation.chosen is None  # what changes is brought into view
        assert np.array_equal(line.marks.edits.again, at(0))

    run(scenario())


def test_a_model_that_decides_token_after_token_keeps_what_is_given(line: Line) -> None:
    async def scenario() -> None:
        await line.generated(CAUSAL)
        line.generation.look_at(2)  # half of the tokens are decided
        everywhere = np.ones((4, 4, 4), bool)

        line.marks.mark(everywhere, AGAIN)

        edits, step = line.marks.edits, line.generation.steps[2]
        started = line.generation.started
        assert edits is not None
        assert started is not None
        assert np.array_equal(edits.again, ~started.given & ~step.masked[0])
        assert "came from the clip" in line.marks.obstacle_to(AGAIN, (0, 0, 0))
        assert "not decided" in line.marks.obstacle_to(KEPT, (3, 3, 3))
        assert line.marks.obstacle_to(KEPT, (1, 0, 0)) == ""

    run(scenario())


def test_marks_are_kept_with_the_take(line: Line, tmp_path: Path) -> None:
    async def scenario() -> None:
        take = await line.generated()
        line.marks.mark(at(0), AGAIN)
        line.marks.mark_one((1, 1, 1), 3)
        ContentsFile(tmp_path).write(take.contents)

        again = Take(take.request)
        again.restore(read_contents(tmp_path), Phase.FINISHED)
        line.generation.show(again)

        assert again.marks == take.marks
        assert line.marks.edits == take.marks[TOTAL - 1, 0]
        assert line.branching.obstacle_to_repaint == ""

    run(scenario())


def test_going_on_with_marks_is_a_new_take_that_begins_with_them(line: Line) -> None:
    async def scenario() -> None:
        before = await line.generated(replace(REQUEST, count=2))
        line.result.variation = 1
        assert "No token is marked" in line.branching.obstacle_to_repaint
        line.marks.mark(at(0), AGAIN)
        line.marks.mark_one((1, 0, 0), KEPT)

        shown = line.result.clips_of(TOTAL - 1)
        line.branching.repaint()
        (borrowed,) = line.generation.steps  # at once, so that the picture stays
        assert np.array_equal(line.result.clips.live[0], shown.live[1])
        assert np.array_equal(borrowed.masked[0], at(0))
        await line.queue.all_ended()

        asked, branch = line.engine.requests[-1], line.generation.take
        assert borrowed not in branch.steps
        assert branch is not before
        assert before.finished is not None
        assert asked.branch == f"state {TOTAL - 1}".encode()
        assert (asked.parent, asked.count) == (1, 1)
        assert asked.seed != REQUEST.seed + 1
        assert asked.edits is not None
        assert np.array_equal(asked.edits.again, at(0))
        assert line.marks.edits == asked.edits.settled()  # pins hold on, what was asked is done
        assert "since this take was begun" in line.branching.obstacle_to_repaint

    run(scenario())


def test_a_refined_result_is_gone_on_with_by_a_decoder_that_leaves_the_rest(line: Line) -> None:
    async def scenario() -> None:
        await line.generated(REQUEST.refined(b"state 3", 4))
        line.marks.mark(at(0), AGAIN)

        line.branching.repaint()
        await line.queue.all_ended()

        asked = line.engine.requests[-1]
        assert (asked.decoder, asked.options, asked.refine) == ("commit", {}, None)
        assert asked.branch is not None

    run(scenario())


def test_a_branch_gets_other_settings_and_the_running_take_is_paused(line: Line) -> None:
    async def scenario() -> None:
        await line.models.ask()
        line.engine.hold_after = 2
        before = line.generation.begin(REQUEST)
        while len(before.steps) < 2:
            await asyncio.sleep(0)
        line.generation.look_at(0)
        line.engine.hold_after = None

        line.branching.begin(Settings(9, 3, "maskgit", {"steps": 7}, "dog"))
        branch = line.generation.take
        await line.queue.all_ended()

        asked = line.engine.requests[-1]
        assert before.phase is Phase.PAUSED
        assert branch is not None
        assert branch.phase is Phase.FINISHED
        assert (asked.seed, asked.count, asked.decoder, asked.label) == (9, 3, "maskgit", "dog")
        assert asked.options == {"steps": 7}
        assert asked.branch == b"state 0"
        assert asked.edits is None

    run(scenario())


def test_a_branch_of_a_later_window_has_the_frames_before_it(line: Line) -> None:
    async def scenario() -> None:
        long = replace(CAUSAL, length=14, overlap=2, count=2)
        before = await line.generated(long)
        line.result.variation = 1
        known = np.array(before.settled_before)
        settings = line.branching.settings

        line.branching.begin(replace(settings, count=2))
        branch = line.generation.take
        await line.queue.all_ended()

        assert branch is not None
        assert branch.settled is not None
        assert len(known)
        assert np.array_equal(branch.settled[: len(known), 0], known[:, 1])
        assert np.array_equal(branch.settled[: len(known), 1], known[:, 1])

    run(scenario())


@pytest.mark.parametrize(
    ("mark", "steps", "words"),
    [
        (FREE, 12, "All tokens are decided"),
        (AGAIN, 12, "1 tokens are still to be decided, in 1 of 12 steps"),
    ],
)
def test_how_much_is_left_is_said_before_it_begins(
    line: Line, mark: int, steps: int, words: str
) -> None:
    async def scenario() -> None:
        await line.generated()
        line.marks.mark_one((0, 0, 0), mark)

        said = line.branching.left(replace(line.branching.settings, options={"steps": steps}))

        assert words in said or said == "1 tokens are still to be decided."
        assert f"goes on from step {TOTAL}" in line.branching.about

    run(scenario())


# ── candidates ──────────────────────────────────────────────────────────────────────────────────


def test_candidates_are_asked_of_the_step_that_is_looked_at(line: Line) -> None:
    async def scenario() -> None:
        await line.generated()
        line.generation.look_at(1)
        line.marks.mark(at(0), AGAIN)
        line.marks.mark_one((1, 0, 0), 3)

        line.candidates.ask((1, 1, 0))
        assert line.candidates.waiting
        await line.candidates.ended()

        (asked,) = line.engine.candidates
        assert asked.place == (1, 1, 0)
        assert asked.generation.branch == b"state 1"
        assert asked.generation.edits is not None
        assert not asked.generation.edits.again.any()
        assert int(asked.generation.edits.marks[1, 0, 0]) == 3
        assert line.candidates.found is not None
        assert sorted(line.candidates.pictures) == list(range(asked.count))
        assert line.candidates.waiting == ""

        line.generation.look_at(0)
        assert not line.candidates.asked
        assert line.candidates.found is None

    run(scenario())


def test_why_there_is_no_answer_is_said(line: Line) -> None:
    async def scenario() -> None:
        await line.generated()
        line.engine.no_candidates = RuntimeError("broken")

        line.candidates.ask((0, 0, 0))
        await line.candidates.ended()

        assert "broken" in line.candidates.failure
        assert line.candidates.asked

    run(scenario())


def test_while_the_engine_decodes_the_question_waits_and_says_so(line: Line) -> None:
    async def scenario() -> None:
        await line.models.ask()
        line.engine.hold_after = 2
        take = line.generation.begin(REQUEST)
        while len(take.steps) < 2:
            await asyncio.sleep(0)

        line.candidates.ask((0, 0, 0))
        assert "decoding" in line.candidates.waiting
        line.candidates.leave()
        await line.candidates.ended()
        assert line.candidates.waiting == ""
        line.queue.stop(take)
        await line.queue.all_ended()

    run(scenario())


def test_another_take_has_another_token(line: Line) -> None:
    async def scenario() -> None:
        await line.generated()
        line.candidates.look_at((0, 1, 1))

        line.generation.show(None)

        assert line.candidates.place is None
        assert line.marks.edits is None
        assert line.branching.obstacle == "Nothing is generated yet."

    run(scenario())
