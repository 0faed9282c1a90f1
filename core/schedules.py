"""Schedules γ(q): the share of tokens that is still masked at progress q in (0, 1].

MaskGIT, arXiv 2202.04200, section 3.3. Everything is computed in float32, as the authors do: the
floor of share times tokens depends on it (cosine at 8 of 12 steps keeps 511 of 1024, not 512).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError

Floats = NDArray[np.float32]
SMALLEST = 1e-6


@dataclass(frozen=True, eq=False)
class Progress:
    """How far decodes of `tokens` tokens are: `done` in (0, 1], and `left` = 1 - done."""

    done: Floats
    left: Floats
    tokens: int

    @property
    def bits(self) -> np.float32:
        return np.log2(np.float32(max(self.tokens, 2)))


Schedule = Callable[[Progress], NDArray]

SCHEDULES: dict[str, Schedule] = {
    "cosine": lambda at: np.cos(np.float32(np.pi / 2) * at.done),
    "uniform": lambda at: at.left,
    "exp": lambda at: 1 - np.exp2(-at.bits * at.left),
    "log": lambda at: -np.log2(at.done) / at.bits,
    "pow2": lambda at: 1 - at.done ** np.float32(2),
    "pow0.5": lambda at: 1 - at.done ** np.float32(0.5),
}
"""The schedules to choose from. `share` also takes any "pow<exponent>" ("pow2.5", "pow-2.5") and
"poly:<coefficients>", highest power first ("poly:-1,0,1")."""


def share(name: str, progress: Floats | float, tokens: int) -> Floats:
    """γ in [1e-6, 1], float32, at each progress; `tokens` matters to "exp" and "log" alone.

    Raises:
        UserError: there is no schedule of that name.
    """
    q = np.asarray(progress, np.float32)
    return _clipped(_schedule(name)(Progress(q, 1 - q, tokens)))


def masked_after(name: str, steps: int, tokens: int) -> tuple[int, ...]:
    """How many of `tokens` are still masked after each of `steps`; 0 after the last.

    Each step decides one token at least, as long as more than one is left.
    """
    wanted = np.floor(np.float32(tokens) * _share_in_loop(name, steps, tokens)).astype(int)
    counts, left = [], tokens
    for count in wanted[:-1].tolist():
        left = min(max(min(count, left - 1), 1), left)
        counts.append(left)
    return (*counts, 0)


def _share_in_loop(name: str, steps: int, tokens: int) -> Floats:
    """γ after each step, rounded as in the authors' compiled loop.

    It multiplies by float32(1 / steps) where `share` is given a quotient, and rounds a product
    and a sum together, once: uniform keeps 255 of 1024 tokens after 9 of 12 steps, not 256.
    """
    index = np.arange(1, steps + 1, dtype=np.float64)
    unit = np.float64(np.float32(1 / steps))
    if name == "pow2":
        square = np.float64(np.float32(unit * unit))
        return _clipped(1 - index * index * square)
    q, left = (index * unit).astype(np.float32), (1 - index * unit).astype(np.float32)
    return _clipped(_schedule(name)(Progress(q, left, tokens)))


def _clipped(values: NDArray) -> Floats:
    return np.clip(values.astype(np.float32), np.float32(SMALLEST), np.float32(1))


def _schedule(name: str) -> Schedule:
    if name in SCHEDULES:
        return SCHEDULES[name]
    with suppress(ValueError):  # not a number: the same answer as an unknown name
        if name.startswith("pow"):
            exponent = np.float32(name.removeprefix("pow").removeprefix("-"))
            return lambda at: 1 - at.done**exponent
        if name.startswith("poly:"):
            coefficients = np.array(name.removeprefix("poly:").split(","), np.float32)
            return lambda at: np.polyval(coefficients, at.done)
    known = ", ".join(SCHEDULES)
    raise UserError(f"There is no schedule called “{name}”. Known: {known}, pow<exponent>.")
