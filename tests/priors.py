"""Causal transformers with random weights that leave nothing at 0 or 1, and conditions for them."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt

import torch
from torch import nn

from core.models.transformers.causal import CausalConfig, CausalTransformer
from core.tokens import Condition

TINY = CausalConfig(
    codebook_size=13,
    embedding_dim=6,
    grid=(3, 4, 8),
    hidden=18,
    heads=4,
    layers=2,
    context_size=(8, 8),
    context_depths=(1, 1, 1),
    context_widths=(3, 3, 7),
)
"""Heads that do not divide the width; a context that is as small as can be once there is one."""

TINY_PRIORS = {
    "full": TINY,
    "sparse": replace(TINY, grid=(8, 4, 16), attention="sparse"),
    "sparse in three axes": replace(TINY, grid=(3, 2, 64), attention="sparse"),
    "class": replace(TINY, classes=3),
    "frames": replace(TINY, context_frames=2),
    "class and frames": replace(TINY, classes=3, context_frames=1),
    "two codebooks": replace(TINY, codebooks=2),
}


def random_prior(config: CausalConfig, seed: int = 0) -> CausalTransformer:
    """Always the same for a seed. What it finds likely changes from place to place."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = CausalTransformer(config)
        for name, weight in model.named_parameters():
            if weight.ndim == 1:  # gains around 1; shifts, biases and the start around 0
                nn.init.normal_(weight, mean=float(name.endswith("scale")), std=0.2)
        for table in (model.positions.t, model.positions.h, model.positions.w, model.start):
            nn.init.normal_(table)
        nn.init.normal_(model.embed.weight, std=1 / sqrt(config.embedding_dim))
        nn.init.normal_(model.head.weight, std=3 / sqrt(config.hidden))
    return model.eval()


def condition_for(config: CausalConfig, batch: int = 1) -> Condition:
    """Random tokens of which none is given; another class and other frames for each sample."""
    generator = torch.Generator().manual_seed(1)
    tokens = torch.randint(config.codebook_size, (batch, *config.grid), generator=generator)
    frames = None
    if config.context_frames:
        shape = (batch, 3, config.context_frames, *config.context_size)
        frames = torch.rand(shape, generator=generator)
    return Condition(
        tokens,
        torch.zeros_like(tokens, dtype=torch.bool),
        torch.zeros(batch, dtype=torch.int64),
        torch.arange(batch) % max(config.classes, 1),
        frames,
    )
