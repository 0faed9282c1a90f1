"""FVD as published: Frechet distance of the 400 logits of I3D (arXiv 1812.01717; MAGVIT, 6.1).

The network is the user's: TorchScript, or a Kinetics-400 state dict. Frames are resized straight
to 224 x 224 as TensorFlow 1 does, and lie in [-1, 1].
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from core.clip import Frames
from core.errors import UserError
from core.metrics.files import NetworkFiles
from core.metrics.frechet import Moments, frechet_distance
from core.metrics.i3d import CLASSES, I3D, LEAST_FRAMES, renamed
from core.metrics.networks import Call, filled, is_script, mean_logits, read_script, read_weights
from core.metrics.resizing import tf1_bilinear
from core.pixels import to_video

SIDE = 224
SCRIPT_FLAGS = {"rescale": False, "resize": False, "return_features": True}
"""Arguments that some scripts of I3D have: our frames are ready, and logits are wanted."""


class FVD:
    """See the module's docstring."""

    name: ClassVar[str] = "fvd"
    label: ClassVar[str] = "FVD"
    digits: ClassVar[int] = 1
    rises: ClassVar[bool | None] = False
    compares: ClassVar[bool] = True
    needs: ClassVar[str] = "--i3d FILE: I3D of Kinetics-400"

    def __init__(self, network: Call, path: Path, device: torch.device) -> None:
        self._path = path
        self._network, self._device = network, device

    @staticmethod
    def networks(files: NetworkFiles) -> tuple[Path, ...]:
        return (files.i3d,) if files.i3d else ()

    @classmethod
    def open(cls, files: NetworkFiles, device: torch.device) -> FVD | None:
        path = files.i3d
        if path is None:
            return None
        if is_script(path):
            return cls(read_script(path, device, SCRIPT_FLAGS), path, device)
        return cls(filled(I3D, renamed(read_weights(path)), path).to(device), path, device)

    @torch.inference_mode()
    def features(self, clips: Frames) -> NDArray[np.float32]:
        """(n, 400)."""
        if clips.shape[1] < LEAST_FRAMES:
            raise UserError(
                f"FVD needs clips of {LEAST_FRAMES} frames or more; these have {clips.shape[1]}. "
                "Leave --i3d out for this model."
            )
        rows = []
        for video in to_video(clips, self._device):
            frames = tf1_bilinear(video.movedim(1, 0), SIDE, SIDE) * 2 - 1
            logits = self._network(frames.movedim(0, 1)[None])
            rows.append(mean_logits(logits, CLASSES, self._path))
        return torch.cat(rows).cpu().numpy()

    @staticmethod
    def summary(features: NDArray[np.float32]) -> Moments:
        return Moments.of(features)

    @staticmethod
    def value(generated: Moments, real: Moments) -> float:
        return frechet_distance(generated, real)
