"""The autoregressive baseline: what it sees, and its decode with a memory."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from core.decoders.autoregressive import Autoregressive
from core.models.transformers.autoregressive import (
    AutoregressiveConfig,
    AutoregressiveTransformer,
)
from core.sampling import SeededNoise
from core.tokens import Condition

GRID = (2, 2, 3)
CONFIG = AutoregressiveConfig(
    codebook_size=8, classes=2, grid=GRID, layers=2, hidden=16, mlp=32, heads=2, dropout=0.0
)


@pytest.fixture
def model() -> AutoregressiveTransformer:
    torch.manual_seed(0)
    return AutoregressiveTransformer(CONFIG).eval()


def tokens(seed: int = 0) -> Tensor:
    return torch.randint(8, (2, *GRID), generator=torch.Generator().manual_seed(seed))


def condition(given: int = 0) -> Condition:
    known = (torch.arange(12) < given).view(GRID).expand(2, *GRID)
    return Condition(tokens(1), known, torch.full((2,), -3), torch.tensor([1, 2]))


@torch.inference_mode()
def test_a_token_is_said_from_those_before_it_and_the_class(
    model: AutoregressiveTransformer,
) -> None:
    base = model(tokens(), condition())
    changed = tokens()
    changed[:, 1, 0, 1] = (changed[:, 1, 0, 1] + 1) % 8

    moved = (model(changed, condition()) - base).abs().amax(-1)[0].flatten() > 1e-6

    assert base.shape == (2, *GRID, 8)
    assert moved.tolist() == [False] * 8 + [True] * 4
    assert not base[0, 0, 0, 0].allclose(base[1, 0, 0, 0])  # other classes


@torch.inference_mode()
def test_the_memory_changes_nothing(model: AutoregressiveTransformer) -> None:
    row = tokens().flatten(1)
    before = torch.cat([torch.zeros(2, 1, dtype=torch.int64), row[:, :-1]], dim=1)
    decode = model.begin(condition())

    parts = [
        decode.logits(first, before[:, first:end])
        for first, end in ((0, 3), (3, 4), (4, 9), (6, 12))  # goes back once
    ]

    whole = model(tokens(), condition()).flatten(1, 3)
    assert torch.cat([*parts[:2], parts[2][:, :2], parts[3]], dim=1).allclose(whole, atol=1e-5)


def test_it_is_decoded_with_given_tokens(model: AutoregressiveTransformer) -> None:
    *_, last = Autoregressive()(model, condition(given=5), SeededNoise([3, 4]))

    assert not last.masked.any()
    assert last.tokens.flatten(1)[:, :5].equal(tokens(1).flatten(1)[:, :5])
    assert last.tokens.max() < 8
