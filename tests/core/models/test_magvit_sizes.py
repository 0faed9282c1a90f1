"""MAGVIT's networks have the published sizes, and take any size that divides."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn

from core.models.tokenizers import vqgan3d
from core.models.tokenizers.vqgan3d import VQGAN3D, VQGAN3DConfig
from core.models.transformers import bidirectional
from core.models.transformers.bidirectional import BidirectionalConfig, BidirectionalTransformer
from core.tasks import Special
from core.tokens import MASK, Condition

UCF = {"classes": 101, "multi_task": False}


def parameters(model: nn.Module) -> int:
    return sum(weight.numel() for weight in model.parameters())


@pytest.mark.parametrize(
    ("config", "total"),
    [
        (vqgan3d.MAGVIT_B, 40_579_843),
        (vqgan3d.MAGVIT_L, 157_811_971),
        (vqgan3d.MAGVIT_B_64, 36_596_355),
        (vqgan3d.MAGVIT_L_64, 141_882_371),
    ],
    ids=["B", "L", "B-64", "L-64"],
)
def test_tokenizers_have_the_published_sizes(config: VQGAN3DConfig, total: int) -> None:
    with torch.device("meta"):
        assert parameters(VQGAN3D(config)) == total


@pytest.mark.parametrize(
    ("config", "total"),
    [
        (bidirectional.MAGVIT_B, 87_301_991),
        (bidirectional.MAGVIT_L, 305_567_847),
        (bidirectional.MAGVIT_H, 634_078_567),
    ],
    ids=["B", "L", "H"],
)
def test_transformers_have_the_published_sizes(config: BidirectionalConfig, total: int) -> None:
    with torch.device("meta"):
        assert parameters(BidirectionalTransformer(replace(config, **UCF))) == total


@pytest.mark.parametrize(
    ("temporal_down", "multipliers", "shape", "grid"),
    [
        ((True, True, False), (1, 1, 1, 1), (8, 16, 24), (2, 2, 3)),
        ((False, True), (1, 2, 1), (6, 12, 8), (3, 3, 2)),
        ((False,), (1, 1), (3, 4, 6), (3, 2, 3)),
        ((True, True, True, True), (1, 1, 1, 1, 1), (16, 16, 32), (1, 1, 2)),
    ],
)
@pytest.mark.parametrize("padding", ["zeros", "reflect"])
def test_any_size_that_divides_goes_through(
    temporal_down: tuple[bool, ...],
    multipliers: tuple[int, ...],
    shape: tuple[int, int, int],
    grid: tuple[int, int, int],
    padding: str,
) -> None:
    if padding == "reflect" and min(grid) < 2:
        pytest.skip("one token has no neighbour to reflect")
    model = VQGAN3D(
        VQGAN3DConfig(
            filters=32,
            multipliers=multipliers,
            temporal_down=temporal_down,
            res_blocks=1,
            embedding_dim=4,
            codebook_size=8,
            padding=padding,
        )
    )

    with torch.inference_mode():
        tokens = model.encode(torch.rand(1, 3, *shape))
        video = model.decode(tokens)

    assert tokens.shape == (1, *grid)
    assert video.shape == (1, 3, *shape)


def test_special_ids_count_from_the_end_of_the_vocabulary() -> None:
    config = BidirectionalConfig(
        codebook_size=8, classes=3, grid=(1, 2, 3), layers=1, hidden=8, mlp=16, heads=2
    )
    model = BidirectionalTransformer(config).eval()
    condition = Condition(
        torch.zeros(1, 1, 2, 3, dtype=torch.int64),
        torch.zeros(1, 1, 2, 3, dtype=torch.bool),
        torch.tensor([int(Special.OUTPAINTING)]),
        torch.tensor([2]),
    )
    tokens = torch.full((1, 1, 2, 3), MASK)

    ids = model.sequence(tokens, condition)

    assert ids.tolist() == [[-6, 10, -1, -1, -1, -1, -1, -1]]
    assert model.logits(tokens, condition).shape == (1, 1, 2, 3, 8)
    with torch.inference_mode():
        assert model(ids).equal(model(ids % config.vocabulary))
        assert model.sequence(tokens, model.unconditional(condition))[0, :2].tolist() == [-3, 11]


def test_a_model_without_whole_clip_generation_keeps_its_task_token() -> None:
    config = BidirectionalConfig(
        codebook_size=8, grid=(1, 1, 1), layers=1, hidden=8, heads=2, full_generation=False
    )
    one = torch.zeros(1, 1, 1, 1, dtype=torch.int64)
    condition = Condition(one, one.bool(), torch.tensor([-6]), torch.tensor([0]))

    free = BidirectionalTransformer(config).unconditional(condition)

    assert free.task_tokens.tolist() == [-6]
