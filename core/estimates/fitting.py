"""Lines through measured points: what a pass, a sample and a clip of pixels cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.estimates.table import Point
from core.jobs.preview_pace import seconds_of_previews

_ROUNDS = 8
"""Of weighing anew, so that a point measured while the device was busy counts less."""
_TINY, _NEAR = 1e-9, 0.02
FADING = 0.9
"""What a point counts beside the one after it."""
_HALVINGS = 40


@dataclass(frozen=True)
class Costs:
    """What the parts of a generation cost, in seconds.

    Attributes:
        encode: of a window.
        per_pass, per_row: of a pass, and more for each sample in it.
        clip: of the pixels of one clip.
        load: of the bundle, once.
    """

    encode: float
    per_pass: float
    per_row: float
    clip: float
    load: float

    def seconds(self, point_like: Point) -> float:
        """What so much work takes, without loading."""
        work = point_like.work
        transformer = work.passes * (self.per_pass + work.rows * self.per_row)
        return (
            self.encode * work.windows + transformer + _decode(point_like, transformer, self.clip)
        )


def costs(points: Sequence[Point]) -> Costs:
    """The costs that explain some points best, the oldest first; there is at least one."""
    passes = np.array([float(p.work.passes) for p in points])
    rows = np.array([float(p.work.rows) for p in points])
    seconds = np.array([p.transformer for p in points])
    weights = recency(len(points))
    per_pass, per_row = line(passes, passes * rows, seconds, weights)
    return Costs(
        encode=middle([p.encode / p.work.windows for p in points], weights),
        per_pass=per_pass,
        per_row=per_row,
        clip=middle([_clip(point) for point in points], weights),
        load=max(p.load for p in points),
    )


def recency(count: int) -> NDArray[np.float64]:
    """Weights of points, the oldest first: what else the device has to do changes by the hour."""
    return FADING ** np.arange(count - 1, -1, -1, dtype=np.float64)


def middle(values: Sequence[float], weights: NDArray[np.float64], share: float = 0.5) -> float:
    """The value below which that share of all weight lies: the median, where it is a half."""
    order = np.argsort(values)
    reached = np.cumsum(weights[order]) / weights.sum()
    return float(np.asarray(values)[order[int(np.searchsorted(reached, share))]])


def line(
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    y: NDArray[np.float64],
    weights: NDArray[np.float64],
) -> tuple[float, float]:
    """a, b ≥ 0 for which a · first + b · second comes nearest to y.

    Errors count relative to y. A point far off counts less than its share.
    """
    relative = 1 / np.maximum(np.abs(y), _TINY)
    a, b = 0.0, 0.0
    scale = np.sqrt(weights)
    for _ in range(_ROUNDS):
        w = relative * scale
        a, b = _least_squares(first * w, second * w, y * w)
        off = np.abs(a * first + b * second - y) * relative
        scale = np.sqrt(weights / np.maximum(off, _NEAR))
    return a, b


def _least_squares(
    first: NDArray[np.float64], second: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[float, float]:
    """Both at least 0; one alone where both cannot be told apart."""
    system = np.stack([first, second], axis=1)
    if np.linalg.matrix_rank(system, tol=1e-6 * np.abs(system).max()) == 2:
        a, b = np.linalg.lstsq(system, y, rcond=None)[0]
        if a >= 0 and b >= 0:
            return float(a), float(b)
    alone = [(float(x @ y) / max(float(x @ x), _TINY), x) for x in (second, first)]
    errors = [float(np.square(k * x - y).sum()) for k, x in alone]
    if errors[0] <= errors[1]:
        return 0.0, alone[0][0]
    return alone[1][0], 0.0


def _decode(point: Point, transformer: float, clip: float) -> float:
    """Seconds for all pixels: of the last step of each window, and of previews on the way."""
    work = point.work
    one = clip * work.count
    steps = work.passes // work.windows
    previews = seconds_of_previews(transformer, one, steps, causal=work.causal)
    return work.windows * one + previews


def _clip(point: Point) -> float:
    """What one clip's pixels cost, so that `_decode` gives what was measured; by halving."""
    low, high = 0.0, point.decode / (point.work.windows * point.work.count)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _decode(point, point.transformer, middle) < point.decode:
            low = middle
        else:
            high = middle
    return high
