"""I3D on RGB: Inception-v1 with 3D convolutions (Carreira and Zisserman, arXiv 1705.07750).

Names of weights are those of the PyTorch ports that people have; `renamed` brings one to the other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

CLASSES = 400
LEAST_FRAMES = 9
"""So that two token frames are left for the last pooling, which is two frames long."""
BN_EPSILON = 1e-3
MIXED = {
    "Mixed_3b": (192, (64, 96, 128, 16, 32, 32)),
    "Mixed_3c": (256, (128, 128, 192, 32, 96, 64)),
    "Mixed_4b": (480, (192, 96, 208, 16, 48, 64)),
    "Mixed_4c": (512, (160, 112, 224, 24, 64, 64)),
    "Mixed_4d": (512, (128, 128, 256, 24, 64, 64)),
    "Mixed_4e": (512, (112, 144, 288, 32, 64, 64)),
    "Mixed_4f": (528, (256, 160, 320, 32, 128, 128)),
    "Mixed_5b": (832, (256, 160, 320, 32, 128, 128)),
    "Mixed_5c": (832, (384, 192, 384, 48, 128, 128)),
}
"""Inputs, and outputs of b0, b1a, b1b, b2a, b2b, b3b."""

Size = tuple[int, int, int]


def _same(x: Tensor, kernel: Size, stride: Size) -> Tensor:
    """Zeros around, as TensorFlow's SAME: the odd one comes after."""
    pads: list[int] = []
    for length, k, s in zip(x.shape[:1:-1], kernel[::-1], stride[::-1], strict=True):
        needed = max((-(-length // s) - 1) * s + k - length, 0)
        pads += [needed // 2, needed - needed // 2]
    return F.pad(x, pads)


class _Unit(nn.Module):
    """Convolution, batch norm, ReLU."""

    def __init__(self, inputs: int, outputs: int, kernel: Size, stride: Size = (1, 1, 1)) -> None:
        super().__init__()
        self.kernel, self.stride = kernel, stride
        self.conv3d = nn.Conv3d(inputs, outputs, kernel, stride, bias=False)
        self.bn = nn.BatchNorm3d(outputs, eps=BN_EPSILON)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(self.conv3d(_same(x, self.kernel, self.stride))))


class _Pool(nn.Module):
    def __init__(self, kernel: Size, stride: Size) -> None:
        super().__init__()
        self.kernel, self.stride = kernel, stride

    def forward(self, x: Tensor) -> Tensor:
        return F.max_pool3d(_same(x, self.kernel, self.stride), self.kernel, self.stride)


class _Mixed(nn.Module):
    """Four branches side by side."""

    def __init__(self, inputs: int, outputs: tuple[int, ...]) -> None:
        super().__init__()
        one, three = (1, 1, 1), (3, 3, 3)
        b0, b1a, b1b, b2a, b2b, b3b = outputs
        self.b0 = _Unit(inputs, b0, one)
        self.b1a, self.b1b = _Unit(inputs, b1a, one), _Unit(b1a, b1b, three)
        self.b2a, self.b2b = _Unit(inputs, b2a, one), _Unit(b2a, b2b, three)
        self.b3a, self.b3b = _Pool(three, one), _Unit(inputs, b3b, one)

    def forward(self, x: Tensor) -> Tensor:
        branches = self.b0(x), self.b1b(self.b1a(x)), self.b2b(self.b2a(x)), self.b3b(self.b3a(x))
        return torch.cat(branches, dim=1)


class _Logits(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv3d = nn.Conv3d(1024, CLASSES, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv3d(x)


class I3D(nn.Module):
    """Kinetics-400 classifier."""

    def __init__(self) -> None:
        super().__init__()
        mixed = {name: _Mixed(*sizes) for name, sizes in MIXED.items()}
        self.layers = nn.ModuleDict(
            {
                "Conv3d_1a_7x7": _Unit(3, 64, (7, 7, 7), (2, 2, 2)),
                "MaxPool3d_2a_3x3": _Pool((1, 3, 3), (1, 2, 2)),
                "Conv3d_2b_1x1": _Unit(64, 64, (1, 1, 1)),
                "Conv3d_2c_3x3": _Unit(64, 192, (3, 3, 3)),
                "MaxPool3d_3a_3x3": _Pool((1, 3, 3), (1, 2, 2)),
                **{name: mixed[name] for name in ("Mixed_3b", "Mixed_3c")},
                "MaxPool3d_4a_3x3": _Pool((3, 3, 3), (2, 2, 2)),
                **{name: mixed[name] for name in mixed if name.startswith("Mixed_4")},
                "MaxPool3d_5a_2x2": _Pool((2, 2, 2), (2, 2, 2)),
                **{name: mixed[name] for name in ("Mixed_5b", "Mixed_5c")},
                "pool": nn.AvgPool3d((2, 7, 7), stride=1),
                "logits": _Logits(),
            }
        )

    def forward(self, videos: Tensor) -> Tensor:
        """Logits (b, 400), averaged over time, of videos (b, 3, T ≥ 9, 224, 224) in [-1, 1]."""
        x = videos
        for layer in self.layers.values():
            x = layer(x)
        return x.mean(dim=(2, 3, 4))


_BRANCHES = {"0": "b0", "1.0": "b1a", "1.1": "b1b", "2.0": "b2a", "2.1": "b2b", "3.1": "b3b"}


def renamed(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights of a port by the names that this network has.

    Known are `Mixed_3b.b1a.conv3d.weight` … `logits.conv3d.weight`, and
    `mixed_3b.branch_1.0.batch3d.weight` … `conv3d_0c_1x1.conv3d.weight`; either behind `module.`.
    A batch norm without a scale, as the original has it, gets ones.
    """
    ours = {_our_name(name): value for name, value in weights.items()}
    scales = {
        name.replace("running_mean", "weight"): torch.ones_like(value)
        for name, value in ours.items()
        if name.endswith("bn.running_mean")
    }
    counts = {
        name.replace("running_mean", "num_batches_tracked"): torch.tensor(0)
        for name in ours
        if name.endswith("bn.running_mean")
    }
    return scales | counts | ours


def _our_name(name: str) -> str:
    name = name.removeprefix("module.").replace("batch3d", "bn")
    name = name.replace("conv3d_0c_1x1", "logits").replace("Conv3d_0c_1x1", "logits")
    name = re.sub(r"branch_([0-3](?:\.[01](?=\.))?)", lambda m: _BRANCHES[m[1]], name)
    name = re.sub(r"^(mixed|conv3d)_", lambda m: m[0].capitalize(), name)
    return f"layers.{name}"
