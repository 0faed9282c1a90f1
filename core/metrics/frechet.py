"""Frechet distance of two sets of feature vectors, each taken as one Gaussian.

|μ₁ − μ₂|² + tr(Σ₁ + Σ₂ − 2 (Σ₁Σ₂)^½), with the full covariances of n − 1, as TF-GAN has it.

A covariance is kept as a root: Σ = AᵀA / (n − 1). Then tr (Σ₁Σ₂)^½ is the sum of the singular
values of A₁A₂ᵀ, and no square root of a rounding error is ever taken. A set smaller than its
number of features, whose covariance is singular, needs no special treatment.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Features = NDArray[np.floating]
Exact = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Moments:
    """Count, mean and spread of feature vectors; what is added up may come from several machines.

    Attributes:
        mean: float64 (D,).
        root: float64 (r, D), r ≤ 2 D: rootᵀ root is the sum of squares around the mean.
    """

    count: int
    mean: Exact
    root: Exact

    @classmethod
    def of(cls, features: Features) -> Moments:
        """Of at least one vector, (n, D)."""
        exact = np.asarray(features, np.float64)
        mean = exact.mean(axis=0)
        return cls(len(exact), mean, _shortened(exact - mean))

    def __add__(self, other: Moments) -> Moments:
        """Of both sets together (Chan, Golub and LeVeque 1979)."""
        count = self.count + other.count
        between = other.mean - self.mean
        step = between * np.sqrt(self.count * other.count / count)
        mean = self.mean + between * (other.count / count)
        return Moments(count, mean, _shortened(np.vstack([self.root, other.root, step])))

    @property
    def covariance(self) -> Exact:
        """(D, D), divided by n − 1."""
        return self.root.T @ self.root / (self.count - 1)

    def save(self, path: Path) -> None:
        """Writes an .npz file."""
        np.savez(path, count=self.count, mean=self.mean, root=self.root)

    @classmethod
    def load(cls, path: Path) -> Moments:
        with np.load(path) as file:
            return cls(int(file["count"]), file["mean"], file["root"])


def frechet_distance(a: Moments, b: Moments) -> float:
    """At least 0, up to rounding; 0 for equal sets. NaN where a set has fewer than two vectors."""
    if min(a.count, b.count) < 2:
        return float("nan")
    root_a, root_b = (x.root / np.sqrt(x.count - 1) for x in (a, b))
    shared = np.linalg.svd(root_a @ root_b.T, compute_uv=False).sum()
    spread = np.square(root_a).sum() + np.square(root_b).sum() - 2 * shared
    return float(np.square(a.mean - b.mean).sum() + spread)


def _shortened(rows: Exact) -> Exact:
    """At most as many rows as columns, with the same rowsᵀ rows; short ones stay as they are."""
    if len(rows) <= 2 * rows.shape[1]:
        return rows
    return np.asarray(np.linalg.qr(rows, mode="r"))
