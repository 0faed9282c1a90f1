"""Going on from a step of another generation, with a tiny random model of each family."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.cards import ModelCard
from core.decoders.state import DecodeState
from core.errors import UserError
from core.jobs import generate, given
from core.requests import GenerationRequest, GenerationStepped
from core.token_edits import AGAIN, KEPT, TokenEdits
from core.tokens import Condition
from tests.bundles import tiny_videogpt_bundle
from tests.core.jobs.test_continue import LENGTH
from tests.core.jobs.test_continue import WINDOW as CAUSAL_WINDOW
from tests.core.jobs.test_generate import STEPS, result, steps, updates
from tests.core.jobs.test_generate import folder as folder
from tests.core.jobs.test_generate import painting as painting

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def causal(folder: Path) -> GenerationRequest:
    """Continue two frames of the clip."""
    bundle = tiny_videogpt_bundle(folder / "causal", context_frames=1)
    clip, decoder = str(folder / "clip.mkv"), "autoregressive"
    return GenerationRequest(
        str(bundle), "continue", clip, CAUSAL_WINDOW, decoder=decoder, seed=5, kept=2
    )


def grid_of(step: GenerationStepped) -> tuple[int, int, int]:
    t, h, w = step.tokens.shape[1:]
    return t, h, w


def marked(step: GenerationStepped, mark: int, count: int = 3) -> TokenEdits:
    places = np.zeros(grid_of(step), bool)
    places.flat[-count:] = True
    return TokenEdits.none(grid_of(step)).marked(places, mark)


def test_a_branch_with_nothing_changed_ends_as_the_generation_does(
    painting: GenerationRequest,
) -> None:
    whole = steps(painting)

    for step in whole:
        branch = painting.branched(step.state)
        assert np.array_equal(result(branch), whole[-1].preview)
        assert [told.step for told in steps(branch)] == list(range(step.step, STEPS))


def test_one_variation_is_gone_on_from_with_several_seeds(painting: GenerationRequest) -> None:
    two = replace(painting, count=2)
    half = steps(two)[1]

    branch = replace(two.branched(half.state, 1), seed=40, count=3)
    told = steps(branch)

    kept = ~half.masked[1]
    for variation in range(3):
        assert np.array_equal(told[-1].tokens[variation][kept], half.tokens[1][kept])
    assert not np.array_equal(told[-1].tokens[0], told[-1].tokens[1])
    alone = replace(branch, seed=41, count=1)
    assert np.array_equal(result(branch)[1], result(alone)[0])


@pytest.mark.parametrize(
    "changes",
    [
        {"options": {"steps": 9, "schedule": "uniform"}},
        {"options": {"steps": STEPS, "sampling_temperature": 3.0}},
        {"decoder": "halton"},
        {"decoder": "maskgit"},
        {"label": "right"},
    ],
)
def test_a_branch_goes_on_with_other_settings(
    painting: GenerationRequest, changes: dict[str, Any]
) -> None:
    half = steps(painting)[1]
    branch = replace(painting.branched(half.state), **changes)

    told = steps(branch)

    kept = ~half.masked
    assert np.array_equal(told[-1].tokens[kept], half.tokens[kept])
    assert told[-1].step + 1 == told[-1].total
    assert np.array_equal(result(replace(branch, resume=told[-2].state)), told[-1].preview)


def test_marked_tokens_of_a_result_are_repainted_in_few_steps(
    painting: GenerationRequest,
) -> None:
    last = steps(painting)[-1]
    edits = marked(last, AGAIN)
    branch = replace(painting.branched(last.state, 0, edits), seed=9)

    begun, *rest = steps(branch)

    assert np.array_equal(begun.masked[0], edits.again)
    assert begun.preview is not None
    assert begun.step + 1 + len(rest) == STEPS
    assert len(rest) <= 2
    assert np.array_equal(rest[-1].tokens[0][~edits.again], last.tokens[0][~edits.again])


def test_pins_hold_when_the_result_is_refined_and_refined_again(
    painting: GenerationRequest,
) -> None:
    last = steps(painting)[-1]
    pins = marked(last, KEPT, 40)
    options = {"steps": 3, "share": 1.0}
    asked = replace(
        painting.branched(last.state, 0, pins), decoder="refine", options=options, seed=9
    )

    told = steps(asked)

    assert any(step.masked.any() for step in told)
    for step in told:
        assert np.array_equal(step.tokens[0][pins.pinned], last.tokens[0][pins.pinned])
        assert not step.masked[0][pins.pinned].any()
        again = steps(replace(asked, resume=step.state))
        assert not again or np.array_equal(again[-1].tokens, told[-1].tokens)
    assert not np.array_equal(told[-1].tokens, last.tokens)
    twice = steps(asked.refined(told[-1].state, 3))
    assert twice[-1].tokens.tolist() != last.tokens.tolist()
    assert np.array_equal(twice[-1].tokens[0][pins.pinned], last.tokens[0][pins.pinned])


def test_a_token_that_was_chosen_stands_in_the_result_at_once(
    painting: GenerationRequest,
) -> None:
    last = steps(painting)[-1]
    other = (int(last.tokens[0].flat[-1]) + 1) % 8
    branch = painting.branched(last.state, 0, marked(last, other, 1))

    (told,) = steps(branch)

    assert int(told.tokens[0].flat[-1]) == other
    assert np.array_equal(told.preview, result(branch))
    assert not np.array_equal(told.preview, last.preview)


def test_a_later_window_is_branched_with_the_one_before_it(causal: GenerationRequest) -> None:
    long = replace(causal, length=LENGTH, count=2)
    told = [step for step in updates(long) if isinstance(step, GenerationStepped)]
    second = next(step for step in told if step.first)

    rest = steps(replace(long.branched(second.state), seed=70))

    assert {step.first for step in rest} == {step.first for step in told if step.first}
    decided = ~second.masked[0]
    assert np.array_equal(rest[0].tokens[0][decided], second.tokens[0][decided])


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"parent": 1}, "no variation 2"),
        ({"edits": TokenEdits.none((1, 1, 1))}, "another grid"),
        ({"branch": b"nonsense"}, "saved state"),
        ({"branch": None}, "Generate first"),
    ],
)
def test_a_branch_of_something_else_is_refused(
    painting: GenerationRequest, changes: dict[str, Any], sentence: str
) -> None:
    last = steps(painting)[-1]
    branch = painting.branched(last.state, 0, marked(last, AGAIN))

    with pytest.raises(UserError, match=sentence):
        updates(replace(branch, **changes))


def test_a_code_that_the_model_does_not_know_is_refused(painting: GenerationRequest) -> None:
    last = steps(painting)[-1]
    codes = ModelCard.read(Path(painting.bundle)).transformer
    assert codes is not None
    unknown = marked(last, codes.config["codebook_size"], 1)
    state = DecodeState.from_bytes(last.state)
    odd = replace(state, tokens=np.full_like(state.tokens, -3)).to_bytes()

    with pytest.raises(UserError, match="know a token that was chosen"):
        updates(painting.branched(last.state, 0, unknown))
    with pytest.raises(UserError, match="tokens that this model does not know"):
        updates(painting.branched(odd))


def test_the_clip_is_not_encoded_again_until_something_of_it_changes(
    painting: GenerationRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoded: list[object] = []
    condition = given._condition

    def counted(*args: Any) -> Condition:
        encoded.append(args)
        return condition(*args)

    monkeypatch.setattr(given, "_condition", counted)
    once = result(replace(painting, seed=1))
    before = len(encoded)

    assert np.array_equal(result(replace(painting, seed=1)), once)
    list(generate.run(replace(painting, seed=2, options={"steps": 2})))
    assert len(encoded) == before
    result(replace(painting, window=replace(painting.window, left=10)))
    Path(painting.clip or "").touch()
    assert np.array_equal(result(replace(painting, seed=1)), once)
    assert len(encoded) == before + 2
