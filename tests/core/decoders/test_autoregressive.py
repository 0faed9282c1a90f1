"""Decoding token by token, with real causal transformers that are tiny."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from math import prod
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from core.decoders.autoregressive import SILENCE_S, Autoregressive
from core.decoders.state import DecodeState
from core.models.transformers.causal import CausalConfig, CausalTransformer
from core.sampling import SeededNoise
from core.tokens import Condition, DecodeStep
from tests.benchmarks.original_sampler import OriginalSampler
from tests.priors import TINY, TINY_PRIORS, condition_for, random_prior

pytestmark = pytest.mark.usefixtures("one_thread")
GREEDY = Autoregressive(temperature=0.0)
SPECULATIVE = Autoregressive(speculative=True)


class Watched:
    """A model that remembers what it was asked, and tells its decodes' time to a clock."""

    def __init__(self, model: CausalTransformer, seconds_per_pass: float = 0.0) -> None:
        self.model, self.codebook_size = model, model.codebook_size
        self.passes: list[tuple[int, int]] = []
        self.seconds_per_pass, self.now = seconds_per_pass, 0.0

    def begin(self, condition: Condition) -> Any:
        decode = self.model.begin(condition)

        def logits(first: int, tokens: Tensor) -> Tensor:
            self.passes.append((first, tokens.shape[1]))
            self.now += self.seconds_per_pass
            return decode.logits(first, tokens)

        return SimpleNamespace(logits=logits)


class NoNoise(SeededNoise):
    """Noise that must not be drawn."""

    def gumbel_of(self, draw: int, shape: Any) -> Tensor:  # noqa: ARG002
        raise AssertionError("noise was drawn")


def decode(
    decoder: Autoregressive,
    model: Any,
    condition: Condition,
    seed: int = 0,
    state: DecodeState | None = None,
) -> list[DecodeStep]:
    seeds = range(seed, seed + len(condition.labels))
    return list(decoder(model, condition, SeededNoise(list(seeds)), state))


def given_at(condition: Condition, given_places: Tensor) -> Condition:
    """Given where (length,) or (b, length) is True."""
    flags = given_places.expand(len(condition.labels), -1)
    return replace(condition, given=flags.reshape(condition.tokens.shape))


# ── the same tokens as drawing one by one ───────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["full", "sparse", "class", "frames", "two codebooks"])
@pytest.mark.parametrize("decoder", [GREEDY, replace(GREEDY, speculative=True)], ids=str)
def test_likeliest_tokens_are_those_of_the_authors_sampler(
    name: str, decoder: Autoregressive
) -> None:
    model, condition = random_prior(TINY_PRIORS[name]), condition_for(TINY_PRIORS[name], 2)

    theirs = OriginalSampler(model).sample(condition, greedy=True)
    ours = decode(decoder, model, condition)[-1].tokens

    assert ours.equal(theirs)
    assert len(ours.unique()) > 5


@pytest.mark.parametrize("name", TINY_PRIORS)
@settings(deadline=None, max_examples=4)
@given(data=st.data())
def test_guesses_change_no_token_and_save_passes(name: str, data: st.DataObject) -> None:
    config = TINY_PRIORS[name]
    model = random_prior(config)
    condition = condition_for(config, data.draw(st.integers(1, 3)))
    share, seed = data.draw(st.sampled_from([0.0, 0.2, 0.9])), data.draw(st.integers(0, 1000))
    known = torch.rand(config.length, generator=torch.Generator().manual_seed(seed)) < share
    condition = given_at(condition, known)
    options = {"temperature": data.draw(st.sampled_from([0.0, 0.3, 1.0])), "top_p": 0.95}
    window = data.draw(st.sampled_from([1, 7, 31]))

    plain, guessing = Watched(model), Watched(model)
    one_by_one = decode(Autoregressive(**options), plain, condition, seed)[-1]
    guessed = decode(replace(SPECULATIVE, **options, window=window), guessing, condition, seed)[-1]

    assert guessed.tokens.equal(one_by_one.tokens)
    torch.testing.assert_close(guessed.confidence, one_by_one.confidence, atol=1e-4, rtol=0)
    assert len(guessing.passes) <= len(plain.passes)


def test_guesses_save_passes_where_the_model_is_sure() -> None:
    model = random_prior(TINY)
    with torch.no_grad():
        model.head.weight.mul_(0.05)  # all that it knows is little beside the noise
    condition = condition_for(TINY)
    watched = Watched(model)

    guessed = decode(SPECULATIVE, watched, condition)[-1].tokens

    assert guessed.equal(decode(Autoregressive(), model, condition)[-1].tokens)
    assert len(watched.passes) < TINY.length / 2


def test_one_likeliest_token_is_no_choice() -> None:
    model, condition = random_prior(TINY), condition_for(TINY)
    likeliest = decode(GREEDY, model, condition)[-1].tokens

    for options in ({"top_k": 1}, {"top_p": 1e-6}, {"temperature": 1e-4}):
        assert decode(Autoregressive(**options), model, condition)[-1].tokens.equal(likeliest)
    assert not decode(Autoregressive(), model, condition)[-1].tokens.equal(likeliest)


def test_without_temperature_no_noise_is_drawn() -> None:
    steps = list(GREEDY(random_prior(TINY), condition_for(TINY), NoNoise([1])))

    assert steps[-1].last


def test_the_temperature_comes_before_the_filter() -> None:
    """At a high temperature all tokens are about as likely, so that few of them make up half."""
    model, condition = random_prior(TINY), condition_for(TINY)

    cold = decode(Autoregressive(temperature=0.05, top_p=0.5), model, condition)[-1].tokens
    hot = decode(Autoregressive(temperature=5.0, top_p=0.5), model, condition)[-1].tokens

    assert cold.equal(decode(GREEDY, model, condition)[-1].tokens)
    assert not hot.equal(cold)


# ── chance ──────────────────────────────────────────────────────────────────────────────────────

THREE = replace(TINY, grid=(1, 1, 3), codebook_size=3)
"""27 clips in all, so that the chance of each is known."""


@torch.no_grad()
def chances(model: CausalTransformer, config: CausalConfig) -> Tensor:
    """Probability of every clip, in the order of `product`."""
    clips = torch.tensor(list(product(range(config.codebook_size), repeat=config.length)))
    one = condition_for(config, len(clips))
    grids = clips.view(-1, *config.grid)
    log_p = model(grids, one).log_softmax(-1).gather(-1, grids.unsqueeze(-1))
    return log_p.flatten(1).sum(1).exp()


@pytest.mark.parametrize(
    "decoder", [Autoregressive(), SPECULATIVE, replace(SPECULATIVE, window=1)], ids=str
)
def test_clips_are_drawn_as_often_as_the_model_says(decoder: Autoregressive) -> None:
    model, batch, times = random_prior(THREE), 8, 1000
    model.head.weight.data.mul_(0.2)  # no clip is too rare to be counted
    expected = chances(model, THREE) * batch * times
    condition = condition_for(THREE, batch)
    place_values = torch.tensor([9, 3, 1])

    counts = torch.zeros(27, dtype=torch.int64)
    for time in range(times):
        tokens = decode(decoder, model, condition, seed=time * batch)[-1].tokens
        counts += (tokens.flatten(1) * place_values).sum(1).bincount(minlength=27)

    assert expected.min() > 5
    statistic = ((counts - expected) ** 2 / expected).sum()
    assert statistic < 62  # chi-square with 26 degrees of freedom: exceeded by chance once in 10⁴


def test_all_samples_of_a_batch_have_noise_of_their_own() -> None:
    model, condition = random_prior(TINY), condition_for(TINY, 1).repeated(3)

    tokens = decode(Autoregressive(), model, condition)[-1].tokens

    assert not tokens[0].equal(tokens[1])
    assert not tokens[1].equal(tokens[2])


# ── given tokens ────────────────────────────────────────────────────────────────────────────────


@settings(deadline=None, max_examples=25)
@given(data=st.data())
def test_given_tokens_stay_wherever_they_are(data: st.DataObject) -> None:
    model, condition = random_prior(TINY), condition_for(TINY, 2)
    bits = st.lists(st.booleans(), min_size=2 * TINY.length, max_size=2 * TINY.length)
    given_places = torch.tensor(data.draw(bits)).view(2, -1)
    condition = given_at(condition, given_places)
    decoder = replace(SPECULATIVE, speculative=data.draw(st.booleans()))

    steps = decode(decoder, model, condition)

    known = condition.given
    for step in steps:
        assert step.tokens[known].equal(condition.tokens[known])
        assert not step.masked[known].any()
    assert (steps[-1].confidence[known] == 1).all()
    # What is free is drawn as from a forward pass over the outcome.
    last = steps[-1]
    with torch.no_grad():
        chance = model(last.tokens, condition).softmax(-1)
    drawn = chance.gather(-1, last.tokens.unsqueeze(-1)).squeeze(-1)
    torch.testing.assert_close(last.confidence[~known], drawn[~known], atol=1e-4, rtol=0)


def test_first_frames_that_are_given_are_read_in_few_passes() -> None:
    model, condition = Watched(random_prior(TINY)), condition_for(TINY)
    frame = prod(TINY.grid[1:])
    condition = given_at(condition, torch.arange(TINY.length) < 2 * frame)

    decode(Autoregressive(), model, condition)

    reading = [(first, m) for first, m in model.passes if m > 1]
    assert reading == [(0, 32), (32, 32)]
    assert len(model.passes) == 2 + frame


def test_a_clip_that_is_given_whole_needs_no_model() -> None:
    model, condition = Watched(random_prior(TINY)), condition_for(TINY)
    condition = given_at(condition, torch.ones(TINY.length, dtype=torch.bool))

    steps = decode(Autoregressive(), model, condition)

    assert not model.passes
    assert [step.index for step in steps] == [TINY.length - 1]
    assert steps[-1].tokens.equal(condition.tokens)


# ── steps, and going on ─────────────────────────────────────────────────────────────────────────


def test_a_row_is_told_at_a_time_or_as_many_tokens_as_asked_for() -> None:
    model, condition = random_prior(TINY), condition_for(TINY)
    row = TINY.grid[2]

    rows = decode(GREEDY, model, condition)
    fives = decode(replace(GREEDY, report_every=5), model, condition)

    assert [step.index for step in rows] == list(range(row - 1, TINY.length, row))
    assert [step.index for step in fives] == [*range(4, TINY.length, 5), TINY.length - 1]
    for step in rows:
        decided = ~step.masked.flatten()
        assert decided.tolist() == [place <= step.index for place in range(TINY.length)]


@pytest.mark.parametrize("name", ["full", "sparse", "class and frames"])
@pytest.mark.parametrize("decoder", [Autoregressive(), SPECULATIVE], ids=str)
def test_going_on_from_any_step_gives_the_same_clip(name: str, decoder: Autoregressive) -> None:
    config = TINY_PRIORS[name]
    model, condition = random_prior(config), condition_for(config, 2)
    noise = SeededNoise([1, 2])
    steps = [
        (step, DecodeState.after(step, noise.state())) for step in decoder(model, condition, noise)
    ]
    whole = steps[-1][0]

    for _, state in steps[:-1:5]:
        noise = SeededNoise.from_state(state.noise)
        last = list(decoder(model, condition, noise, DecodeState.from_bytes(state.to_bytes())))[-1]
        assert last.tokens.equal(whole.tokens)
        torch.testing.assert_close(last.confidence, whole.confidence, atol=1e-4, rtol=0)


@pytest.fixture
def by_the_models_clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    """A model whose passes take 30 ms by the decoder's clock."""
    model = Watched(random_prior(TINY), seconds_per_pass=0.03)
    monkeypatch.setattr(Autoregressive, "clock", staticmethod(lambda: model.now))
    return model


def test_a_slow_decode_is_told_often_enough_to_be_stopped(by_the_models_clock: Watched) -> None:
    model, told = by_the_models_clock, [0.0]

    for _step in GREEDY(model, condition_for(TINY), SeededNoise([0])):
        assert model.now - told[-1] < SILENCE_S + model.seconds_per_pass
        told.append(model.now)

    assert len(told) > TINY.length / 3


def test_reading_again_is_told_too_with_the_step_it_goes_on_from(
    by_the_models_clock: Watched,
) -> None:
    model, condition = by_the_models_clock, condition_for(TINY)
    steps = decode(GREEDY, model, condition)
    state = next(s for s in steps if s.index == TINY.length - 3)
    saved = DecodeState.after(state, SeededNoise([0]).state())

    rest = decode(GREEDY, model, condition, state=saved)

    again, *_, last = rest
    assert again.index == state.index
    assert again.tokens.equal(state.tokens)
    assert last.tokens.equal(steps[-1].tokens)
