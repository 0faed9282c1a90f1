"""All metrics. A new one is a file beside this, and an entry here."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from core.metrics.files import NetworkFiles, checksum
from core.metrics.frechet_squeezenet import FrechetSqueezeNet
from core.metrics.fvd import FVD
from core.metrics.inception import InceptionScore
from core.metrics.lpips import LpipsMetric
from core.metrics.metric import PairMetric, SetMetric
from core.metrics.psnr_ssim import Psnr, Ssim

PAIR_METRICS: tuple[type[PairMetric], ...] = (Psnr, Ssim, LpipsMetric)
SET_METRICS: tuple[type[SetMetric], ...] = (FrechetSqueezeNet, FVD, InceptionScore)


@dataclass(frozen=True, eq=False)
class Metrics:
    """Those that can be measured with the networks that were given.

    Attributes:
        absent: a line for each of the others: what it needs.
    """

    pairs: tuple[PairMetric, ...]
    sets: tuple[SetMetric, ...]
    absent: tuple[str, ...]

    @classmethod
    def open(cls, files: NetworkFiles, device: torch.device) -> Metrics:
        """Raises UserError when a file was given that cannot be used."""
        pairs = {metric: metric.open(files, device) for metric in PAIR_METRICS}
        sets = {metric: metric.open(files, device) for metric in SET_METRICS}
        absent = [metric for metric, found in (*pairs.items(), *sets.items()) if found is None]
        return cls(
            tuple(metric for metric in pairs.values() if metric),
            tuple(metric for metric in sets.values() if metric),
            tuple(f"{metric.label}: no network given ({metric.needs})" for metric in absent),
        )

    def networks(self) -> dict[str, str]:
        """Name → SHA-256 of every file that a score of these depends on."""
        files = {path for metric in (*self.pairs, *self.sets) for path in metric.files}
        return {path.name: checksum(path) for path in sorted(files)}
