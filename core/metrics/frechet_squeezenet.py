"""A Frechet video distance on SqueezeNet 1.1. It is not FVD, and its values compare with its own
alone: of the same footage, the same number of clips and the same size.

A clip is the time mean of its frames' 512 features (what is seen), and the time mean of how much
each feature changes from one frame to the next (how it moves): 1,024 numbers. The second half is
enlarged so that both halves vary about as much in natural footage; else motion would hardly count.
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
from core.metrics.resizing import tf1_bilinear
from core.metrics.squeezenet import SqueezeNet
from core.pixels import to_video

SIDE = 128
"""Frames of any size are seen at this one."""
MOTION = 6.0
"""Measured on natural video: the variance of the first half is 40 times that of the second."""


class FrechetSqueezeNet:
    """See the module's docstring."""

    name: ClassVar[str] = "frechet"
    label: ClassVar[str] = "Frechet (SqueezeNet)"
    digits: ClassVar[int] = 1
    rises: ClassVar[bool | None] = False
    compares: ClassVar[bool] = True
    needs: ClassVar[str] = "--networks FOLDER with squeezenet1_1….pth"

    def __init__(self, network: SqueezeNet, device: torch.device) -> None:
        self._network, self._device = network.to(device), device

    @staticmethod
    def networks(files: NetworkFiles) -> tuple[Path, ...]:
        return (files.squeezenet,) if files.squeezenet else ()

    @classmethod
    def open(cls, files: NetworkFiles, device: torch.device) -> FrechetSqueezeNet | None:
        paths = cls.networks(files)
        return cls(SqueezeNet.load(*paths), device) if paths else None

    @torch.inference_mode()
    def features(self, clips: Frames) -> NDArray[np.float32]:
        """(n, 1024); clips of one frame do not move."""
        rows = []
        for video in to_video(clips, self._device):
            frames = self._network.pooled(tf1_bilinear(video.movedim(1, 0), SIDE, SIDE))
            moves = frames.diff(dim=0).abs().sum(0) / max(len(frames) - 1, 1)
            rows.append(torch.cat([frames.mean(0), MOTION * moves]))
        return torch.stack(rows).cpu().numpy()

    @staticmethod
    def summary(features: NDArray[np.float32]) -> Moments:
        return Moments.of(features)

    @staticmethod
    def value(generated: Moments, real: Moments) -> float:
        return frechet_distance(generated, real)
