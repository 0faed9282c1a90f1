"""A Frechet video distance on the features of a judge: a network trained on such footage itself.

It plays the part of FVD where I3D cannot be had. A value compares with others of the same judge,
the same footage and as many clips alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from core.clip import Frames
from core.metrics.files import NetworkFiles
from core.metrics.frechet import Moments, frechet_distance
from core.metrics.judge import Judge, load_judge
from core.pixels import to_video


class FrechetJudge:
    """See the module's docstring."""

    name: ClassVar[str] = "frechet3d"
    label: ClassVar[str] = "Frechet (3D network)"
    digits: ClassVar[int] = 2
    rises: ClassVar[bool | None] = False
    compares: ClassVar[bool] = True
    needs: ClassVar[str] = "--judge FILE, made by `maskreel judge`"

    def __init__(self, judge: Judge, device: torch.device) -> None:
        self._judge, self._device = judge.to(device), device

    @staticmethod
    def networks(files: NetworkFiles) -> tuple[Path, ...]:
        return (files.judge,) if files.judge else ()

    @classmethod
    def open(cls, files: NetworkFiles, device: torch.device) -> FrechetJudge | None:
        return cls(load_judge(files.judge)[0], device) if files.judge else None

    @torch.inference_mode()
    def features(self, clips: Frames) -> NDArray[np.float32]:
        """(n, 256)"""
        return self._judge.features(to_video(clips, self._device)).cpu().numpy()

    @staticmethod
    def summary(features: NDArray[np.float32]) -> Moments:
        return Moments.of(features)

    @staticmethod
    def value(generated: Moments, real: Moments) -> float:
        return frechet_distance(generated, real)
