"""How long a generation will take and how much memory, with how far off that may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import prod

import numpy as np

from core.cards import ModelCard
from core.estimates.fitting import Costs, costs, line, middle, recency
from core.estimates.table import Point, Table
from core.estimates.work import Work, tokens

FEW = 4
"""So few points say little of how far off an estimate may be."""
LEAST_SPREAD, SPREAD_OF_FEW, SPREAD_BEYOND = 0.2, 0.4, 0.25
"""Shares by which it may be off: always, with few points, and for each doubling beyond what was
measured."""
LOGIT_BYTES, PIXEL_BYTES = 12, 15
"""What a sample takes at least, for each token and code, and for each pixel."""
MEMORY_SPREAD = 0.3
"""A process keeps some of what earlier jobs took."""


@dataclass(frozen=True)
class Memory:
    """What a device has, in bytes.

    Attributes:
        total: in all; 0 where nobody knows.
        free: that the engine can still have, what it has now among it; None where nobody knows.
    """

    total: int = 0
    free: int | None = None

    @property
    def limit(self) -> int | None:
        """More than that is not to be had; None where nobody knows."""
        known = [size for size in (self.total, self.free) if size]
        return min(known) if known else None


@dataclass(frozen=True)
class Estimate:
    """What a generation is expected to take.

    Attributes:
        seconds: likely; seconds_range: the least and the most that it may be.
        memory: bytes at most; of: those that the device has, 0 where nobody knows.
        fits: whether there is room for it.
        why: why not, a sentence, or "".
    """

    seconds: float
    seconds_range: tuple[float, float]
    memory: int
    of: int
    fits: bool
    why: str


def estimate(
    table: Table, work: Work, card: ModelCard, memory: Memory, *, loaded: bool = True
) -> Estimate | None:
    """What so much work takes; None while nothing like it was measured on this device.

    Args:
        loaded: whether the model is in memory already, so that it need not be read first.
    """
    points = table.of(work)
    if not points:
        return None
    fit = _fitted(points)
    seconds = fit.costs.seconds(replace(points[0], work=work))
    low, high = _spread(fit, points, work)
    extra = 0.0 if loaded else fit.costs.load
    needed = _memory(fit, points, work, card)
    why = _obstacle(needed, memory)
    return Estimate(
        seconds + extra,
        (seconds * low + extra, seconds * high + extra),
        needed,
        memory.total,
        not why,
        why,
    )


@dataclass(frozen=True)
class _Fit:
    """What some points say.

    Attributes:
        low, high: factors from the likely seconds to those of the points.
        base, slope: bytes, and more for each sample in a pass.
    """

    costs: Costs
    low: float
    high: float
    base: float
    slope: float


@lru_cache(maxsize=32)
def _fitted(points: tuple[Point, ...]) -> _Fit:
    """It takes a few milliseconds, and a queue asks often."""
    fitted, weights = costs(points), recency(len(points))
    ratios = [p.seconds / max(fitted.seconds(p), 1e-9) for p in points]
    rows = np.array([float(p.work.rows) for p in points])
    taken = np.array([float(p.memory) for p in points])
    base, slope = line(np.ones_like(rows), rows, taken, weights)
    low, high = middle(ratios, weights, 0.05), middle(ratios, weights, 0.95)
    return _Fit(fitted, low, high, base, slope)


def _spread(fit: _Fit, points: Sequence[Point], work: Work) -> tuple[float, float]:
    """Factors from the likely seconds to the least and to the most."""
    beyond = max(
        np.log2(max(work.passes / max(p.work.passes for p in points), 1)),
        np.log2(max(work.rows / max(p.work.rows for p in points), 1)),
    )
    wide = (LEAST_SPREAD if len(points) > FEW else SPREAD_OF_FEW) + SPREAD_BEYOND * float(beyond)
    return min(fit.low, 1 / (1 + wide)), max(fit.high, 1 + wide)


def _memory(fit: _Fit, points: Sequence[Point], work: Work, card: ModelCard) -> int:
    """Bytes at most: a line over the samples of a pass, no flatter than their arrays alone."""
    slope = max(fit.slope, _of_a_sample(card))
    most = max(points, key=lambda p: (p.work.rows <= work.rows, p.work.rows))
    known = most.memory + (work.rows - most.work.rows) * slope
    return round(max(fit.base + slope * work.rows, known))


def _of_a_sample(card: ModelCard) -> float:
    codes = int(card.tokenizer.config.get("codebook_size", 1024))
    pixels = prod((card.frames, card.height, card.width))
    drawn = 1 if card.causal else tokens(card)  # logits of all tokens at once, or of one
    return float(drawn * codes * LOGIT_BYTES + pixels * PIXEL_BYTES)


def _obstacle(needed: int, memory: Memory) -> str:
    """Why so much memory is not to be had, or ""."""
    limit, most = memory.limit, needed * (1 + MEMORY_SPREAD)
    if limit is None or most <= limit:
        return ""
    room = f"It needs up to {_gigabytes(most)}, and"
    if memory.total and most > memory.total:
        return f"{room} the device has {_gigabytes(memory.total)}."
    return f"{room} {_gigabytes(limit)} are free: close other programs."


def _gigabytes(count: float) -> str:
    return f"{count / 1e9:.1f} GB"
