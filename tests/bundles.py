"""Tiny models with random weights, for tests: everything is real but their pictures."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Literal

import torch
from torch import nn

from core.bundle import ModelBundle
from core.cards import ModelCard, Network
from core.models.tokenizers.vqgan3d import VQGAN3D, VQGAN3DConfig
from core.models.tokenizers.vqvae import VQVAE, VQVAEConfig
from core.models.transformers.bidirectional import BidirectionalConfig, BidirectionalTransformer
from core.models.transformers.causal import CausalConfig, CausalTransformer
from core.tasks import CAUSAL_TASKS, MASKED_TASKS, TASKS

GRID = (4, 16, 16)
"""Size of the clips that the tiny models generate: T, H, W."""
CLASSES = ("left", "right")
TOKENIZER = VQGAN3DConfig(
    filters=32,
    multipliers=(1, 1),
    temporal_down=(True,),
    res_blocks=1,
    embedding_dim=8,
    codebook_size=32,
)
TRANSFORMER = BidirectionalConfig(
    codebook_size=32, classes=len(CLASSES), grid=(2, 8, 8), layers=2, hidden=32, mlp=64, heads=2
)
VQVAE_SIZES = VQVAEConfig(
    hidden=16, res_layers=1, embedding_dim=8, codebook_size=32, stride=(2, 2, 2)
)
CONTRAST = 8


def tiny_bundle(folder: Path, *, tasks: tuple[str, ...] = MASKED_TASKS) -> Path:
    """Writes the bundle into `folder` (under 1 MB, always the same weights) and returns it."""
    with torch.random.fork_rng():
        torch.manual_seed(1)
        tokenizer, transformer = VQGAN3D(TOKENIZER), BidirectionalTransformer(TRANSFORMER)
    # Fresh weights are so small that chance alone decides: class and given tokens must matter.
    for weight in transformer.parameters():
        weight.data *= CONTRAST if weight.ndim > 1 else 1
    card = ModelCard(
        name="tiny",
        title="Tiny random model",
        description="Random weights.",
        tokenizer=Network("vqgan3d", asdict(TOKENIZER)),
        transformer=Network("bidirectional", asdict(TRANSFORMER)),
        tasks=tasks,
        frames=GRID[0],
        height=GRID[1],
        width=GRID[2],
        stride=TOKENIZER.stride,
        rate=8.0,
        licence="CC0-1.0",
        classes=CLASSES,
    )
    ModelBundle(tokenizer.eval(), transformer.eval(), card).save(folder, torch.float16)
    return folder


def tiny_videogpt_bundle(
    folder: Path,
    *,
    classes: tuple[str, ...] = CLASSES,
    context_frames: int = 0,
    attention: Literal["full", "sparse"] = "full",
) -> Path:
    """Writes a VQ-VAE and its prior over 2x8x8 tokens into `folder` and returns it.

    Under 1 MB, always the same weights. It does the tasks that its conditions allow.
    """
    sizes = CausalConfig(
        codebook_size=VQVAE_SIZES.codebook_size,
        embedding_dim=VQVAE_SIZES.embedding_dim,
        grid=(2, 8, 8),
        hidden=30,
        heads=2,
        layers=2,
        classes=len(classes),
        context_frames=context_frames,
        context_size=GRID[1:],
        context_depths=(1, 1, 1),
        context_widths=(6, 9, 12),
        attention=attention,
    )
    with torch.random.fork_rng():
        torch.manual_seed(1)
        tokenizer, transformer = VQVAE(VQVAE_SIZES), CausalTransformer(sizes)
        _spread_features(tokenizer.eval())
        nn.init.normal_(transformer.head.weight, std=0.2)  # fresh, all codes are equally likely
    transformer.codes.copy_(tokenizer.codebook.codes)
    tasks = (name for name in CAUSAL_TASKS if classes or not TASKS[name].needs_label)
    card = ModelCard(
        name="tiny-videogpt",
        title="Tiny random VideoGPT",
        description="Random weights.",
        tokenizer=Network("vqvae", asdict(VQVAE_SIZES)),
        transformer=Network("causal", asdict(sizes)),
        tasks=tuple(tasks),
        frames=GRID[0],
        height=GRID[1],
        width=GRID[2],
        stride=VQVAE_SIZES.token_stride,
        rate=8.0,
        licence="CC0-1.0",
        classes=classes,
    )
    ModelBundle(tokenizer, transformer.eval(), card).save(folder, torch.float16)
    return folder


@torch.no_grad()
def _spread_features(tokenizer: VQVAE) -> None:
    """Fresh features are all nearly the same, and far from all codes: they take one and the same.
    Here they get unit variance around 0, and the codes are put on some of them."""
    clips = torch.rand(1, 3, *GRID)
    std, mean = torch.std_mean(tokenizer.features(clips), dim=(0, 2, 3, 4))
    tokenizer.to_code.weight /= std.view(-1, 1, 1, 1, 1)
    tokenizer.to_code.bias.sub_(mean).div_(std)
    codebook = tokenizer.codebook
    codebook.initialise(codebook.spares(codebook.rows(tokenizer.features(clips))))
