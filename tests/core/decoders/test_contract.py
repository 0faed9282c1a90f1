"""What every decoder promises, over the registry, with a model that knows nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from core.decoders import DECODERS
from core.decoders.state import DecodeState
from core.errors import UserError
from core.options import schema
from core.sampling import SeededNoise
from core.tokens import Condition, DecodeStep

GRID, CODES, STEPS = (2, 4, 4), 8, 5


class UniformModel:
    """Every code is as likely as any other; remembers how many clips it was asked about.

    It is a masked transformer and a causal one, and the decode of that one.
    """

    codebook_size = CODES

    def __init__(self) -> None:
        self.batches: list[int] = []

    def begin(self, condition: Condition) -> UniformDecode:
        return UniformDecode(len(condition.labels))

    def logits(self, tokens: Tensor, condition: Condition) -> Tensor:
        assert len(tokens) == len(condition.labels) == len(condition.task_tokens)
        self.batches.append(len(tokens))
        return torch.zeros(*tokens.shape, CODES)

    def unconditional(self, condition: Condition) -> Condition:
        return replace(condition, labels=torch.ones_like(condition.labels))

    def told(self, condition: Condition) -> Condition:
        return condition


class UniformDecode:
    """Of a causal model; checks what it is asked for."""

    def __init__(self, batch: int) -> None:
        self.batch, self.known = batch, 0

    def logits(self, first: int, tokens: Tensor) -> Tensor:
        assert len(tokens) == self.batch
        assert first <= self.known
        self.known = first + tokens.shape[1]
        assert self.known <= prod(GRID)
        return torch.zeros(*tokens.shape, CODES)


def a_condition(b: int = 2, given: float = 0.5) -> Condition:
    generator = torch.Generator().manual_seed(0)
    one = torch.randint(0, CODES, (1, *GRID), generator=generator)
    known = torch.rand((1, *GRID), generator=generator) < given
    return Condition(
        one.expand(b, *GRID),
        known.expand(b, *GRID),
        torch.full((b,), -6),
        torch.zeros(b, dtype=torch.int64),
    )


def decode(
    decoder: Callable, condition: Condition, seeds: list[int], state: DecodeState | None = None
) -> list[DecodeStep]:
    noise = SeededNoise.from_state(state.noise) if state else SeededNoise(seeds)
    return list(decoder(UniformModel(), condition, noise, state))


OPTIONS: dict[str, list[dict[str, Any]]] = {
    "commit": [{"steps": STEPS}],
    "maskgit": [{"steps": STEPS}],
    "halton": [{"steps": STEPS, "order": "2d"}, {"steps": STEPS, "order": "3d"}],
    "refine": [{"steps": STEPS, "sampling_temperature": 1.0, "choice_temperature": 1.0}],
    "autoregressive": [{}, {"speculative": True}, {"report_every": 1, "top_k": 3}],
}
"""What is tried of each decoder."""
VARIANTS = [(name, options) for name in DECODERS for options in OPTIONS[name]]


@pytest.fixture(params=VARIANTS, ids=lambda variant: f"{variant[0]}-{variant[1]}")
def decoder(request: pytest.FixtureRequest) -> Callable:
    name, options = request.param
    return DECODERS[name](**options)


MASKED = [name for name in DECODERS if "bidirectional" in DECODERS[name].transformers]


@pytest.fixture(params=MASKED)
def masked_decoder(request: pytest.FixtureRequest) -> Callable:
    return DECODERS[request.param](steps=STEPS)


def same_steps(
    some: list[DecodeStep], others: list[DecodeStep]
) -> Iterator[tuple[DecodeStep, DecodeStep]]:
    """Pairs of the same number, the last among them: which others are told may differ."""
    assert some[-1].last
    assert others[-1].last
    numbered = {step.index: step for step in others}
    return ((step, numbered[step.index]) for step in some if step.index in numbered)


@pytest.mark.parametrize("given", [0.0, 0.5, 1.0])
def test_the_last_step_leaves_nothing_masked_and_only_codes(
    decoder: Callable, given: float
) -> None:
    steps = decode(decoder, a_condition(given=given), [1, 2])

    indices = [step.index for step in steps]
    assert indices == sorted(set(indices))
    assert all(step.total == decoder.total(GRID) for step in steps)
    assert [step.last for step in steps] == [False] * (len(steps) - 1) + [True]
    assert not steps[-1].masked.any()
    assert 0 <= steps[-1].tokens.min() <= steps[-1].tokens.max() < CODES
    assert all(((s.confidence >= 0) & (s.confidence <= 1)).all() for s in steps)


def test_same_seed_same_tokens_and_another_seed_others(decoder: Callable) -> None:
    first, again, other = (
        decode(decoder, a_condition(1, 0.2), [seed])[-1].tokens for seed in (3, 3, 4)
    )

    assert first.equal(again)
    assert not first.equal(other)  # equal by chance: 8^-25


def test_a_sample_is_the_same_in_a_batch_and_alone(decoder: Callable) -> None:
    together = decode(decoder, a_condition(2), [3, 4])[-1].tokens
    alone = decode(decoder, a_condition(1), [4])[-1].tokens

    assert together[1].equal(alone[0])


def test_masked_never_grows_and_decided_tokens_stay(decoder: Callable) -> None:
    steps = decode(decoder, a_condition(), [1, 2])

    for before, after in pairwise(steps):
        assert decoder.remasks or (after.masked <= before.masked).all()
        assert after.tokens[~before.masked].equal(before.tokens[~before.masked])


def test_resuming_from_any_step_gives_the_same_outcome(decoder: Callable) -> None:
    noise = SeededNoise([1, 2])
    whole, states = [], []
    for step in decoder(UniformModel(), a_condition(), noise):
        whole.append(step)
        states.append(DecodeState.after(step, noise.state()).to_bytes())

    assert len(states) > 3
    for done, state in enumerate(states[:-1], start=1):
        rest = decode(decoder, a_condition(), [], DecodeState.from_bytes(state))
        assert rest[0].index > whole[done - 1].index
        for ours, expected in same_steps(rest, whole[done:]):
            decided = ~expected.masked
            assert ours.masked.equal(expected.masked)
            assert ours.tokens[decided].equal(expected.tokens[decided])
            assert ours.confidence[decided].equal(expected.confidence[decided])


def test_guidance_asks_once_per_step_about_twice_as_many_clips(masked_decoder: Callable) -> None:
    model = UniformModel()

    list(replace(masked_decoder, guidance=1.5)(model, a_condition(2), SeededNoise([1, 2])))

    assert model.batches == [4] * STEPS


def test_guidance_may_grow_from_nothing_to_all_of_it(masked_decoder: Callable) -> None:
    decoder = replace(masked_decoder, guidance=2.0, guidance_ramp="linear")
    model = UniformModel()

    list(decoder(model, a_condition(2), SeededNoise([1, 2])))

    assert model.batches == [2, *[4] * (STEPS - 1)]  # without guidance one pass is enough
    assert [decoder.guidance_at(index) for index in range(STEPS)] == [0.0, 0.5, 1.0, 1.5, 2.0]
    assert replace(decoder, steps=1).guidance_at(0) == 2.0


def test_all_options_are_described_for_a_form(decoder: Callable) -> None:
    described = {option.name for option in schema(type(decoder))}

    assert described == {field.name for field in fields(decoder)}
    assert all(option.label and option.help for option in schema(type(decoder)))


def test_an_unknown_schedule_is_refused_before_any_work(masked_decoder: Callable) -> None:
    with pytest.raises(UserError, match="schedule"):
        replace(masked_decoder, schedule="sine")


def test_maskgit_keeps_given_tokens_and_commit_draws_them_again() -> None:
    condition = a_condition(1, 0.9)
    given = condition.given

    kept = decode(DECODERS["maskgit"](), condition, [1])[-1].tokens
    drawn = decode(DECODERS["commit"](), condition, [1])[-1].tokens

    assert kept[given].equal(condition.tokens[given])
    assert not drawn[given].equal(condition.tokens[given])


def test_equal_scores_leave_exactly_the_wanted_number_masked() -> None:
    commit = DECODERS["commit"](steps=4, schedule="uniform", choice_temperature=0.0)

    steps = decode(commit, a_condition(1), [1])

    assert [int(step.masked.sum()) for step in steps] == [24, 16, 8, 0]


def test_a_state_is_a_few_kilobytes_and_damage_is_told() -> None:
    grid = (1, 4, 16, 16)
    step = DecodeStep(0, 12, torch.randint(0, 1024, grid), torch.rand(grid) > 0.5, torch.rand(grid))

    data = DecodeState.after(step, SeededNoise([1]).state()).to_bytes()

    assert len(data) < 8_000
    for damaged in (data[:100], b"", b"PK\x03\x04 no archive", np.float32(1).tobytes()):
        with pytest.raises(UserError, match="generate again"):
            DecodeState.from_bytes(damaged)
