"""How often pixels of decode steps are made, and how long that takes all in all."""

from __future__ import annotations

EVERY_S = 0.1
"""No preview follows the one before it sooner."""
MASKED_SHARE, CAUSAL_SHARE = 0.5, 0.15
"""At most so much of the time is spent on previews. A causal decode takes thousands of short steps,
and shall hardly be slower for being watched."""


def share(*, causal: bool) -> float:
    """Of the time, for previews."""
    return CAUSAL_SHARE if causal else MASKED_SHARE


def seconds_of_previews(transformer_s: float, one_s: float, steps: int, *, causal: bool) -> float:
    """What all previews take beside so many seconds of the transformer.

    Args:
        one_s: what one takes. steps: how many there are to be seen.
    """
    part = share(causal=causal)
    seconds = min((steps - 1) * one_s, transformer_s * part / (1 - part))
    if one_s < EVERY_S:
        seconds = min(seconds, transformer_s * one_s / (EVERY_S - one_s))
    return max(seconds, 0.0)
