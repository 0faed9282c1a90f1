"""First frames of a clip as features that the causal transformer attends to.

VideoGPT (arXiv 2104.10157), section 3.2: a 3D ResNet over pixels, without attention. In the
authors' code it is a ResNet-34 that keeps the frames and reduces height and width by four.
"""

from __future__ import annotations

from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn

from core.models.positions import Positions
from core.pixels import MIDDLE_GREY

HALVING = (1, 2)
"""Numbers of the groups that halve height and width."""
REDUCTION = 2 ** len(HALVING)
LEAST_GROUPS = max(HALVING) + 1
STEM_WIDTH = 64


class Norm(nn.LayerNorm):
    """Over the channels of (b, c, n, H, W), in float32."""

    def forward(self, x: Tensor) -> Tensor:
        rows = x.movedim(1, -1).float()
        weight, bias = self.weight.float(), self.bias.float()
        rows = F.layer_norm(rows, self.normalized_shape, weight, bias, self.eps)
        return rows.to(x.dtype).movedim(-1, 1)


def conv(inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> nn.Conv3d:
    strides, padding = (1, stride, stride), kernel // 2
    return nn.Conv3d(inputs, outputs, kernel, strides, padding, bias=False)


class Stem(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = conv(3, width)
        self.norm = Norm(width)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.norm(self.conv(x)))


class Block(nn.Module):
    """Residual block whose branch ends in a ReLU, and so does its sum."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1, self.norm1 = conv(inputs, outputs, stride=stride), Norm(outputs)
        self.conv2, self.norm2 = conv(outputs, outputs), Norm(outputs)

    def forward(self, x: Tensor) -> Tensor:
        branch = F.relu(self.norm1(self.conv1(x)))
        branch = F.relu(self.norm2(self.conv2(branch)))
        return F.relu(branch + self.carried(x))

    def carried(self, x: Tensor) -> Tensor:
        return x


class FirstBlock(Block):
    """The first of a group: its input is projected, even where the width stays."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__(inputs, outputs, stride)
        self.shortcut = conv(inputs, outputs, kernel=1, stride=stride)
        self.shortcut_norm = Norm(outputs)

    def carried(self, x: Tensor) -> Tensor:
        return self.shortcut_norm(self.shortcut(x))


class ResNet(nn.Module):
    """(b, 3, n, H, W) around 0 → (b, widths[-1], n, H/4, W/4)."""

    def __init__(self, depths: tuple[int, ...], widths: tuple[int, ...]) -> None:
        super().__init__()
        self.stem = Stem(STEM_WIDTH)
        strides = (2 if group in HALVING else 1 for group in range(len(depths)))
        sizes = zip(pairwise((STEM_WIDTH, *widths)), depths, strides, strict=True)
        self.groups = nn.Sequential(*(_group(*ends, *rest) for ends, *rest in sizes))

    def forward(self, x: Tensor) -> Tensor:
        return self.groups(self.stem(x))


def _group(inputs: int, outputs: int, depth: int, stride: int) -> nn.Sequential:
    others = (Block(outputs, outputs) for _ in range(depth - 1))
    return nn.Sequential(FirstBlock(inputs, outputs, stride), *others)


class FrameContext(nn.Module):
    """Features of the first `frames` frames, with their positions.

    Args:
        size: height and width of the frames in pixels; both divide by four.
    """

    def __init__(
        self, frames: int, size: tuple[int, int], depths: tuple[int, ...], widths: tuple[int, ...]
    ) -> None:
        super().__init__()
        self.shape = (3, frames, *size)
        height, width = (pixels // REDUCTION for pixels in size)
        self.network = ResNet(depths, widths)
        self.positions = Positions((frames, height, width), widths[-1])

    def forward(self, frames: Tensor) -> Tensor:
        """(b, 3, n, H, W) in [0, 1] → (b, n·H/4·W/4, widths[-1]).

        Raises:
            ValueError: number or size of the frames are not those of the model.
        """
        if frames.shape[1:] != self.shape:
            given, expected = ("x".join(map(str, s)) for s in (frames.shape[1:], self.shape))
            raise ValueError(f"the first frames are {given}, the model looks at {expected}")
        centred = (frames - MIDDLE_GREY).to(self.positions.t.dtype)
        features = self.network(centred).movedim(1, -1)
        return (features + self.positions()).flatten(1, 3)
