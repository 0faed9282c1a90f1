"""Figures of a masked transformer: how well it says masked tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.tokens import Condition
from core.training.masking import commit_inputs, mask_ratio


def figures(
    transformer: Any,
    given: Condition,
    tokens: Tensor,
    generators: Sequence[np.random.Generator],
) -> dict[str, NDArray]:
    """Cross-entropy and accuracy, one per clip (b,): on the tokens that COMMIT selects at random
    ratios, and on those of them that have no hint ("masked"); NaN where there is none.

    Args:
        tokens: int64 (b, t, h, w), of the whole clips.
        generators: of chance, one per clip.
    """
    device, shape = tokens.device, tokens.shape[1:]
    chance = [(rng.random(), rng.random(tuple(shape))) for rng in generators]
    ratio = mask_ratio(torch.tensor([r for r, _ in chance])).to(device)
    score = torch.from_numpy(np.stack([s for _, s in chance])).to(device)
    commit = commit_inputs(
        tokens,
        given.tokens,
        given.given,
        score,
        ratio,
        mode=transformer.config.conditioning,
        weights="mask+refine",
    )
    surprise = -transformer.logits(commit.inputs, given).log_softmax(-1)
    own = surprise.gather(-1, tokens.unsqueeze(-1)).squeeze(-1)
    hit = surprise.argmin(-1) == tokens
    selected = commit.weights.bool()
    found = {}
    for name, counted in (("token", selected), ("masked", selected & ~given.given)):
        found[f"{name}_cross_entropy"] = _means(own, counted)
        found[f"{name}_accuracy"] = _means(hit, counted)
    return found


def _means(values: Tensor, counted: Tensor) -> NDArray:
    """Of each row, over what counts."""
    pairs = zip(values.double(), counted, strict=True)
    return np.array([float(row[where].mean()) for row, where in pairs])
