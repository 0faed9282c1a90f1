"""Figures of sets of clips: distances between generated and real ones, and scores of the former.

The clips that the results were asked from are the real set of the full protocol. The debiased one
adds further clips of the footage, which no result was asked from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.evaluation.store import Store
from core.metrics.catalogue import SET_METRICS
from core.metrics.metric import SetMetric

Values = NDArray[np.float64]
Tree = dict[str, Any]
Summaries = dict[tuple[str, int], Any]
"""By ("fold", number), ("class", label), and `ALL`."""

ALL = ("all", 0)
REAL = ("clips", "windows")
LEAST_OF_A_CLASS = 16
"""Clips of a class, for a distance of their own."""


@dataclass(frozen=True, eq=False)
class Sets:
    """Attributes:
    folds, labels: of every clip; classes: names of the labels.
    """

    store: Store
    folds: NDArray[np.int64]
    labels: NDArray[np.int64]
    classes: Sequence[str]

    def scores(self) -> Tree:
        """task → way → metric → full, debiased, folds, deviation and classes."""
        found: Tree = {}
        for metric in SET_METRICS.values():
            start = f"set/{metric.name}/"
            names = [name for name in self.store.names() if name.startswith(start)]
            real, windows = (self._summaries(metric, start + f"real/{x}") for x in REAL)
            for name in names:
                task, way = name.removeprefix(start).split("/")
                if task != "real":
                    score = self._score(metric, self._summaries(metric, name), real, windows)
                    found.setdefault(task, {}).setdefault(way, {})[metric.name] = score
        return found

    def _score(
        self, metric: type[SetMetric], made: Summaries, real: Summaries, windows: Summaries
    ) -> Tree:
        folds = [metric.value(made[key], real[key]) for key in sorted(made) if key[0] == "fold"]
        score = {
            "full": number(metric.value(made[ALL], real[ALL])),
            "folds": mean(np.array(folds)),
            "deviation": deviation(folds),
        }
        if metric.compares and windows:
            score["debiased"] = number(metric.value(made[ALL], real[ALL] + windows[ALL]))
        large = [
            label
            for kind, label in sorted(made)
            if kind == "class" and (self.labels == label).sum() >= LEAST_OF_A_CLASS
        ]
        classes = {self.classes[x]: metric.value(made["class", x], real["class", x]) for x in large}
        return score | {"classes": classes}

    def _summaries(self, metric: type[SetMetric], name: str) -> Summaries:
        """From one pass over the chunks; empty where there is no such array."""
        found: Summaries = {}
        begin = 0
        for features in self.store.parts(name):
            rows = slice(begin, begin + len(features))
            begin = rows.stop
            for kind, numbers in (("fold", self.folds[rows]), ("class", self.labels[rows])):
                for key in ((kind, int(number)) for number in np.unique(numbers)):
                    chosen = features[numbers == key[1]].reshape(-1, features.shape[-1])
                    part = metric.summary(chosen)
                    found[key] = found[key] + part if key in found else part
        found.pop(("class", len(self.classes)), None)
        folds = [found[key] for key in sorted(found) if key[0] == "fold"]
        return found | {ALL: reduce(add, folds)} if folds else {}


def number(value: float) -> float | None:
    """None instead of NaN, which JSON does not know."""
    return None if np.isnan(value) else float(value)


def mean(values: Values) -> float | None:
    """NaN, "nothing to measure here", does not count; None where nothing is left."""
    there = values[~np.isnan(values)]
    return float(there.mean()) if len(there) else None


def deviation(parts: Sequence[float | None]) -> float | None:
    """Of the folds; None where there are fewer than two."""
    there = [part for part in parts if part is not None and not np.isnan(part)]
    return float(np.std(there, ddof=1)) if len(there) > 1 else None
