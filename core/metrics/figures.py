"""Figures by name, each averaged over what was measured."""

from __future__ import annotations

import math

import numpy as np


class Figures:
    """NaN, "nothing to measure here", does not count."""

    def __init__(self) -> None:
        self._values: dict[str, list[float]] = {}

    def add(self, name: str, value: float) -> None:
        if not math.isnan(value):
            self._values.setdefault(name, []).append(value)

    def means(self) -> dict[str, float]:
        return {name: float(np.mean(values)) for name, values in self._values.items()}
