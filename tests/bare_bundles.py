"""Bundles that look like bundles and generate nothing: a card and a few safe numbers, no torch."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from core.cards import TOKENIZER_FILE, TRANSFORMER_FILE, ModelCard, Network

CARD = ModelCard(
    name="bare",
    title="Bare model",
    description="A few numbers.",
    tokenizer=Network("none", {}),
    transformer=Network("none", {}),
    tasks=("FP", "CG"),
    frames=4,
    height=16,
    width=16,
    stride=(2, 8, 8),
    rate=8.0,
    licence="CC0-1.0",
    classes=("cat", "dog"),
    data="Nothing.",
)


def bare_bundle(folder: Path, **changes: object) -> Path:
    """Writes the bundle into `folder`, with those fields of its card changed, and returns it."""
    folder.mkdir(parents=True, exist_ok=True)
    replace(CARD, name=folder.name, **changes).write(folder)
    numbers = np.arange(100_000, dtype=np.float32)
    save_file({"weight": numbers}, folder / TOKENIZER_FILE)
    save_file({"weight": numbers[::-1].copy()}, folder / TRANSFORMER_FILE)
    return folder
