"""Seeded noise and drawing from logits."""

from __future__ import annotations

import pytest
import torch

from core.sampling import SeededNoise, draw, keep_likeliest, uniform


def test_a_sample_draws_the_same_in_any_batch() -> None:
    together = SeededNoise([5, 7]).gumbel((2, 3, 4))
    alone = SeededNoise([7]).gumbel((1, 3, 4))

    assert together[1].equal(alone[0])
    assert not together[0].equal(together[1])


def test_noise_continues_from_its_state() -> None:
    noise = SeededNoise([5])
    noise.gumbel((1, 9))

    later = SeededNoise.from_state(noise.state())

    assert noise.gumbel((1, 9)).equal(later.gumbel((1, 9)))


def test_successive_draws_differ() -> None:
    noise = SeededNoise([5])

    assert not noise.gumbel((1, 9)).equal(noise.gumbel((1, 9)))


def test_noise_is_gumbel() -> None:
    noise = SeededNoise([1]).gumbel((1, 200_000))

    assert noise.isfinite().all()
    assert noise.mean().item() == pytest.approx(0.5772, abs=0.02)  # 7 standard errors
    assert noise.var().item() == pytest.approx(1.6449, abs=0.05)


def test_draws_follow_the_softmax() -> None:
    logits = torch.tensor([0.1, 0.2, 0.7]).log().expand(50_000, 3)

    drawn = draw(logits, SeededNoise([3]).gumbel((1, 50_000, 3))[0])

    shares = drawn.bincount(minlength=3) / len(drawn)
    torch.testing.assert_close(shares, torch.tensor([0.1, 0.2, 0.7]), atol=0.015, rtol=0)


def test_temperature_zero_takes_the_likeliest() -> None:
    logits = torch.tensor([[0.0, 3.0, 1.0]])

    assert draw(logits, torch.tensor([[99.0, 0.0, 0.0]]), temperature=0).tolist() == [1]


def test_filters_keep_the_likeliest_only() -> None:
    logits = torch.tensor([[0.1, 0.4, 0.2, 0.3]]).log()

    assert keep_likeliest(logits, top_k=2).isfinite().tolist() == [[False, True, False, True]]
    assert keep_likeliest(logits, top_p=0.8).isfinite().tolist() == [[False, True, True, True]]
    assert keep_likeliest(logits, top_p=0.01).isfinite().sum() == 1
    assert keep_likeliest(logits, top_k=9, top_p=1.0).equal(logits)


def test_gumbel_noise_is_uniform_noise_in_another_scale() -> None:
    shares = uniform(SeededNoise([3]).gumbel((1, 20_000)))

    assert 0 <= shares.min() < 0.001
    assert 0.999 < shares.max() <= 1
    counts = torch.histc(shares, 10, 0, 1)
    assert ((counts - 2000).abs() < 4.5 * 2000**0.5).all()
