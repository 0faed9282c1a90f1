"""3D-VQ, the tokenizer of MAGVIT (arXiv 2212.05199, section 3.1, appendix A.1).

    video (b, 3, T, H, W) in [0, 1]
      → encoder: convolutions that halve space, and time where `temporal_down` says so
      → features (b, D, t, h, w) → nearest code → token grid (b, t, h, w)
      → decoder: the mirror image → video (b, 3, T, H, W), not clipped

Fully convolutional: any size whose axes divide by the stride goes through.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor, nn

from core.models.layers import (
    CUBE,
    NORM_GROUPS,
    POINT,
    Conv3d,
    Downsample,
    Kernel,
    Padding,
    ResBlock,
    Upsample,
    group_norm,
)
from core.models.quantizer import VectorQuantizer
from core.models.scalar_quantizer import ScalarQuantizer
from core.models.tokenizers import TOKENIZERS


@dataclass(frozen=True, kw_only=True)
class VQGANSizes:
    """What the 3D tokenizer and the one of single frames have in common.

    Attributes:
        filters: width of the first stage; each stage has filters · multiplier.
        multipliers: one per stage; the stages are joined by a halving of H and W.
        res_blocks: residual blocks per stage, in encoder and decoder alike.
        padding: "zeros" as the authors' configurations, "reflect" as their paper.
        levels: of each channel, for finite scalar quantisation; () looks codes up in a codebook, as
            published. With levels `codebook_size` is their product, `embedding_dim` their number.
        norm_groups: of every group norm. A small tokenizer wants fewer than the authors' 32: a
            group of one channel loses that channel's mean, and with it the brightness of a clip.
    """

    filters: int = 64
    multipliers: tuple[int, ...] = (1, 2, 2, 4)
    res_blocks: int = 2
    embedding_dim: int = 256
    codebook_size: int = 1024
    levels: tuple[int, ...] = ()
    padding: Padding = "zeros"
    norm_groups: int = NORM_GROUPS

    def __post_init__(self) -> None:
        channels = len(self.levels), math.prod(self.levels)
        if self.levels and channels != (self.embedding_dim, self.codebook_size):
            raise ValueError(
                f"levels {self.levels} are {channels[0]} channels and {channels[1]} codes, but "
                f"embedding_dim is {self.embedding_dim} and codebook_size {self.codebook_size}"
            )
        if any(width % self.norm_groups for width in self.widths):
            raise ValueError(f"widths {self.widths} must be multiples of {self.norm_groups}")

    @property
    def widths(self) -> tuple[int, ...]:
        return tuple(self.filters * multiplier for multiplier in self.multipliers)

    @property
    def halves_time(self) -> tuple[bool, ...]:
        """One per transition between stages: is T halved as well?"""
        raise NotImplementedError

    @property
    def kernel(self) -> Kernel:
        """Of its convolutions, but for those of one voxel."""
        raise NotImplementedError

    @property
    def stride(self) -> tuple[int, int, int]:
        space = 2 ** len(self.halves_time)
        return 2 ** sum(self.halves_time), space, space


@dataclass(frozen=True, kw_only=True)
class VQGAN3DConfig(VQGANSizes):
    """Sizes. The defaults are MAGVIT-B at 128 pixels (40.6 M parameters).

    Attributes:
        temporal_down: one per transition between stages: halve T as well?
    """

    temporal_down: tuple[bool, ...] = (True, True, False)

    def __post_init__(self) -> None:
        if len(self.temporal_down) != len(self.multipliers) - 1:
            raise ValueError(
                f"{len(self.multipliers)} stages have {len(self.multipliers) - 1} transitions, "
                f"but temporal_down names {len(self.temporal_down)}"
            )
        super().__post_init__()

    @property
    def halves_time(self) -> tuple[bool, ...]:
        return self.temporal_down

    @property
    def kernel(self) -> Kernel:
        return CUBE


MAGVIT_B = VQGAN3DConfig()
MAGVIT_L = replace(MAGVIT_B, filters=128)
MAGVIT_H = replace(MAGVIT_L, res_blocks=4, embedding_dim=512, codebook_size=4096)
MAGVIT_B_64 = replace(MAGVIT_B, multipliers=(1, 2, 4), temporal_down=(True, True))
MAGVIT_L_64 = replace(MAGVIT_B_64, filters=128)


class Encoder(nn.Module):
    """(b, 3, T, H, W) → (b, D, t, h, w)."""

    def __init__(self, config: VQGANSizes) -> None:
        super().__init__()
        widths, edge, kernel = config.widths, config.padding, config.kernel
        self.conv_in = Conv3d(3, widths[0], kernel, bias=False, padding=edge)
        layers: list[nn.Module] = []
        previous = widths[0]
        for stage, width in enumerate(widths):
            for _ in range(config.res_blocks):
                layers.append(_block(config, previous, width))
                previous = width
            if stage < len(config.halves_time):
                layers.append(Downsample(time=config.halves_time[stage]))
        layers += [_block(config, previous, previous) for _ in range(config.res_blocks)]
        self.stages = nn.Sequential(*layers)
        self.norm_out = group_norm(previous, config.norm_groups)
        self.conv_out = Conv3d(previous, config.embedding_dim, POINT, padding=edge)

    def forward(self, video: Tensor) -> Tensor:
        return self.conv_out(F.silu(self.norm_out(self.stages(self.conv_in(video)))))


class Decoder(nn.Module):
    """(b, D, t, h, w) → (b, 3, T, H, W)."""

    def __init__(self, config: VQGANSizes) -> None:
        super().__init__()
        widths, edge, kernel = config.widths, config.padding, config.kernel
        previous = widths[-1]
        self.conv_in = Conv3d(config.embedding_dim, previous, kernel, padding=edge)
        layers: list[nn.Module] = [
            _block(config, previous, previous) for _ in range(config.res_blocks)
        ]
        for stage in reversed(range(len(widths))):
            for _ in range(config.res_blocks):
                layers.append(_block(config, previous, widths[stage]))
                previous = widths[stage]
            if stage > 0:
                time = config.halves_time[stage - 1]
                layers.append(Upsample(previous, time=time, kernel=kernel, padding=edge))
        self.stages = nn.Sequential(*layers)
        self.norm_out = group_norm(previous, config.norm_groups)
        self.conv_out = Conv3d(previous, 3, kernel, padding=edge)

    def forward(self, features: Tensor) -> Tensor:
        return self.conv_out(F.silu(self.norm_out(self.stages(self.conv_in(features)))))


def _block(config: VQGANSizes, inputs: int, outputs: int) -> ResBlock:
    return ResBlock(
        inputs, outputs, kernel=config.kernel, padding=config.padding, groups=config.norm_groups
    )


@TOKENIZERS.register("vqgan3d")
class VQGAN3D(nn.Module):
    """The tokenizer; see the module's docstring for the shapes."""

    Config: ClassVar[type[VQGANSizes]] = VQGAN3DConfig
    encoder_type: ClassVar[type[Encoder]] = Encoder
    decoder_type: ClassVar[type[Decoder]] = Decoder

    def __init__(self, config: VQGANSizes = MAGVIT_B) -> None:
        super().__init__()
        self.config = config
        self.codebook_size = config.codebook_size
        self.stride = config.stride
        self.encoder = self.encoder_type(config)
        self.quantizer = (
            ScalarQuantizer(config.levels)
            if config.levels
            else VectorQuantizer(config.codebook_size, config.embedding_dim)
        )
        self.decoder = self.decoder_type(config)

    def encode(self, video: Tensor) -> Tensor:
        """Float (b, 3, T, H, W) in [0, 1] → int64 (b, t, h, w)."""
        return self.quantizer(self.encoder(video.to(self.encoder.conv_in.weight)))

    def decode(self, tokens: Tensor) -> Tensor:
        """Int64 (b, t, h, w) → float (b, 3, T, H, W), about [0, 1] but not clipped."""
        return self.decoder(self.quantizer.lookup(tokens).to(self.decoder.conv_in.weight))
