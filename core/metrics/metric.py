"""What a metric is. One file each in this package; `core/metrics/catalogue.py` lists them.

A metric whose network the user did not give is left out, and `needs` says in the report what would
bring it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from core.clip import Frames
from core.metrics.files import NetworkFiles

Known = NDArray[np.bool_]


class Metric(Protocol):
    """Attributes:
    name: short, stable: it names figures in reports and cards.
    label: of a column; digits: after the point.
    rises: whether more is better; None where neither is.
    needs: what to give when `open` has found no network.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    digits: ClassVar[int]
    rises: ClassVar[bool | None]
    needs: ClassVar[str]

    @staticmethod
    def networks(files: NetworkFiles) -> tuple[Path, ...]:
        """The files that it is made of, by which its scores are known; () where it needs none, or
        where one of them was not given."""
        ...


class PairMetric(Metric, Protocol):
    """How near results come to one target clip."""

    @classmethod
    def open(cls, files: NetworkFiles, device: torch.device) -> PairMetric | None:
        """None where the network was not given.

        Raises:
            UserError: it was given, but cannot be used.
        """
        ...

    def __call__(
        self, results: Frames, target: Frames, regions: Sequence[Known | None] = (None,)
    ) -> NDArray[np.float64]:
        """One figure per result and region, (n, r); NaN where a region holds nothing to measure.

        Args:
            results: uint8 (n, T, H, W, 3); target: uint8 (T, H, W, 3).
            regions: each bool (T, H, W): only there; None means everywhere.
        """
        ...


class SetMetric(Metric, Protocol):
    """How near a set of clips is to a set of real ones, or how good it is by itself.

    Attributes:
        compares: whether the real ones matter.
    """

    compares: ClassVar[bool]

    @classmethod
    def open(cls, files: NetworkFiles, device: torch.device) -> SetMetric | None:
        """As for a `PairMetric`."""
        ...

    def features(self, clips: Frames) -> NDArray[np.float32]:
        """(n, D) of clips uint8 (n, T, H, W, 3).

        Raises:
            UserError: the clips are too short for the network.
        """
        ...

    @staticmethod
    def summary(features: NDArray[np.float32]) -> Any:
        """What is kept of a part of a set; summaries of parts add up with +."""
        ...

    @staticmethod
    def value(generated: Any, real: Any) -> float:
        """Of two summaries. NaN where a set is too small."""
        ...
