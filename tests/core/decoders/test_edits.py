"""Going on from a step in which a person has marked tokens, over the registry of decoders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from core.decoders import DECODERS
from core.decoders.state import DecodeState
from core.sampling import NoiseState, SeededNoise
from core.token_edits import AGAIN, FREE, KEPT, TokenEdits
from core.tokens import DecodeStep
from tests.core.decoders.test_contract import (
    CODES,
    GRID,
    STEPS,
    VARIANTS,
    UniformModel,
    a_condition,
    decode,
)
from tests.priors import TINY_PRIORS, condition_for, random_prior

MARKS = st_numpy.arrays(np.int32, GRID, elements=st.sampled_from((FREE, FREE, AGAIN, KEPT, 0, 5)))
FEW = settings(
    deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
Run = list[tuple[DecodeStep, DecodeState]]


@pytest.fixture(params=VARIANTS, ids=lambda variant: f"{variant[0]}-{variant[1]}")
def decoder(request: pytest.FixtureRequest) -> Callable:
    name, options = request.param
    return DECODERS[name](**options)


def gone_on(decoder: Any, state: DecodeState | None, given: float = 0.3) -> Run:
    """Steps with the state after each."""
    noise = SeededNoise.from_state(state.noise) if state else SeededNoise([1])
    b = len(state.tokens) if state else 1
    steps = decoder(UniformModel(), a_condition(b, given), noise, state)
    pinned = state.pinned if state else None
    return [(step, DecodeState.after(step, noise.state(), pinned=pinned)) for step in steps]


def steps_of(run: Run) -> list[DecodeStep]:
    return [step for step, _ in run]


def branch_of(state: DecodeState, edits: TokenEdits | None = None, *seeds: int) -> DecodeState:
    branch = state.branched(0, seeds or (1,))
    return branch if edits is None else branch.edited(edits)


@FEW
@given(marks=MARKS, at=st.integers(0, 40), seed=st.integers(0, 3), given=st.sampled_from((0, 0.4)))
def test_what_is_pinned_stays_and_so_does_what_is_neither_marked_nor_masked(
    decoder: Any, marks: np.ndarray, at: int, seed: int, given: float
) -> None:
    whole = gone_on(decoder, None, given)
    before = whole[at % len(whole)][1]
    begun = branch_of(before, TokenEdits(marks), seed, seed + 1)

    run = gone_on(decoder, begun, given)

    last = run[-1][0]
    assert last.last
    assert not last.masked.any()
    assert 0 <= last.tokens.min() <= last.tokens.max() < CODES
    for step, _ in run:
        drawn = step.tokens.numpy() != begun.tokens
        assert not (drawn & begun.pinned).any()
        assert not (step.masked.numpy() & begun.pinned).any()
        assert decoder.remasks or not (drawn & ~begun.masked).any()


@FEW
@given(marks=MARKS, at=st.integers(0, 40))
def test_equal_branches_are_equal_and_resume_at_every_later_step(
    decoder: Any, marks: np.ndarray, at: int
) -> None:
    whole = gone_on(decoder, None)
    begun = branch_of(whole[at % len(whole)][1], TokenEdits(marks), 8, 9)
    run, same = gone_on(decoder, begun), gone_on(decoder, begun)

    assert run[-1][0].tokens.equal(same[-1][0].tokens)
    for step, state in run:
        assert state.done == step.index + 1
        kept = DecodeState.from_bytes(state.to_bytes())
        rest = gone_on(decoder, kept)
        outcome = rest[-1][0].tokens if rest else torch.from_numpy(kept.tokens)
        assert outcome.equal(run[-1][0].tokens)


@FEW
@given(at=st.integers(0, 40))
def test_a_branch_with_nothing_changed_is_the_decode_itself(decoder: Any, at: int) -> None:
    whole = gone_on(decoder, None)
    at %= len(whole)
    if decoder.refines:
        return  # it begins anew from any state: that is what it is for

    run = steps_of(gone_on(decoder, branch_of(whole[at][1])))

    expected = {step.index: step for step in steps_of(whole)}
    assert run[-1].last
    assert run[0].index >= at
    for step in run:
        if step.index in expected and step.index >= whole[at][0].index:
            decided = ~expected[step.index].masked
            assert step.masked.equal(expected[step.index].masked)
            assert step.tokens[decided].equal(expected[step.index].tokens[decided])


def test_another_seed_decides_otherwise_what_is_open_and_nothing_else(decoder: Any) -> None:
    half = gone_on(decoder, None, 0.0)[0][1]

    one, other = (
        steps_of(gone_on(decoder, branch_of(half, None, seed), 0.0))[-1] for seed in (1, 2)
    )

    assert not one.tokens.equal(other.tokens)
    if not decoder.remasks:
        kept = ~torch.from_numpy(half.masked)
        assert one.tokens[kept].equal(other.tokens[kept])


# ── masked decoders: which step is next ─────────────────────────────────────────────────────────


def finished(grid: tuple[int, int, int] = (4, 16, 16)) -> DecodeState:
    tokens = np.zeros((1, *grid), np.int32)
    noise = NoiseState((1,), 24)
    return DecodeState(12, tokens, tokens != 0, np.ones(tokens.shape, np.float32), noise)


def marked(share: float) -> TokenEdits:
    grid = (4, 16, 16)
    some = np.zeros(grid, bool)
    some.flat[: int(share * some.size)] = True
    return TokenEdits.none(grid).marked(some, AGAIN)


@pytest.mark.parametrize("name", ["commit", "maskgit", "halton"])
@pytest.mark.parametrize(("share", "left"), [(0.0, 0), (0.05, 1), (0.2, 2), (0.5, 5), (1.0, 12)])
def test_the_more_is_marked_the_more_steps_are_left(name: str, share: float, left: int) -> None:
    decoder = DECODERS[name](steps=12)
    condition = replace(
        a_condition(1),
        tokens=torch.zeros((1, 4, 16, 16), dtype=torch.int64),
        given=torch.zeros((1, 4, 16, 16), dtype=torch.bool),
    )
    state = finished().branched(0, [5]).edited(marked(share))

    steps = list(decoder(UniformModel(), condition, SeededNoise([5]), state))

    begun = [] if share == 1.0 else [11 - left]
    assert [step.index for step in steps] == [*begun, *range(12 - left, 12)]
    assert int(steps[0].masked.sum()) <= int(share * 1024)


def test_other_steps_and_another_schedule_go_on_where_as_much_is_masked() -> None:
    commit = DECODERS["commit"]
    third, saved = gone_on(commit(steps=STEPS), None, 0.0)[2]
    state = saved.branched(0, [1])

    for decoder in (commit(steps=12), commit(steps=12, schedule="uniform"), commit(steps=3)):
        begun, *rest = gone_on(decoder, state, 0.0)
        left = int(begun[0].masked.sum())
        assert left == int(third.masked.sum())
        assert begun[0].index + 1 + len(rest) == decoder.steps
        assert int(rest[0][0].masked.sum()) < left


# ── token by token ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("speculative", [False, True])
def test_a_marked_token_is_drawn_from_what_stands_before_it_now(speculative: bool) -> None:
    config = TINY_PRIORS["full"]
    model, condition = random_prior(config), condition_for(config)
    decoder = DECODERS["autoregressive"](temperature=0.0, speculative=speculative)
    whole = list(decoder(model, condition, SeededNoise([1])))[-1]
    state = DecodeState.after(whole, NoiseState((1,), 0)).branched(0, [2])
    places = np.unravel_index([3, 9], state.tokens.shape[1:])
    marks = np.full(state.tokens.shape[1:], FREE, np.int32)
    other = (int(state.tokens[0].flat[3]) + 1) % config.codebook_size
    marks[tuple(axis[0] for axis in places)] = other
    marks[tuple(axis[1] for axis in places)] = AGAIN
    edited = state.edited(TokenEdits(marks))

    steps = list(decoder(model, condition, SeededNoise([2]), edited))

    tokens = steps[-1].tokens.flatten()
    likeliest = decoder.chances(
        model, condition, SeededNoise([2]), edited, tuple(int(axis[1]) for axis in places)
    ).argmax(-1)
    assert [step.index for step in steps] == sorted({step.index for step in steps})
    assert steps[0].index == 8
    assert int(tokens[3]) == other
    assert int(tokens[9]) == int(likeliest)
    rest = np.delete(np.arange(len(tokens)), [3, 9])
    assert tokens[rest].equal(whole.tokens.flatten()[rest])


# ── what a token could be ───────────────────────────────────────────────────────────────────────


def test_chances_are_probabilities_of_all_codes(decoder: Any) -> None:
    state = gone_on(decoder, None)[-1][1].branched(0, [1])

    chances = decoder.chances(UniformModel(), a_condition(1), SeededNoise([1]), state, (1, 2, 3))

    assert chances.shape == (1, CODES)
    torch.testing.assert_close(chances.sum(), torch.tensor(1.0))
    expected = getattr(decoder, "top_k", 0) or CODES
    assert int((chances > 0).sum()) in (expected, CODES)  # equal ones are all among the likeliest


def test_the_place_itself_is_not_seen() -> None:
    """A model that says what it sees next to nothing at the place."""
    commit = DECODERS["commit"](steps=STEPS)

    class Echo(UniformModel):
        def logits(self, tokens: torch.Tensor, condition: Any) -> torch.Tensor:  # noqa: ARG002
            known = torch.nn.functional.one_hot(tokens.clamp(min=0), CODES) * 9.0
            return known * (tokens >= 0).unsqueeze(-1)

    state = gone_on(commit, None, 0.0)[-1][1].branched(0, [1])

    chances = commit.chances(Echo(), a_condition(1, 0.0), SeededNoise([1]), state, (0, 1, 1))

    torch.testing.assert_close(chances, torch.full((1, CODES), 1 / CODES))
    assert decode(commit, a_condition(1, 0.0), [1])[-1].tokens.shape == (1, *GRID)
