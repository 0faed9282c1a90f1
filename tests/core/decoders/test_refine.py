"""Taking back what the transformer doubts of a finished result."""

from __future__ import annotations

from dataclasses import replace

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from core.decoders.refine import Refine
from core.decoders.state import DecodeState
from core.sampling import SeededNoise
from core.tokens import MASK, Condition, DecodeStep
from tests.core.decoders.test_contract import CODES, GRID, UniformModel, a_condition, decode


class Doubtful(UniformModel):
    """Sure that every token is 0; at places where it sees another, it says so."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Tensor] = []

    def logits(self, tokens: Tensor, condition: Condition) -> Tensor:
        self.seen.append(tokens)
        logits = super().logits(tokens, condition)
        logits[..., 0] = 6.0
        return logits


def finished(tokens: Tensor) -> DecodeState:
    """The state after the last step of another decode."""
    done = DecodeStep(11, 12, tokens, torch.zeros_like(tokens, dtype=torch.bool), tokens * 0.0 + 1)
    return DecodeState.after(done, SeededNoise(range(len(tokens))).state()).restarted()


def refined(decoder: Refine, condition: Condition, state: DecodeState) -> list[DecodeStep]:
    return list(decoder(Doubtful(), condition, SeededNoise.from_state(state.noise), state))


def test_the_least_likely_tokens_are_taken_back_first() -> None:
    tokens = torch.zeros((1, *GRID), dtype=torch.int64)
    tokens[0, 1, 2, :3] = 5  # what the model finds unlikely
    decoder = Refine(steps=3, share=0.2)

    first = refined(decoder, a_condition(1, 0.0), finished(tokens))[0]

    assert first.masked[0, 1, 2, :3].all()
    assert first.masked.sum() == decoder.counts(32)[0] == 5


def test_what_is_doubtful_in_a_result_is_drawn_again_and_the_rest_stays() -> None:
    condition = a_condition(2, 0.0)
    tokens = torch.zeros((2, *GRID), dtype=torch.int64)
    tokens[:, 0, 1] = 3

    steps = refined(Refine(steps=6, share=0.5), condition, finished(tokens))

    assert (tokens == 3).sum() == 8
    assert (steps[-1].tokens == 3).sum() <= 1
    assert not steps[-1].masked.any()
    assert max(int(s.masked[0].sum()) for s in steps) <= 16


def test_a_first_pass_only_scores_and_given_tokens_are_hints_again() -> None:
    condition = a_condition(1, 1.0)
    condition = replace(condition, tokens=torch.full_like(condition.tokens, 7))
    model, state = Doubtful(), finished(torch.full((1, *GRID), 4))

    steps = list(
        Refine(steps=3, share=1.0)(model, condition, SeededNoise.from_state(state.noise), state)
    )

    assert (model.seen[0] == 4).all()
    assert (model.seen[1][steps[0].masked] == 7).all()
    assert not (model.seen[1] == MASK).any()


@given(steps=st.integers(2, 60), share=st.floats(0, 1))
def test_fewer_and_fewer_tokens_are_drawn_again(steps: int, share: float) -> None:
    counts = Refine(steps=steps, share=share).counts(256)

    assert list(counts) == sorted(counts, reverse=True)
    assert counts[0] <= share * 256
    assert counts[-1] == 0
    assert len(counts) == steps


def test_refining_can_be_stopped_and_resumed_at_any_step() -> None:
    condition = a_condition(2)
    decoder = Refine(steps=5)
    tokens = torch.randint(0, CODES, (2, *GRID), generator=torch.Generator().manual_seed(3))
    state = finished(tokens)
    noise = SeededNoise.from_state(state.noise)
    whole = [
        (step, DecodeState.after(step, noise.state()))
        for step in decoder(UniformModel(), condition, noise, state)
    ]

    for step, between in whole[:-1]:
        rest = decode(decoder, condition, [], between)
        assert rest[0].index == step.index + 1
        assert rest[-1].tokens.equal(whole[-1][0].tokens)
