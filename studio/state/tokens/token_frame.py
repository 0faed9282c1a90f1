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
        number: which of the token frames it is; step: number of the step, None before the first.
        first: number of the step that decides its first token, where each step decides one.
        tokens: int32, those that stand there; None before the first step.
        given: bool, came from the user's picture.
        masked: bool, still to be predicted.
        kept_at: int32, the step that decided the token; -1 = not decided.
        confidence: float32 in [0, 1], the probability of the drawn token.
        begun: number of the step that a branch begins with: what is kept there was kept before.
    """

    given: NDArray[np.bool_]
    masked: NDArray[np.bool_]
    kept_at: NDArray[np.int32]
    confidence: NDArray[np.float32]
    number: int = 0
    first: int = 0
    step: int | None = None
    tokens: NDArray[np.int32] | None = None
    begun: int | None = None


def token_frame(
    started: GenerationStarted,
    steps: tuple[GenerationStepped, ...],
    *,
    variation: int,
    model_frame: int,
    hints: bool = True,
    branch: bool = False,
) -> TokenFrame:
    """The tokens of one frame of the model's clip after the last of `steps`; none = at the start.

    Args:
        model_frame: 0-based frame of the model's clip.
        hints: at the start all tokens are masked, and given ones are hints; else only the others.
        branch: the first of the steps is where another generation was taken over.
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
    if not steps:
        return TokenFrame(given, masked, kept_at, confidence, t)
    last, begun, grid = steps[-1], steps[0].step if branch else None, started.given.size
    first, tokens = last.step // grid * grid + t * given.size, last.tokens[variation, t]
    return TokenFrame(given, masked, kept_at, confidence, t, first, last.step, tokens, begun)


def described(frame: TokenFrame, row: int, column: int, unit: str) -> str:
    """What there is to say of a token, in one line; `unit` is what a step is to the user."""
    at = row, column
    given, masked, kept_at = bool(frame.given[at]), bool(frame.masked[at]), int(frame.kept_at[at])
    parts = []
    if masked and unit == "token":
        return "Not decided yet"
    if frame.tokens is not None:
        parts.append(f"Token {frame.tokens[at]:,}")
    if masked:
        parts.append("condition, drawn again" if given else "masked")
    elif kept_at < 0:
        parts.append("given")
    elif kept_at == frame.begun:
        parts.append(f"kept by {unit} {kept_at + 1:,}")
    else:
        exact = frame.first + row * frame.given.shape[1] + column
        parts.append(f"kept at {unit} {(exact if unit == 'token' else kept_at) + 1:,}")
    if frame.confidence[at] > 0 and not (given and kept_at < 0):
        parts.append(f"{frame.confidence[at]:.0%} sure")
    return "  ·  ".join(parts)
