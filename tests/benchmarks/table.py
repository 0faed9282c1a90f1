"""What was measured beside what was aimed at, one line per figure."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np


@dataclass
class Table:
    """One line per figure, printed at the end."""

    lines: list[str] = field(default_factory=list)

    def add(
        self,
        name: str,
        values: Sequence[float],
        share: float,
        most: float | None,
        unit: str,
        work: str = "",
    ) -> None:
        """Args:
        share: the quantile that the target is about; 1 = the worst.
        most: the target, or None where there is none.
        work: the same of CPU time, in words.
        """
        found = float(np.quantile(values, share))
        verdict = "" if most is None else "yes" if found < most else "NO"
        of = "worst" if share == 1 else f"p{100 * share:g}"
        target = of if most is None else f"{of} < {most:g} {unit}"
        spread = " / ".join(f"{np.quantile(values, q):.4g}" for q in (0.5, 0.95, 1))
        self.lines.append(
            f"| {name} | {target} | {found:.4g} {unit} | {verdict} | {spread} "
            f"| {work} | {len(values)} | {os.getloadavg()[0]:.1f} |"
        )
        print(f"\n{self.lines[-1]}")

    def __str__(self) -> str:
        head = "figure | target | found | met | median / p95 / worst | work | times | load"
        return "\n".join([f"| {head} |", "|---" * 8 + "|", *self.lines])
