"""Figures of a causal transformer: how well it says the next token."""

from __future__ import annotations

from dataclasses import replace
from math import log
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

from core.bundle import ModelBundle
from core.conditioning import condition
from core.tasks import TASKS
from core.tokens import Condition

FREE = "free_"
"""Before the names of figures without class and first frames."""


def figures(
    bundle: ModelBundle, clips: Tensor, labels: Tensor, tokens: Tensor
) -> dict[str, NDArray]:
    """Bits per dimension (of the token grid) and accuracy of the next token, one per clip (b,).

    Args:
        clips: float (b, 3, T, H, W) in [0, 1]; labels, tokens: theirs.
    """
    card = bundle.card
    given = condition(
        TASKS["continue"],
        clips,
        bundle.tokenizer,
        labels=labels.tolist() if card.classes else None,
        classes=len(card.classes),
        kept=kept_frames(bundle),
        context_frames=card.context_frames,
    )
    found = _guesses(bundle.transformer, given, tokens)
    if "generate" in card.tasks and (card.classes or card.context_frames):
        free = replace(given, labels=torch.full_like(labels, len(card.classes)), frames=None)
        guesses = _guesses(bundle.transformer, free, tokens)
        found |= {FREE + name: values for name, values in guesses.items()}
    return found


def kept_frames(bundle: ModelBundle) -> int:
    """How many frames of a clip are kept when the rest is to be invented: half, as whole token
    frames, and at least those that the transformer looks at."""
    stride = bundle.tokenizer.stride[0]
    half = bundle.card.frames // 2
    return max(half - half % stride, stride, bundle.card.context_frames)


def _guesses(transformer: Any, given: Condition, tokens: Tensor) -> dict[str, NDArray]:
    """Of all tokens, each given those before it."""
    surprise = -transformer(tokens, given).log_softmax(-1)
    own = surprise.gather(-1, tokens.unsqueeze(-1)).flatten(1)
    hit = (surprise.argmin(-1) == tokens).flatten(1)
    return {
        "bits_per_dimension": (own.double().mean(1) / log(2)).cpu().numpy(),
        "token_accuracy": hit.double().mean(1).cpu().numpy(),
    }
