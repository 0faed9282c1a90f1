"""C3D: eight 3D convolutions and three dense layers (Tran et al., arXiv 1412.0767), on UCF-101."""

from __future__ import annotations

import re
from collections.abc import Mapping

import torch.nn.functional as F
from torch import Tensor, nn

CLASSES = 101
FRAMES, SIDE = 16, 112
CONVOLUTIONS = {
    "conv1": (3, 64),
    "conv2": (64, 128),
    "conv3a": (128, 256),
    "conv3b": (256, 256),
    "conv4a": (256, 512),
    "conv4b": (512, 512),
    "conv5a": (512, 512),
    "conv5b": (512, 512),
}
DENSE = {"fc6": (8192, 4096), "fc7": (4096, 4096), "fc8": (4096, CLASSES)}
POOLED_AFTER = ("conv1", "conv2", "conv3b", "conv4b", "conv5b")


class C3D(nn.Module):
    """Classifies UCF-101's actions."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleDict(
            {name: nn.Conv3d(*sizes, 3, padding=1) for name, sizes in CONVOLUTIONS.items()}
            | {name: nn.Linear(*sizes) for name, sizes in DENSE.items()}
        )

    def forward(self, videos: Tensor) -> Tensor:
        """Logits (b, 101) of videos (b, 3, 16, 112, 112), prepared as `core.metrics.inception`."""
        x = videos
        for name in CONVOLUTIONS:
            x = F.relu(self.layers[name](x))
            if name in POOLED_AFTER:
                x = _pooled(x, name)
        x = x.flatten(1)
        for name in ("fc6", "fc7"):
            x = F.relu(self.layers[name](x))
        logits: Tensor = self.layers["fc8"](x)
        return logits


def _pooled(x: Tensor, name: str) -> Tensor:
    """The first keeps time; the last counts a border of one pixel, so that 7 pixels become 4."""
    if name == "conv1":
        return F.max_pool3d(x, (1, 2, 2))
    return F.max_pool3d(x, 2, padding=(0, 1, 1) if name == "conv5b" else 0)


def renamed(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights of a port by the names that this network has: `conv1` or `conv1a` … `fc8`, also
    behind `module.`."""
    return {
        "layers." + re.sub(r"^conv([12])a\.", r"conv\1.", name.removeprefix("module.")): value
        for name, value in weights.items()
    }
