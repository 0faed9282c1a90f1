"""The Frechet distance: an independent computation agrees, and parts add up to the whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.metrics.frechet import Moments, frechet_distance


def drawn(seed: int, count: int, size: int, shift: float = 0) -> NDArray[np.float32]:
    """Vectors whose numbers depend on each other."""
    rng = np.random.default_rng(seed)
    mixed = rng.normal(size=(count, size)) @ rng.normal(size=(size, size))
    return (mixed + shift).astype(np.float32)


def by_scipy(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    covariances = [np.cov(x.astype(np.float64), rowvar=False) for x in (a, b)]
    root = scipy.linalg.sqrtm(covariances[0] @ covariances[1]).real
    between = np.square(a.mean(0, np.float64) - b.mean(0, np.float64)).sum()
    return float(between + np.trace(covariances[0] + covariances[1] - 2 * root))


@pytest.mark.parametrize("counts", [(500, 300), (30, 25), (64, 2000)])
def test_scipy_agrees(counts: tuple[int, int]) -> None:
    a, b = drawn(1, counts[0], 64), drawn(2, counts[1], 64, shift=1)

    ours = frechet_distance(Moments.of(a), Moments.of(b))

    assert ours == pytest.approx(by_scipy(a, b), rel=1e-3)


def test_a_shift_alone_is_its_square() -> None:
    a = drawn(3, 200, 8)

    assert frechet_distance(Moments.of(a), Moments.of(a + 2)) == pytest.approx(8 * 4, rel=1e-4)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 9))
def test_parts_add_up_to_the_whole(first: int, second: int, seed: int) -> None:
    features = drawn(seed, first + second, 6, shift=100)

    parts = Moments.of(features[:first]) + Moments.of(features[first:])
    whole = Moments.of(features)

    assert parts.count == whole.count
    assert np.allclose(parts.mean, whole.mean)
    assert np.allclose(parts.covariance, np.cov(features.astype(np.float64), rowvar=False))
    assert len(parts.root) <= 2 * 6


def test_equal_sets_are_at_distance_zero_and_order_does_not_matter() -> None:
    a, b = Moments.of(drawn(4, 50, 16)), Moments.of(drawn(5, 60, 16))

    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-6)
    assert frechet_distance(a, b) == pytest.approx(frechet_distance(b, a))
    assert np.isnan(frechet_distance(a, Moments.of(drawn(6, 1, 16))))


def test_what_is_saved_goes_on(tmp_path: Path) -> None:
    a, b = drawn(7, 20, 4), drawn(8, 30, 4)

    Moments.of(a).save(tmp_path / "a.npz")
    together = Moments.load(tmp_path / "a.npz") + Moments.of(b)

    assert together.covariance == pytest.approx(np.cov(np.vstack([a, b]), rowvar=False), rel=1e-5)
