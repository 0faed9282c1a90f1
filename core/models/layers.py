"""Layers that the 3D tokenizers share: convolution with a padding mode, residual block, resampling.

Tensors are (b, c, T, H, W). MAGVIT (arXiv 2212.05199), section 3.1 and appendix A.
"""

from __future__ import annotations

from typing import Literal

import torch.nn.functional as F
from torch import Tensor, nn

Padding = Literal["zeros", "reflect", "replicate"]
Kernel = tuple[int, int, int]
"""Extent of a convolution in T, H, W; (1, h, w) sees each frame by itself."""

CUBE: Kernel = (3, 3, 3)
POINT: Kernel = (1, 1, 1)
NORM_GROUPS = 32
NORM_EPSILON = 1e-6
STD_OF_CUT_NORMAL = 0.8796256610342398
"""Standard deviation of a unit normal that is cut at ±2."""


class Conv3d(nn.Conv3d):
    """3D convolution of stride 1 that keeps the size.

    Zero padding is what the authors' configurations use; reflection is what their paper says.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: Kernel = CUBE,
        *,
        bias: bool = True,
        padding: Padding,
    ) -> None:
        super().__init__(inputs, outputs, kernel, bias=bias, padding=0)
        _initialise_as_lecun(self)
        self.edge = padding
        self.before = tuple((size - 1) // 2 for size in kernel)
        self.margins = [m for size in reversed(kernel) for m in ((size - 1) // 2, size // 2)]

    def forward(self, x: Tensor) -> Tensor:
        if not any(self.margins):
            return super().forward(x)
        if self.edge == "zeros" and self.margins[::2] == self.margins[1::2]:
            return F.conv3d(x, self.weight, self.bias, padding=self.before)
        mode = "constant" if self.edge == "zeros" else self.edge
        return super().forward(F.pad(x, self.margins, mode=mode))


def _initialise_as_lecun(conv: nn.Conv3d) -> None:
    """Normal of variance 1 / fan-in, cut at two standard deviations, as in the authors' code.

    It learns faster than PyTorch's own start, whose variance is a third of it.
    """
    std = (1 / conv.weight[0].numel()) ** 0.5 / STD_OF_CUT_NORMAL
    nn.init.trunc_normal_(conv.weight, std=std, a=-2 * std, b=2 * std)
    if conv.bias is not None:
        nn.init.zeros_(conv.bias)


def group_norm(channels: int, groups: int = NORM_GROUPS) -> nn.GroupNorm:
    """Statistics run over T, H, W and the channels of a group: time is coupled, not causal."""
    return nn.GroupNorm(groups, channels, eps=NORM_EPSILON)


class ResBlock(nn.Module):
    """Pre-activation residual block; a 1³ convolution carries the input where widths differ."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        kernel: Kernel = CUBE,
        padding: Padding,
        groups: int = NORM_GROUPS,
    ) -> None:
        super().__init__()
        self.norm1 = group_norm(inputs, groups)
        self.conv1 = Conv3d(inputs, outputs, kernel, bias=False, padding=padding)
        self.norm2 = group_norm(outputs, groups)
        self.conv2 = Conv3d(outputs, outputs, kernel, bias=False, padding=padding)
        same = inputs == outputs
        self.shortcut = (
            nn.Identity() if same else Conv3d(inputs, outputs, POINT, bias=False, padding=padding)
        )

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv1(F.silu(self.norm1(x)))
        h = self.conv2(F.silu(self.norm2(h)))
        return self.shortcut(x) + h


class Downsample(nn.Module):
    """Average pooling by 2 in H and W, and in T when `time`.

    An odd size keeps its last row: that window averages only the elements that exist. A size of one
    stays one.
    """

    def __init__(self, *, time: bool) -> None:
        super().__init__()
        self.window = (2 if time else 1, 2, 2)

    def forward(self, x: Tensor) -> Tensor:
        window = [min(width, size) for width, size in zip(self.window, x.shape[2:], strict=True)]
        # In float32, because the CPU has no kernel for bf16.
        pooled = F.avg_pool3d(x.float(), window, ceil_mode=True, count_include_pad=False)
        return pooled.to(x.dtype)


class Upsample(nn.Module):
    """Repetition by 2 in H and W, and in T when `time`, then a convolution of the same width."""

    def __init__(
        self, channels: int, *, time: bool, kernel: Kernel = CUBE, padding: Padding
    ) -> None:
        super().__init__()
        self.scale = (2.0 if time else 1.0, 2.0, 2.0)
        self.conv = Conv3d(channels, channels, kernel, padding=padding)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(F.interpolate(x, scale_factor=self.scale, mode="nearest"))
