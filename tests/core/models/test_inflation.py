"""From networks of frames to networks of clips: what is kept, spread and left as it is."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from core.models.discriminators import Discriminator, DiscriminatorConfig
from core.models.inflation import Inflation, inflate
from core.models.tokenizers.vqgan2d import VQGAN2D, VQGAN2DConfig
from core.models.tokenizers.vqgan3d import VQGAN3D, VQGAN3DConfig

SIZES = {"filters": 32, "multipliers": (1, 1), "res_blocks": 1}
CODES = {"embedding_dim": 4, "codebook_size": 8}
FLAT = VQGAN2DConfig(**SIZES, **CODES)
DEEP = VQGAN3DConfig(**SIZES, **CODES, temporal_down=(True,))


@pytest.mark.parametrize("how", ["central", "average"])
def test_a_whole_tokenizer_is_inflated(how: Inflation) -> None:
    flat, deep = VQGAN2D(FLAT), VQGAN3D(DEEP)

    assert inflate(flat.state_dict(), deep, how) == []

    kernels, deep_kernels = flat.encoder.conv_in.weight, deep.encoder.conv_in.weight
    assert deep_kernels.sum(2).allclose(kernels[:, :, 0], atol=1e-6)
    if how == "central":
        assert not deep_kernels[:, :, [0, 2]].any()
    else:
        assert deep_kernels[:, :, 0].equal(deep_kernels[:, :, 2])
    assert deep.encoder.conv_out.weight.equal(flat.encoder.conv_out.weight)
    assert deep.quantizer.codebook.equal(flat.quantizer.codebook)
    assert deep.decoder.norm_out.weight.equal(flat.decoder.norm_out.weight)


def test_central_inflation_sees_frame_by_frame() -> None:
    # A clip that stands still has the same norms in every frame as in all together.
    flat, deep = VQGAN2D(FLAT), VQGAN3D(replace(DEEP, temporal_down=(False,)))
    still = torch.rand(1, 3, 1, 8, 8).expand(-1, -1, 4, -1, -1)

    inflate(flat.state_dict(), deep, "central")

    with torch.no_grad():
        assert deep.encoder(still).allclose(flat.encoder(still), atol=1e-5)
        features = flat.encoder(still)
        assert deep.decoder(features).allclose(flat.decoder(features), atol=1e-5)


def test_what_does_not_fit_stays_and_is_named() -> None:
    config = DiscriminatorConfig(filters=2, multipliers=(2,), shape=(4, 8, 8))
    flat, deep = Discriminator(replace(config, per_frame=True)), Discriminator(config)
    before = deep.hidden.weight.clone()

    fresh = inflate(flat.state_dict(), deep, "central")

    assert fresh == ["hidden.weight"]  # two frames are left before the dense layer
    assert deep.hidden.weight.equal(before)
    assert deep.verdict.weight.equal(flat.verdict.weight)


def test_a_discriminator_that_halves_time_to_one_is_inflated_whole() -> None:
    config = DiscriminatorConfig(filters=2, multipliers=(2, 2), shape=(4, 8, 8))

    flat = Discriminator(replace(config, per_frame=True)).state_dict()

    assert inflate(flat, Discriminator(config), "average") == []
