"""The paper's models by name."""

from __future__ import annotations

import pytest
import torch

from core.models.presets import FRAMES, PRESETS, SIZE, Preset
from core.models.tokenizers.vqvae import VQVAE
from core.models.transformers.causal import CausalTransformer

MILLIONS = {
    "moving-mnist": 8 * (4 * 192**2 + 2 * 192 * 384) / 1e6,
    **dict.fromkeys(("bair", "robonet", "vizdoom-hgs", "vizdoom-battle2"), 16 * 12 * 512**2 / 1e6),
    **dict.fromkeys(("ucf101", "tgif"), 20 * 12 * 1024**2 / 1e6),
}
"""Weights of self-attention and feed-forward layers, by layers and widths of the paper's tables."""


def test_the_paper_s_seven_are_there() -> None:
    assert set(PRESETS) == set(MILLIONS)


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_tokenizer_and_prior_fit_each_other(preset: Preset) -> None:
    tokenizer, prior = preset.tokenizer, preset.prior
    pixels = tuple(n * step for n, step in zip(prior.grid, tokenizer.token_stride, strict=True))

    assert pixels == (FRAMES, SIZE, SIZE)
    assert prior.codebook_size == tokenizer.codebook_size
    assert prior.codebooks == tokenizer.codebooks
    assert prior.embedding_dim * prior.codebooks == tokenizer.embedding_dim


@pytest.mark.parametrize("name", PRESETS)
def test_networks_can_be_built(name: str) -> None:
    with torch.device("meta"):
        VQVAE(PRESETS[name].tokenizer)
        prior = CausalTransformer(PRESETS[name].prior)

    parts = [part for layer in prior.layers for part in (layer.attention, layer.up, layer.down)]
    millions = sum(weight.numel() for part in parts for weight in part.parameters()) / 1e6
    assert millions == pytest.approx(MILLIONS[name], rel=0.005)


@pytest.mark.parametrize(
    ("name", "frames", "classes"),
    [("bair", 1, 0), ("robonet", 1, 64), ("vizdoom-hgs", 0, 60), ("vizdoom-battle2", 0, 315)],
)
def test_each_is_conditioned_as_published(name: str, frames: int, classes: int) -> None:
    prior = PRESETS[name].prior

    assert (prior.context_frames, prior.classes) == (frames, classes)


def test_training_is_as_published() -> None:
    assert PRESETS["ucf101"].prior_training.steps == 200_000
    assert PRESETS["tgif"].prior_training.steps == 600_000
    assert PRESETS["moving-mnist"].tokenizer_training.steps == 20_000
    for preset in PRESETS.values():
        assert preset.tokenizer_training.batch == preset.prior_training.batch == 32
        assert (preset.tokenizer_training.rate, preset.prior_training.rate) == (7e-4, 3e-4)
