"""Inception score on C3D, as TGAN2's evaluation and MAGVIT's: exp of the mean KL(p(y|x) ‖ p(y)).

The network is the user's: TorchScript, or a state dict of C3D trained on UCF-101. Its entry
`mean`, where it has one, is taken away from the pixels: one number per pixel, or per channel.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.clip import Frames
from core.errors import UserError
from core.metrics.c3d import C3D, CLASSES, FRAMES, SIDE, renamed
from core.metrics.files import NetworkFiles
from core.metrics.networks import (
    Call,
    filled,
    is_script,
    mean_logits,
    read_script,
    read_weights,
    script_tensor,
)
from core.metrics.resizing import aligned_bilinear
from core.pixels import to_video

MEAN = "mean"
"""Name of the mean in the file: float (3, 16, 112, 112), or what broadcasts to it; BGR, 0 … 255."""


@dataclass(frozen=True, eq=False)
class Chances:
    """Sums over clips of p and of Σ p log p, from which the score follows."""

    count: int
    chance: NDArray[np.float64]
    certainty: float

    def __add__(self, other: Chances) -> Chances:
        return Chances(
            self.count + other.count,
            self.chance + other.chance,
            self.certainty + other.certainty,
        )


class InceptionScore:
    """See the module's docstring."""

    name: ClassVar[str] = "inception"
    label: ClassVar[str] = "IS"
    digits: ClassVar[int] = 2
    rises: ClassVar[bool | None] = True
    compares: ClassVar[bool] = False
    needs: ClassVar[str] = "--c3d FILE: C3D of UCF-101"

    def __init__(self, network: Call, mean: Tensor, path: Path, device: torch.device) -> None:
        self._path = path
        self._network, self._mean, self._device = network, mean.to(device), device

    @staticmethod
    def networks(files: NetworkFiles) -> tuple[Path, ...]:
        return (files.c3d,) if files.c3d else ()

    @classmethod
    def open(cls, files: NetworkFiles, device: torch.device) -> InceptionScore | None:
        path = files.c3d
        if path is None:
            return None
        if is_script(path):
            network = read_script(path, device)
            return cls(network, script_tensor(network, MEAN), path, device)
        weights = read_weights(path)
        mean = weights.pop(MEAN, torch.zeros(1))
        return cls(filled(C3D, renamed(weights), path).to(device), mean, path, device)

    @torch.inference_mode()
    def features(self, clips: Frames) -> NDArray[np.float32]:
        """Chances of the classes, (n, 101)."""
        if clips.shape[1] != FRAMES:
            raise UserError(
                f"IS needs clips of {FRAMES} frames; these have {clips.shape[1]}. "
                "Leave --c3d out for this model."
            )
        rows = []
        for video in to_video(clips, self._device):
            logits = self._network((prepared(video) - self._mean)[None])
            rows.append(mean_logits(logits, CLASSES, self._path).softmax(-1))
        return torch.cat(rows).cpu().numpy()

    @staticmethod
    def summary(features: NDArray[np.float32]) -> Chances:
        p = np.asarray(features, np.float64)
        return Chances(len(p), p.sum(axis=0), float((p * _log(p)).sum()))

    @staticmethod
    def value(generated: Chances, real: Chances) -> float:  # noqa: ARG004 - needs none
        """Between 1 and the number of classes."""
        marginal = generated.chance / generated.count
        information = generated.certainty / generated.count - (marginal * _log(marginal)).sum()
        return float(np.exp(information))


def prepared(video: Tensor) -> Tensor:
    """RGB (3, T, H, W) in [0, 1] → BGR (3, T, 112, 112) in 0 … 255."""
    frames = aligned_bilinear(video.movedim(1, 0), SIDE, SIDE)
    return frames.movedim(0, 1).flip(0) * 255


def _log(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """With 0 · log 0 = 0 in mind."""
    return np.log(np.where(p > 0, p, 1))
