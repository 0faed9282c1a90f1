"""The VQ-VAE: its shapes, its padding, its options."""

from __future__ import annotations

from itertools import product

import pytest
import torch
import torch.nn.functional as F

from core.models.tokenizers.vqvae import (
    VQVAE,
    Convolution,
    TransposedConvolution,
    VQVAEConfig,
)

SMALL = {"hidden": 8, "res_layers": 1, "embedding_dim": 4, "codebook_size": 7}


@pytest.mark.parametrize(
    "stride", [(2, 2, 2), (4, 4, 4), (2, 4, 4), (4, 2, 2), (1, 4, 4), (4, 8, 8)]
)
def test_any_size_that_divides_by_the_stride_goes_through(stride: tuple[int, int, int]) -> None:
    model = VQVAE(VQVAEConfig(**SMALL, stride=stride)).eval()
    grid = (2, 3, 1)
    shape = tuple(cells * step for cells, step in zip(grid, stride, strict=True))
    video = torch.rand(2, 3, *shape)

    with torch.no_grad():
        tokens = model.encode(video)

        assert tokens.shape == (2, *grid)
        assert model.decode(tokens).shape == video.shape


def test_the_defaults_are_the_published_sizes() -> None:
    model = VQVAE()

    assert len(model.state_dict()) == 283
    assert sum(p.numel() for p in model.parameters()) == 21_141_619


def test_several_codebooks_stand_side_by_side() -> None:
    model = VQVAE(VQVAEConfig(**SMALL, codebooks=2, stride=(2, 4, 4))).eval()

    tokens = model.encode(torch.rand(1, 3, 4, 8, 8))

    assert tokens.shape == (1, 2, 2, 4)
    assert model.stride == (2, 4, 2)
    assert model.decode(tokens).shape == (1, 3, 4, 8, 8)


def test_without_axial_attention_no_place_sees_far() -> None:
    reached = []
    for attention in (True, False):
        model = VQVAE(VQVAEConfig(**SMALL, axial_attention=attention, stride=(1, 2, 2))).eval()
        video = torch.rand(1, 3, 1, 4, 64)
        changed = video.clone()
        changed[..., 0] += 1
        with torch.no_grad():
            difference = model.features(changed) - model.features(video)
        reached.append(bool(difference[..., -1].abs().max() > 0))

    assert reached == [True, False]


@pytest.mark.parametrize(
    "changes", [{"stride": (1, 1, 1)}, {"stride": (3, 4, 4)}, {"codebooks": 3}]
)
def test_sizes_that_do_not_go_together_are_refused(changes: dict) -> None:
    with pytest.raises(ValueError, match="must"):
        VQVAEConfig(**(SMALL | changes))


@pytest.mark.parametrize("stride", list(product((1, 2), repeat=3)))
def test_the_larger_part_of_the_padding_stands_in_front(stride: tuple[int, int, int]) -> None:
    conv = Convolution(2, 2, 4, stride)
    x = torch.randn(1, 2, 4, 4, 4)
    margins = [side for step in reversed(stride) for side in ((1, 1) if step == 2 else (2, 1))]

    expected = F.conv3d(F.pad(x, margins), conv.weight, conv.bias, stride)

    assert torch.allclose(conv(x), expected, atol=1e-6)


@pytest.mark.parametrize("stride", list(product((1, 2), repeat=3)))
def test_the_transposed_convolution_pads_its_input_likewise(stride: tuple[int, int, int]) -> None:
    up = TransposedConvolution(2, 3, stride)
    x = torch.randn(1, 2, 3, 4, 5)
    margins = [side for step in reversed(stride) for side in ((1, 1) if step == 2 else (2, 1))]

    padded = F.pad(x, margins)
    expected = F.conv_transpose3d(padded, up.weight, up.bias, stride, padding=3)

    assert torch.allclose(up(x), expected, atol=1e-5)


def test_the_features_get_the_gradient_of_their_codes() -> None:
    model = VQVAE(VQVAEConfig(**SMALL))
    features = torch.randn(1, 4, 2, 2, 2, requires_grad=True)

    tokens, codes = model.straight_through(features)
    (codes * 3).sum().backward()

    assert torch.allclose(codes, model.codebook.lookup(tokens), atol=1e-6)
    assert features.grad is not None
    assert torch.all(features.grad == 3)
