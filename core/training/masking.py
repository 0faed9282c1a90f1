"""COMMIT masking: what the transformer reads and must say, and what counts (MAGVIT, section 3.2).

A share of the tokens is selected by the lowest random scores. A selected token is replaced: by its
condition token where the user gave something there ("refine"), by MASK elsewhere ("mask"). All
others stay true ("reconstruct"). The target is always the true token.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from core.tokens import MASK

ConditionMode = Literal["cond->input", "input->input", "cond->cond", "prefix", "none"]
"""COMMIT; two baselines whose given tokens are never selected and stay true, or stay condition
tokens, in the target too; and nothing put in, because the condition stands before the sequence or
there is none."""

WeightMode = Literal["mask+refine+recons", "mask+refine", "mask+recons", "mask"]
"""Which of the three parts of the loss count; each token that does counts alike."""


@dataclass(frozen=True, eq=False)
class CommitInputs:
    """One training example, all (b, t, h, w).

    Attributes:
        inputs: int64, what the transformer reads.
        unconditional_inputs: int64, the same with MASK for every selected token.
        targets: int64, what it must say.
        weights: float32, what counts in the loss.
        segments: int64, 1 where a condition token was put in.
    """

    inputs: Tensor
    unconditional_inputs: Tensor
    targets: Tensor
    weights: Tensor
    segments: Tensor


def mask_ratio(progress: Tensor) -> Tensor:
    """Uniform numbers in [0, 1) → shares to mask, by the cosine schedule."""
    return (progress * (math.pi / 2)).cos().clamp(1e-6, 1.0)


def commit_inputs(
    tokens: Tensor,
    condition_tokens: Tensor,
    given: Tensor,
    score: Tensor,
    ratio: Tensor | float,
    *,
    mode: ConditionMode = "cond->input",
    weights: WeightMode = "mask+refine+recons",
) -> CommitInputs:
    """Masks a batch.

    Args:
        tokens: int64 (b, t, h, w), of the whole clips.
        condition_tokens: int64 (b, t, h, w), of the filled clips; read where `given`.
        given: bool (b, t, h, w).
        score: float (b, t, h, w); the lowest are selected.
        ratio: share of the selectable tokens to select, one or (b,); at least one token is.
    """
    given = torch.zeros_like(given) if mode in ("prefix", "none") else given
    fixed = given if mode in ("input->input", "cond->cond") else torch.zeros_like(given)
    if mode == "cond->cond":
        tokens = torch.where(given, condition_tokens, tokens)
    selected = _lowest(score.masked_fill(fixed, torch.inf), ~fixed, ratio)
    refined = selected & given
    unconditional = tokens.masked_fill(selected, MASK)
    parts = {"mask": selected & ~given, "refine": refined, "recons": ~selected & ~fixed}
    counted = torch.stack([parts[part] for part in weights.split("+")]).any(0)
    return CommitInputs(
        inputs=torch.where(refined, condition_tokens, unconditional),
        unconditional_inputs=unconditional,
        targets=tokens,
        weights=counted.float(),
        segments=refined.long(),
    )


def _lowest(score: Tensor, selectable: Tensor, ratio: Tensor | float) -> Tensor:
    """True at the lowest scores: floor(ratio · selectable) of each sample, and at least one where
    there is any."""
    rows, total = score.flatten(1), selectable.flatten(1).sum(1)
    share = torch.as_tensor(ratio, device=score.device).expand(len(rows)).clamp(1e-6, 1.0)
    count = (total * share).floor().long().clamp(min=1)
    cut = rows.sort(1).values.gather(1, count[:, None] - 1)
    return (rows <= cut).view_as(score) & selectable
