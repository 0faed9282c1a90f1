"""2D-VQ, MAGVIT's tokenizer of single frames: the 3D one without the time axis (section 3.1).

    video (b, 3, T, H, W) in [0, 1] → each frame by itself → token grid (b, T, h, w) → video

A baseline, and what a 3D tokenizer can be inflated from (`core.models.inflation`). Its convolutions
have kernels of (1, 3, 3), and each frame has norms of its own. A picture is a clip of one frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from core.models.layers import Kernel
from core.models.tokenizers import TOKENIZERS
from core.models.tokenizers.vqgan3d import VQGAN3D, Decoder, Encoder, VQGANSizes


@dataclass(frozen=True, kw_only=True)
class VQGAN2DConfig(VQGANSizes):
    """Sizes. The defaults are the 2D-VQ of MAGVIT-B (13.8 M parameters)."""

    @property
    def halves_time(self) -> tuple[bool, ...]:
        return (False,) * (len(self.multipliers) - 1)

    @property
    def kernel(self) -> Kernel:
        return 1, 3, 3


class FrameEncoder(Encoder):
    """(b, 3, T, H, W) → (b, D, T, h, w)."""

    def forward(self, video: Tensor) -> Tensor:
        return together(super().forward(apart(video)), video.shape[2])


class FrameDecoder(Decoder):
    """(b, D, T, h, w) → (b, 3, T, H, W)."""

    def forward(self, features: Tensor) -> Tensor:
        return together(super().forward(apart(features)), features.shape[2])


@TOKENIZERS.register("vqgan2d")
class VQGAN2D(VQGAN3D):
    """The tokenizer; see the module's docstring for the shapes."""

    Config = VQGAN2DConfig
    encoder_type: ClassVar[type[Encoder]] = FrameEncoder
    decoder_type: ClassVar[type[Decoder]] = FrameDecoder

    def __init__(self, config: VQGANSizes = VQGAN2DConfig()) -> None:
        super().__init__(config)


def apart(video: Tensor) -> Tensor:
    """(b, c, T, H, W) → (b · T, c, 1, H, W): every frame a clip of its own."""
    return video.movedim(2, 1).flatten(0, 1).unsqueeze(2)


def together(frames: Tensor, count: int) -> Tensor:
    """(b · T, c, 1, H, W) → (b, c, T, H, W) with T = `count`."""
    return frames.squeeze(2).unflatten(0, (-1, count)).movedim(1, 2)
