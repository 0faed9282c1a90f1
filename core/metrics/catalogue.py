"""All metrics. A new one is a file beside this, and an entry here."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from core.metrics.files import NetworkFiles
from core.metrics.frechet_judge import FrechetJudge
from core.metrics.frechet_squeezenet import FrechetSqueezeNet
from core.metrics.fvd import FVD
from core.metrics.inception import InceptionScore
from core.metrics.judge import Judge, JudgeCard, load_judge
from core.metrics.lpips import LpipsMetric
from core.metrics.metric import PairMetric, SetMetric
from core.metrics.motion import Motion
from core.metrics.psnr_ssim import Psnr, Ssim

PAIR_METRICS: dict[str, type[PairMetric]] = {m.name: m for m in (Psnr, Ssim, LpipsMetric)}
SET_METRICS: dict[str, type[SetMetric]] = {
    m.name: m for m in (FrechetJudge, FrechetSqueezeNet, FVD, InceptionScore, Motion)
}


@dataclass(frozen=True, eq=False)
class Metrics:
    """Those that can be measured with the networks that were given."""

    pairs: tuple[PairMetric, ...]
    sets: tuple[SetMetric, ...]
    judge: tuple[Judge, JudgeCard] | None

    @classmethod
    def open(cls, files: NetworkFiles, device: torch.device) -> Metrics:
        """Raises UserError when a file was given that cannot be used."""
        pairs = [metric.open(files, device) for metric in PAIR_METRICS.values()]
        sets = [metric.open(files, device) for metric in SET_METRICS.values()]
        judge = load_judge(files.judge) if files.judge else None
        return cls(
            tuple(metric for metric in pairs if metric is not None),
            tuple(metric for metric in sets if metric is not None),
            None if judge is None else (judge[0].to(device), judge[1]),
        )
