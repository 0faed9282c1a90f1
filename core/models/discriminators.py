"""Discriminators of the tokenizers' adversarial training (MAGVIT, appendix A.1; authors' code).

    video (b, 3, T, H, W) in [0, 1] → convolution → blocks that halve T, H and W → two dense layers
    → logits (b,): above zero means "real"

A residual network of StyleGAN's kind without norms, blur or minibatch statistics. The one of 2D-VQ
judges every frame by itself and gives b · T logits.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from math import prod

import torch.nn.functional as F
from torch import Tensor, nn

from core.models.layers import CUBE, POINT, Conv3d, Downsample, Kernel

SLOPE = 0.2
"""Of the leaky ReLU below zero."""


@dataclass(frozen=True)
class DiscriminatorConfig:
    """Sizes. The defaults are MAGVIT-B's at 16x128x128 (15.3 M parameters).

    Attributes:
        filters: width of the first convolution, as the tokenizer's.
        multipliers: one per block, each of which halves T, H and W.
        shape: (T, H, W) of the videos that it judges; its dense layer fits no other.
        per_frame: judge each frame by itself.
    """

    filters: int = 64
    multipliers: tuple[int, ...] = (2, 4, 4, 4, 4)
    shape: tuple[int, int, int] = (16, 128, 128)
    per_frame: bool = False

    @property
    def kernel(self) -> Kernel:
        return (1, 3, 3) if self.per_frame else CUBE

    @property
    def widths(self) -> tuple[int, ...]:
        return tuple(self.filters * multiplier for multiplier in self.multipliers)

    @property
    def reduced(self) -> tuple[int, int, int]:
        """(T, H, W) after the blocks; an odd size is rounded up."""
        halvings = len(self.multipliers)
        frames, height, width = (-(-size // 2**halvings) for size in self.shape)
        return (1 if self.per_frame else frames), height, width


MAGVIT_B = DiscriminatorConfig()
MAGVIT_L = replace(MAGVIT_B, filters=128)
MAGVIT_B_64 = replace(MAGVIT_B, multipliers=(2, 4, 4, 4), shape=(16, 64, 64))
MAGVIT_L_64 = replace(MAGVIT_B_64, filters=128)


class Block(nn.Module):
    """Two convolutions and a pooling beside a pooled shortcut; their sum over √2."""

    def __init__(self, inputs: int, outputs: int, kernel: Kernel) -> None:
        super().__init__()
        self.conv1 = Conv3d(inputs, inputs, kernel, padding="zeros")
        self.conv2 = Conv3d(inputs, outputs, kernel, padding="zeros")
        self.shortcut = Conv3d(inputs, outputs, POINT, bias=False, padding="zeros")
        self.pool = Downsample(time=kernel[0] > 1)

    def forward(self, x: Tensor) -> Tensor:
        main = self.pool(_active(self.conv1(x)))
        main = _active(self.conv2(main))
        return (main + self.shortcut(self.pool(x))) / 2**0.5


class Discriminator(nn.Module):
    """See the module's docstring."""

    def __init__(self, config: DiscriminatorConfig = MAGVIT_B) -> None:
        super().__init__()
        self.config = config
        kernel, widths = config.kernel, (config.filters, *config.widths)
        self.conv_in = Conv3d(3, config.filters, kernel, padding="zeros")
        pairs = itertools.pairwise(widths)
        self.blocks = nn.Sequential(*(Block(before, after, kernel) for before, after in pairs))
        self.conv_out = Conv3d(widths[-1], widths[-1], kernel, padding="zeros")
        self.hidden = nn.Linear(prod(config.reduced) * widths[-1], widths[-1])
        self.verdict = nn.Linear(widths[-1], 1)
        self.apply(_initialise)

    def forward(self, video: Tensor) -> Tensor:
        """Float (b, 3, T, H, W) in [0, 1] → logits (b,), or (b · T,) when it judges frames."""
        x = video.to(self.conv_in.weight)
        if self.config.per_frame:
            x = x.movedim(2, 1).flatten(0, 1).unsqueeze(2)
        x = self.blocks(_active(self.conv_in(x)))
        x = _active(self.conv_out(x)).movedim(1, -1).flatten(1)
        return self.verdict(_active(self.hidden(x))).squeeze(1)


def _active(x: Tensor) -> Tensor:
    return F.leaky_relu(x, SLOPE)


def _initialise(module: nn.Module) -> None:
    if isinstance(module, Conv3d | nn.Linear):
        nn.init.xavier_uniform_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
