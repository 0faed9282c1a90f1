"""Codes of rounded channels: every id is one code, and rounding finds the nearest."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.models.scalar_quantizer import ScalarQuantizer
from core.models.tokenizers.vqgan3d import VQGAN3D, VQGAN3DConfig

LEVELS = st.lists(st.integers(2, 9), min_size=1, max_size=4).map(tuple)


@given(LEVELS)
def test_ids_and_codes_are_the_same_thing(levels: tuple[int, ...]) -> None:
    quantizer, count = ScalarQuantizer(levels), math.prod(levels)
    tokens = torch.arange(count).view(1, 1, 1, count)

    codes = quantizer.lookup(tokens)

    assert codes.shape == (1, len(levels), 1, 1, count)
    assert codes.abs().max() <= 1
    assert len(codes.flatten(2)[0].t().unique(dim=0)) == count
    # A feature that lies on a code's step comes back as that code.
    half = torch.tensor([level // 2 for level in levels])
    wanted = codes[0, :, 0, 0].t() * half
    offset = torch.tensor([(1 - level % 2) / 2 for level in levels])
    reach = torch.tensor([(level - 1) * 1.001 / 2 for level in levels])
    features = ((wanted + offset) / reach).atanh() - (offset / reach).atanh()
    again = quantizer(features.t().view(1, len(levels), 1, 1, count))
    assert torch.equal(again, tokens)
    assert torch.allclose(quantizer.codebook, codes[0, :, 0, 0].t())


@given(LEVELS, st.floats(0.1, 50))
def test_any_feature_has_a_code(levels: tuple[int, ...], spread: float) -> None:
    quantizer = ScalarQuantizer(levels)
    features = spread * torch.randn(2, len(levels), 2, 3, 3)

    tokens = quantizer(features)

    assert int(tokens.min()) >= 0
    assert int(tokens.max()) < math.prod(levels)
    rounded = quantizer.rounded(features.movedim(1, -1)).movedim(-1, 1)
    assert torch.allclose(quantizer.lookup(tokens), rounded, atol=1e-5)


def test_gradient_is_that_of_the_squashed_feature() -> None:
    quantizer = ScalarQuantizer((5, 4))
    features = torch.randn(7, 2, requires_grad=True)

    quantizer.rounded(features).sum().backward()
    gradient, features.grad = features.grad, None
    (quantizer.bounded(features) / torch.tensor([2.0, 2.0])).sum().backward()

    assert torch.allclose(gradient, features.grad)


def test_tokenizer_with_levels() -> None:
    config = VQGAN3DConfig(
        filters=8, multipliers=(1, 1), temporal_down=(True,), res_blocks=1, norm_groups=4,
        levels=(4, 3), embedding_dim=2, codebook_size=12,
    )  # fmt: skip
    network = VQGAN3D(config)

    tokens = network.encode(torch.rand(1, 3, 4, 8, 8))

    assert tokens.shape == (1, 2, 4, 4)
    assert network.decode(tokens).shape == (1, 3, 4, 8, 8)
    assert not any("quantizer" in name for name in network.state_dict())
    with pytest.raises(ValueError, match="2 channels and 12 codes"):
        VQGAN3DConfig(levels=(4, 3))
