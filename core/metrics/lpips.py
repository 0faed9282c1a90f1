"""LPIPS 0.1 on SqueezeNet 1.1: how different two pictures look (Zhang et al., arXiv 1801.03924).

Differentiable, so that it is a loss as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from core.clip import Frames
from core.metrics.files import NetworkFiles
from core.metrics.metric import Known
from core.metrics.networks import filled, read_weights
from core.metrics.squeezenet import SqueezeNet
from core.pixels import to_video

LAYERS = (1, 4, 7, 9, 10, 11, 12)
"""Of `SqueezeNet.features`: where the pictures are compared."""
CHANNELS = (64, 128, 256, 384, 384, 512, 512)
SMALLEST_SIDE = 32
"""Smaller pictures are enlarged to this many pixels: nothing would be left after the poolings."""
_SHIFT, _SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)
_EPSILON = 1e-10


class Lpips(nn.Module):
    """Differences of unit-length features, squared, weighed per channel and averaged over place.

    Args:
        network: frozen; heads: one weight per channel of each layer.
    """

    def __init__(self, network: SqueezeNet, heads: nn.ModuleDict) -> None:
        super().__init__()
        self.network, self.heads = network, heads

    @classmethod
    def load(cls, network: Path, heads: Path) -> Lpips:
        """From torchvision's SqueezeNet 1.1 and the `squeeze` heads of LPIPS 0.1.

        Raises:
            UserError: a file is missing or holds something else.
        """
        return cls(SqueezeNet.load(network), filled(_heads, read_weights(heads), heads))

    @classmethod
    def find(cls, folder: Path) -> Lpips | None:
        """From a folder of networks; None where it lacks one of the two files.

        Raises:
            UserError: the files are there, but cannot be used.
        """
        files = NetworkFiles(folder)
        if files.squeezenet is None or files.lpips is None:
            return None
        return cls.load(files.squeezenet, files.lpips)

    def forward(self, pictures: Tensor, targets: Tensor) -> Tensor:
        """One distance per pair, (n,): 0 for equal pictures, about 1 for very different ones.

        Args:
            pictures, targets: float (n, 3, H, W) in [0, 1].
        """
        return self.compared(self.features(pictures), self.features(targets))

    def compared(
        self, features: list[Tensor], others: list[Tensor], region: Tensor | None = None
    ) -> Tensor:
        """Distances (n,) of what `features` gives of two batches.

        Args:
            region: bool (n, H, W): only there, as far as a layer's places lie in it; a picture
                without any such place gives NaN.
        """
        distance = features[0].new_zeros(())
        for head, a, b in zip(self.heads.values(), features, others, strict=True):
            distance = distance + _mean(head((a - b).square()), region)
        return distance

    def features(self, pictures: Tensor) -> list[Tensor]:
        """Of unit length at each place, one (n, c, h, w) for each layer that is looked at."""
        shift, scale = (pictures.new_tensor(x).view(3, 1, 1) for x in (_SHIFT, _SCALE))
        seen = (_large_enough(pictures) * 2 - 1 - shift) / scale
        return [
            x / (x.square().sum(1, keepdim=True) + _EPSILON**2).sqrt()
            for x in self.network.stages(seen, LAYERS)
        ]


class LpipsMetric:
    """Mean over the frames; in a region, over the frames that have some of it."""

    name: ClassVar[str] = "lpips"
    label: ClassVar[str] = "LPIPS"
    digits: ClassVar[int] = 3
    rises: ClassVar[bool | None] = False
    needs: ClassVar[str] = "--networks FOLDER with squeezenet1_1….pth and lpips_v0.1_squeeze.pth"

    def __init__(self, lpips: Lpips, device: torch.device) -> None:
        self._lpips, self._device = lpips.to(device), device

    @staticmethod
    def networks(files: NetworkFiles) -> tuple[Path, ...]:
        network, heads = files.squeezenet, files.lpips
        return (network, heads) if network and heads else ()

    @classmethod
    def open(cls, files: NetworkFiles, device: torch.device) -> LpipsMetric | None:
        paths = cls.networks(files)
        return cls(Lpips.load(*paths), device) if paths else None

    @torch.inference_mode()
    def __call__(
        self, results: Frames, target: Frames, regions: Sequence[Known | None] = (None,)
    ) -> NDArray[np.float64]:
        places = [
            None if region is None else torch.from_numpy(region).to(self._device)
            for region in regions
        ]
        wanted = self._lpips.features(to_video(target[None], self._device)[0].movedim(1, 0))
        rows = []
        for video in to_video(results, self._device):
            shown = self._lpips.features(video.movedim(1, 0))
            rows.append([self._lpips.compared(shown, wanted, place).nanmean() for place in places])
        return torch.tensor(rows, dtype=torch.float64).numpy()


class _Head(nn.Module):
    """A weight per channel; its name is the published files': `model.1.weight`."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.model = nn.Sequential(nn.Dropout(), nn.Conv2d(channels, 1, 1, bias=False))

    def forward(self, squares: Tensor) -> Tensor:
        return self.model(squares)


def _heads() -> nn.ModuleDict:
    """Without weights yet: `lin0` …"""
    return nn.ModuleDict({f"lin{n}": _Head(channels) for n, channels in enumerate(CHANNELS)})


def _mean(differences: Tensor, region: Tensor | None) -> Tensor:
    """Over the places of (n, 1, h, w), each as far as it lies in the region (n, H, W)."""
    if region is None:
        return differences.mean(dim=(1, 2, 3))
    height, width = differences.shape[-2:]
    share = F.adaptive_avg_pool2d(region[:, None].float(), (height, width))
    return (differences * share).sum(dim=(1, 2, 3)) / share.sum(dim=(1, 2, 3))


def _large_enough(pictures: Tensor) -> Tensor:
    height, width = pictures.shape[-2:]
    factor = SMALLEST_SIDE / min(height, width)
    if factor <= 1:
        return pictures
    size = (max(round(height * factor), SMALLEST_SIDE), max(round(width * factor), SMALLEST_SIDE))
    return F.interpolate(pictures, size, mode="bilinear", align_corners=False)
