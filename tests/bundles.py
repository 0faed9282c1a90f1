"""A tiny model with random weights, for tests: everything is real but its pictures."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import torch

from core.bundle import ModelBundle
from core.cards import ModelCard, Network
from core.models.tokenizers.vqgan3d import VQGAN3D, VQGAN3DConfig
from core.models.transformers.bidirectional import BidirectionalConfig, BidirectionalTransformer
from core.tasks import MASKED_TASKS

GRID = (4, 16, 16)
"""Size of the clips that the tiny model generates: T, H, W."""
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
