"""Models that were trained otherwise than COMMIT are decoded as they were trained."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest
import torch
from torch import Tensor

from core.decoders import DECODERS
from core.models.transformers.bidirectional import (
    BidirectionalConfig,
    BidirectionalTransformer,
    Conditioning,
)
from core.sampling import SeededNoise
from core.tasks import Special
from core.tokens import MASK, Condition

GRID = (2, 2, 2)
CONFIG = BidirectionalConfig(
    codebook_size=8, classes=2, grid=GRID, layers=1, hidden=16, mlp=16, heads=2, dropout=0.0
)
MASKED = [name for name in DECODERS if "bidirectional" in DECODERS[name].transformers]


class Spy(BidirectionalTransformer):
    """Remembers what it reads."""

    def __init__(self, conditioning: Conditioning) -> None:
        super().__init__(replace(CONFIG, conditioning=conditioning))
        self.read: list[Tensor] = []

    def forward(self, ids: Tensor, rows: int | None = None) -> Tensor:
        self.read.append(ids)
        return super().forward(ids, rows)


def a_condition() -> Condition:
    tokens = torch.tensor([7, 6, 5, 4, 3, 2, 1, 0]).view(1, *GRID)
    return Condition(tokens, tokens > 3, torch.tensor([-6]), torch.tensor([1]))


@pytest.mark.parametrize("name", MASKED)
@pytest.mark.parametrize("conditioning", ["input->input", "cond->cond"])
def test_latent_masking_keeps_what_is_given(name: str, conditioning: Conditioning) -> None:
    model, condition = Spy(conditioning).eval(), a_condition()

    *_, last = DECODERS[name](steps=4)(model, condition, SeededNoise([0]))

    assert last.tokens[condition.given].equal(condition.tokens[condition.given])
    assert not last.masked.any()
    for ids in model.read:
        assert ids[0, 2:6].tolist() == [7, 6, 5, 4]


@pytest.mark.parametrize("name", MASKED)
def test_a_prefix_stands_before_tokens_that_hold_nothing(name: str) -> None:
    model = Spy("prefix").eval()

    *_, last = DECODERS[name](steps=3, guidance=1.0)(model, a_condition(), SeededNoise([0]))

    padding, separator = int(Special.PADDING), int(Special.SEPARATOR)
    free = next(ids[-1] for ids in model.read if len(ids) == 2)
    assert model.read[0][0].tolist() == [-6, 9, 7, 6, 5, 4, *[padding] * 4, separator, *[MASK] * 8]
    assert free[:11].tolist() == [-3, 10, *[padding] * 8, separator]
    assert not last.masked.any()


def test_other_conditionings_leave_the_sequence_as_it_is() -> None:
    for conditioning in get_args(Conditioning):
        model = BidirectionalTransformer(replace(CONFIG, conditioning=conditioning))
        length = model.sequence(a_condition().tokens, a_condition()).shape[1]

        assert length == model.config.length
        assert length == 10 + (9 if conditioning == "prefix" else 0)
