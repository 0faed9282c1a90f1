"""Taking tokens back by chance: probabilities within their bounds, shares as without remasking."""

from __future__ import annotations

from itertools import pairwise

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.decoders.passes import Pass
from core.decoders.remdm import HELD, WAYS, ReMDM, largest_sigma
from core.sampling import SeededNoise
from core.schedules import SCHEDULES
from tests.core.decoders.test_contract import UniformModel, a_condition, decode

TOKENS = 256
DECODERS = st.builds(
    ReMDM,
    steps=st.integers(1, 40),
    schedule=st.sampled_from(sorted(SCHEDULES)),
    way=st.sampled_from(sorted(WAYS)),
    strength=st.floats(0, 1),
)


@given(decoder=DECODERS, seed=st.integers(0, 99))
@settings(deadline=None)
def test_chances_lie_within_their_bounds(decoder: ReMDM, seed: int) -> None:
    visible = decoder.visible(TOKENS)
    generator = torch.Generator().manual_seed(seed)

    assert visible == sorted(visible)
    assert (visible[0], visible[-1], len(visible)) == (0.0, 1.0, decoder.steps + 1)
    for index in range(decoder.steps):
        before, after = visible[index : index + 2]
        masked = torch.rand((2, 4, 8, 8), generator=generator) >= before
        done = Pass(index, masked, masked.float(), torch.rand(masked.shape, generator=generator))
        again = decoder.again(before, after, done)
        decided = decoder.decided(before, after, done, again)

        assert (again >= 0).all()
        assert (again <= largest_sigma(before, after) + 1e-6).all()
        assert (decided >= 0).all()
        assert (decided <= 1 + 1e-5).all()
    assert (decided == 1).all()


@given(before=st.floats(0, 1), rise=st.floats(0, 1))
def test_more_than_sigma_max_would_need_more_than_all_masked_tokens(
    before: float, rise: float
) -> None:
    after = before + rise * (1 - before)
    sigma = largest_sigma(before, after)

    assert 0 <= sigma <= 1
    assert after - (1 - sigma) * before <= 1 - before + 1e-9


@settings(deadline=None, max_examples=12)
@given(
    way=st.sampled_from(sorted(WAYS)),
    strength=st.sampled_from([0.0, 0.2, 1.0]),
    seed=st.integers(0, 999),
)
def test_as_many_tokens_are_visible_after_each_step_as_without_taking_back(
    way: str, strength: float, seed: int
) -> None:
    decoder, samples = ReMDM(steps=6, way=way, strength=strength), 60
    seeds = list(range(1000 * seed, 1000 * seed + samples))
    expected = decoder.visible(32)[1:]

    steps = decode(decoder, a_condition(samples), seeds)

    for step, share in zip(steps, expected, strict=True):
        # 1,920 tokens: four standard deviations are 0.046, and those before it add theirs.
        assert abs(1 - step.masked.float().mean() - share) < 0.08


def test_without_strength_nothing_is_taken_back_and_with_it_something_is() -> None:
    plain, strong = (
        decode(ReMDM(steps=8, strength=strength), a_condition(4), [1, 2, 3, 4])
        for strength in (0.0, 1.0)
    )

    def taken_back(steps: list) -> int:
        pairs = pairwise(steps)
        return sum(int((after.masked & ~before.masked).sum()) for before, after in pairs)

    assert taken_back(plain) == 0
    assert taken_back(strong) > 20


def test_the_unsure_are_taken_back_rather() -> None:
    decoder = ReMDM(way="conf", strength=0.5)
    visible = torch.zeros((1, 2, 4, 4), dtype=torch.bool)
    confidence = torch.linspace(0, 1, 32).view(1, 2, 4, 4)

    again = decoder.again(0.4, 0.5, Pass(3, visible, confidence, confidence)).flatten()

    assert (again.diff() < 0).all()
    assert abs(float(again.mean()) - 0.5) < 1e-5  # σ_max is 1


def test_a_loop_holds_what_is_visible() -> None:
    visible = ReMDM(way="loop", steps=20).visible(TOKENS)

    assert visible.count(HELD) > 8
    assert visible[-2:] == [HELD, 1.0]


def test_the_noise_is_drawn_in_the_same_order_in_every_step() -> None:
    noise = SeededNoise([1])

    steps = list(ReMDM(steps=3)(UniformModel(), a_condition(1), noise))

    assert noise.state().draws == 2 * len(steps)
