"""Schedules γ(q): the share of tokens that is still masked at progress q in (0, 1].

MaskGIT, arXiv 2202.04200, section 3.3. Everything is computed in float32, as the authors do: the
floor of share times tokens depends on it (cosine at 8 of 12 steps keeps 511 of 1024, not 512).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError

Progress = NDArray[np.float32]
SMALLEST = 1e-6

SCHEDULES: dict[str, Callable[[Progress, int], Progress]] = {
    "cosine": lambda q, _: np.cos(np.float32(np.pi / 2) * q),
    "uniform": lambda q, _: 1 - q,
    "exp": lambda q, tokens: 1 - np.exp2(-np.log2(np.float32(tokens)) * (1 - q)),
    "log": lambda q, tokens: -np.log2(q) / np.log2(np.float32(tokens)),
    "pow2": lambda q, _: 1 - q ** np.float32(2),
    "pow0.5": lambda q, _: 1 - q ** np.float32(0.5),
}
"""The schedules to choose from. `share` also takes any "pow<exponent>" ("pow2.5", "pow-2.5") and
"poly:<coefficients>", highest power first ("poly:-1,0,1")."""


def share(name: str, progress: Progress | float, tokens: int) -> Progress:
    """γ in [1e-6, 1], float32, at each progress; `tokens` matters to "exp" and "log" alone.

    Raises:
        UserError: there is no schedule of that name.
    """
    shape = _schedule(name)(np.asarray(progress, np.float32), max(tokens, 2))
    return np.clip(shape, np.float32(SMALLEST), np.float32(1), dtype=np.float32)


def masked_after(name: str, steps: int, tokens: int) -> tuple[int, ...]:
    """How many of `tokens` are still masked after each of `steps`; 0 after the last.

    Each step decides one token at least, as long as more than one is left.
    """
    progress = np.arange(1, steps + 1, dtype=np.float32) / np.float32(steps)
    wanted = np.floor(np.float32(tokens) * share(name, progress, tokens)).astype(int)
    counts, left = [], tokens
    for count in wanted[:-1].tolist():
        left = min(max(min(count, left - 1), 1), left)
        counts.append(left)
    return (*counts, 0)


def _schedule(name: str) -> Callable[[Progress, int], Progress]:
    if name in SCHEDULES:
        return SCHEDULES[name]
    with suppress(ValueError):  # not a number: the same answer as an unknown name
        if name.startswith("pow"):
            exponent = np.float32(name.removeprefix("pow").removeprefix("-"))
            return lambda q, _: 1 - q**exponent
        if name.startswith("poly:"):
            coefficients = np.array(name.removeprefix("poly:").split(","), np.float32)
            return lambda q, _: np.polyval(coefficients, q)
    known = ", ".join(SCHEDULES)
    raise UserError(f"There is no schedule called “{name}”. Known: {known}, pow<exponent>.")
