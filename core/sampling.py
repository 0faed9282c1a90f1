"""Chance for the decoders: noise that a seed repeats, and drawing tokens from logits.

The noise of draw n of sample i is a function of its seed and n alone. So a sample is the same in
any batch, and a decode resumes from a count instead of a generator's inner state.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor


class Noise(Protocol):
    """Where a decoder's chance comes from (the `rng` argument)."""

    def gumbel(self, shape: Sequence[int]) -> Tensor:
        """Independent Gumbel(0, 1) noise, float32, on the model's device; `shape[0]` samples."""
        ...

    def gumbel_of(self, draw: int, shape: Sequence[int]) -> Tensor:
        """The noise of draw number `draw`, whatever was drawn before; the count stays."""
        ...

    def state(self) -> NoiseState:
        """From which `SeededNoise.from_state` continues with the next draw."""
        ...


@dataclass(frozen=True)
class NoiseState:
    """Seeds of the samples, and how often they were drawn from."""

    seeds: tuple[int, ...]
    draws: int


class SeededNoise:
    """Noise with one seed (≥ 0) per sample of the batch."""

    def __init__(self, seeds: Sequence[int], device: torch.device | str = "cpu") -> None:
        self._seeds, self._draws = tuple(seeds), 0
        self._generator = torch.Generator(device)

    @classmethod
    def from_state(cls, state: NoiseState, device: torch.device | str = "cpu") -> SeededNoise:
        noise = cls(state.seeds, device)
        noise._draws = state.draws
        return noise

    def state(self) -> NoiseState:
        return NoiseState(self._seeds, self._draws)

    def gumbel(self, shape: Sequence[int]) -> Tensor:
        self._draws += 1
        return self.gumbel_of(self._draws - 1, shape)

    def gumbel_of(self, draw: int, shape: Sequence[int]) -> Tensor:
        if shape[0] != len(self._seeds):
            raise ValueError(f"{shape[0]} samples, but {len(self._seeds)} seeds")
        uniform = torch.stack([self._uniform(seed, draw, shape[1:]) for seed in self._seeds])
        return uniform.clamp_(min=torch.finfo(torch.float32).tiny).log_().neg_().log_().neg_()

    def _uniform(self, seed: int, draw: int, shape: Sequence[int]) -> Tensor:
        mixed = np.random.SeedSequence([seed, draw]).generate_state(1)[0]
        self._generator.manual_seed(int(mixed))
        return torch.rand(
            *shape, generator=self._generator, device=self._generator.device, dtype=torch.float32
        )


def uniform(gumbel: Tensor) -> Tensor:
    """Gumbel(0, 1) noise as uniform noise in [0, 1]."""
    return torch.exp(-torch.exp(-gumbel))


def draw(logits: Tensor, noise: Tensor, temperature: float = 1.0) -> Tensor:
    """One token per row of logits (…, K): argmax(ℓ + T·Gumbel) is a draw from softmax(ℓ / T).

    Temperature 0 takes the likeliest token.
    """
    return (logits + temperature * noise).argmax(-1)


def keep_likeliest(logits: Tensor, top_k: int = 0, top_p: float = 0.0) -> Tensor:
    """Logits (…, K) with −∞ outside the top_k likeliest tokens, and outside the smallest set of
    likeliest tokens whose probabilities reach top_p. 0 switches a filter off."""
    if 0 < top_k < logits.shape[-1]:
        smallest = logits.topk(top_k, dim=-1).values[..., -1:]
        logits = logits.masked_fill(logits < smallest, -torch.inf)
    if 0 < top_p < 1:
        ordered, order = logits.sort(dim=-1, descending=True)
        probability = ordered.softmax(-1)
        beyond = probability.cumsum(-1) - probability >= top_p  # mass before this token
        logits = logits.masked_fill(beyond.gather(-1, order.argsort(-1)), -torch.inf)
    return logits
