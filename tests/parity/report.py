"""What was compared, with which error: one line per check."""

from __future__ import annotations

from typing import Any

import numpy as np


class Report:
    """Counts and prints checks.

    Attributes:
        passed, failed: number of checks.
    """

    def __init__(self) -> None:
        self.passed = self.failed = 0

    def close(self, name: str, ours: Any, golden: Any, tolerance: float) -> None:
        """The largest absolute difference is at most `tolerance`; infinities must agree."""
        ours, golden = np.asarray(ours), np.asarray(golden)
        if ours.shape != golden.shape:
            self._line(name, False, f"shape {ours.shape}, golden {golden.shape}")
            return
        ours, golden = ours.astype(np.float64), golden.astype(np.float64)
        with np.errstate(invalid="ignore"):  # inf - inf, where both are infinite
            difference = np.where(ours == golden, 0, np.abs(ours - golden))
        error = float(difference.max(initial=0))
        self._line(name, error <= tolerance, f"worst error {error:.2e}, tolerance {tolerance:.0e}")

    def equal(self, name: str, ours: Any, golden: Any, where: Any = True) -> None:
        """All elements are equal, at least those of `where`."""
        ours, golden = np.asarray(ours), np.asarray(golden)
        if ours.shape != golden.shape:
            self._line(name, False, f"shape {ours.shape}, golden {golden.shape}")
            return
        where = np.broadcast_to(np.asarray(where), golden.shape)
        wrong = int(((ours != golden) & where).sum())
        self._line(name, wrong == 0, f"{wrong} of {int(where.sum())} differ, exact")

    def error(self, name: str, error: Exception) -> None:
        self._line(name, False, f"{type(error).__name__}: {error}")

    def note(self, name: str, text: str) -> None:
        """Something that is no check."""
        print(f"  --  {name}: {text}")

    def summary(self) -> str:
        return f"{self.passed} passed, {self.failed} failed"

    def _line(self, name: str, good: bool, text: str) -> None:
        self.passed += good
        self.failed += not good
        print(f"{'  ok' if good else 'FAIL'}  {name}: {text}")
