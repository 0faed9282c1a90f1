"""What the decoder knows of the tokens of one frame after a step: what the token lens shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.requests import GenerationStarted, GenerationStepped


@dataclass(frozen=True, eq=False)
class TokenFrame:
    """All arrays are (h, w).

    Attributes:
        given: bool, came from the user's picture.
        masked: bool, still to be predicted.
        kept_at: int32, the step that decided the token; -1 = not decided.
        confidence: float32 in [0, 1], the probability of the drawn token.
    """

    given: NDArray[np.bool_]
    masked: NDArray[np.bool_]
    kept_at: NDArray[np.int32]
    confidence: NDArray[np.float32]


def token_frame(
    started: GenerationStarted,
    steps: tuple[GenerationStepped, ...],
    *,
    variation: int,
    model_frame: int,
    hints: bool = True,
) -> TokenFrame:
    """The tokens of one frame of the model's clip after the last of `steps`; none = at the start.

    Args:
        model_frame: 0-based frame of the model's clip.
        hints: at the start all tokens are masked, and given ones are hints; else only the others.
    """
    t = model_frame // started.stride[0]
    given = started.given[t]
    kept_at = np.full(given.shape, -1, np.int32)
    masked = np.ones_like(given) if hints else ~given
    confidence = np.zeros(given.shape, np.float32)
    for step in steps:
        now = step.masked[variation, t]
        kept_at[masked & ~now] = step.step
        kept_at[now] = -1
        masked = now
        confidence = step.confidence[variation, t].astype(np.float32)
    return TokenFrame(given, masked, kept_at, confidence)
