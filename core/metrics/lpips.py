"""LPIPS 0.1 on SqueezeNet 1.1: how different two pictures look (Zhang et al., arXiv 1801.03924).

Differentiable, so that it is a loss as well.
"""

from __future__ import annotations

from pathlib import Path

import torch.nn.functional as F
from torch import Tensor, nn

from core.metrics.networks import filled, found, read_weights
from core.metrics.squeezenet import FILES, SqueezeNet

LAYERS = (1, 4, 7, 9, 10, 11, 12)
"""Of `SqueezeNet.features`: where the pictures are compared."""
CHANNELS = (64, 128, 256, 384, 384, 512, 512)
HEAD_FILES = ("lpips_v0.1_squeeze.pth", "*squeeze.pth")
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
        return cls(SqueezeNet.load(network), filled(_heads(), read_weights(heads), heads))

    @classmethod
    def find(cls, folder: Path) -> Lpips | None:
        """From a folder of networks; None where it lacks one of the two files.

        Raises:
            UserError: the files are there, but cannot be used.
        """
        network, heads = found(folder, *FILES), found(folder, *HEAD_FILES)
        return cls.load(network, heads) if network and heads else None

    def forward(self, pictures: Tensor, targets: Tensor) -> Tensor:
        """One distance per pair, (n,): 0 for equal pictures, about 1 for very different ones.

        Args:
            pictures, targets: float (n, 3, H, W) in [0, 1].
        """
        distance = pictures.new_zeros(len(pictures))
        features = zip(self._features(pictures), self._features(targets), strict=True)
        for head, (a, b) in zip(self.heads.values(), features, strict=True):
            distance = distance + head((a - b).square())
        return distance

    def _features(self, pictures: Tensor) -> list[Tensor]:
        """Of unit length at each place."""
        shift, scale = (pictures.new_tensor(x).view(3, 1, 1) for x in (_SHIFT, _SCALE))
        seen = (_large_enough(pictures) * 2 - 1 - shift) / scale
        return [
            x / (x.square().sum(1, keepdim=True) + _EPSILON**2).sqrt()
            for x in self.network.stages(seen, LAYERS)
        ]


class _Head(nn.Module):
    """A weight per channel; its name is the published files': `model.1.weight`."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.model = nn.Sequential(nn.Dropout(), nn.Conv2d(channels, 1, 1, bias=False))

    def forward(self, squares: Tensor) -> Tensor:
        return self.model(squares).mean(dim=(1, 2, 3))


def _heads() -> nn.ModuleDict:
    """Without weights yet: `lin0` …"""
    return nn.ModuleDict({f"lin{n}": _Head(channels) for n, channels in enumerate(CHANNELS)})


def _large_enough(pictures: Tensor) -> Tensor:
    height, width = pictures.shape[-2:]
    factor = SMALLEST_SIDE / min(height, width)
    if factor <= 1:
        return pictures
    size = (max(round(height * factor), SMALLEST_SIDE), max(round(width * factor), SMALLEST_SIDE))
    return F.interpolate(pictures, size, mode="bilinear", align_corners=False)
