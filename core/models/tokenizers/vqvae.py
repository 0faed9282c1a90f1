"""VQ-VAE, the tokenizer of VideoGPT (arXiv 2104.10157, section 3.1), as its authors built it.

    video (b, 3, T, H, W) in [0, 1]
      → encoder: convolutions of stride 2, then residual blocks with axial attention
      → features (b, D, t, h, w) → nearest code → token grid (b, t, h, w)
      → decoder: residual blocks, then transposed convolutions → video (b, 3, T, H, W), not clipped

No position codes: any size whose axes divide by the stride goes through.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from core.models.codebook import Codebook
from core.models.tokenizers import TOKENIZERS
from core.pixels import MIDDLE_GREY

KERNEL = 4
"""Of the convolutions that change the size."""
HEADS = 2


@dataclass(frozen=True)
class VQVAEConfig:
    """Sizes. The defaults are those of the authors' code (21.1 M parameters).

    Attributes:
        hidden: width of all layers. res_hidden: inside a residual block; 0 = half of `hidden`.
        embedding_dim: channels of the codes of one place, D.
        codebook_size: codes K of each codebook.
        codebooks: tokens per place, each for its share of D; they stand side by side in w.
        stride: pixels per place in T, H, W; powers of two.
        axial_attention: attention along W, H and T at the end of each residual block.
    """

    hidden: int = 240
    res_layers: int = 4
    res_hidden: int = 0
    embedding_dim: int = 256
    codebook_size: int = 2048
    codebooks: int = 1
    stride: tuple[int, int, int] = (4, 4, 4)
    axial_attention: bool = True

    def __post_init__(self) -> None:
        if max(self.stride) < 2 or any(step & (step - 1) or step < 1 for step in self.stride):
            raise ValueError(f"stride {self.stride} must be powers of two, one of them above 1")
        if self.embedding_dim % self.codebooks or self.stride[2] % self.codebooks:
            raise ValueError(
                f"{self.codebooks} codebooks must divide embedding_dim {self.embedding_dim} and "
                f"the stride {self.stride[2]} in W, where their tokens stand side by side"
            )

    @property
    def token_stride(self) -> tuple[int, int, int]:
        """Pixels per token in T, H, W."""
        return *self.stride[:2], self.stride[2] // self.codebooks

    @property
    def steps(self) -> list[tuple[int, int, int]]:
        """Stride of each convolution: 2 on the axes that are still to be halved.

        The decoder walks this list in the same order as the encoder; it is not mirrored.
        """
        t, h, w = (step.bit_length() - 1 for step in self.stride)
        return [
            (2 if n < t else 1, 2 if n < h else 1, 2 if n < w else 1) for n in range(max(t, h, w))
        ]


class Convolution(nn.Conv3d):
    """Zero padding that keeps size / stride; where it is uneven the larger part is in front."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        stride: tuple[int, int, int] = (1, 1, 1),
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(inputs, outputs, kernel, stride, bias=bias)
        spare = [kernel - step for step in reversed(stride)]
        self.even = all(size % 2 == 0 for size in spare)
        self.padding = tuple(size // 2 for size in reversed(spare)) if self.even else (0, 0, 0)
        self.margins = [side for size in spare for side in (size // 2 + size % 2, size // 2)]

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x if self.even else F.pad(x, self.margins))


class TransposedConvolution(nn.ConvTranspose3d):
    """The size times the stride. Where the stride is 1, what the kernel adds is cut off again, one
    sample less in front than behind."""

    def __init__(self, inputs: int, outputs: int, stride: tuple[int, int, int]) -> None:
        padding = tuple(1 if step == 2 else 0 for step in stride)
        super().__init__(inputs, outputs, KERNEL, stride, padding)  # type: ignore[arg-type]
        cut = [slice(None) if step == 2 else slice(1, -2) for step in stride]
        self.inside = (slice(None), slice(None), *cut)

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        return super().forward(x, output_size)[self.inside]


class AxisAttention(nn.Module):
    """Attention along the second axis from the end. (…, n, hidden) → the same."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        inner = HEADS * (hidden // HEADS)
        self.query = nn.Linear(hidden, inner, bias=False)
        self.key = nn.Linear(hidden, inner, bias=False)
        self.value = nn.Linear(hidden, inner, bias=False)
        self.out = nn.Linear(inner, hidden)
        for layer in (self.query, self.key, self.value, self.out):
            nn.init.normal_(layer.weight, std=hidden**-0.5)

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = (
            project(x).unflatten(-1, (HEADS, -1)).transpose(-3, -2)
            for project in (self.query, self.key, self.value)
        )
        mixed = F.scaled_dot_product_attention(query, key, value)
        return self.out(mixed.transpose(-3, -2).flatten(-2))


class AxialAttention(nn.Module):
    """The sum of attentions along W, H and T, side by side. (b, C, t, h, w) → the same."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.w, self.h, self.t = (AxisAttention(hidden) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        x = x.movedim(1, -1)
        across = self.w(x)
        down = self.h(x.transpose(2, 3)).transpose(2, 3)
        through = self.t(x.transpose(1, 3)).transpose(1, 3)
        return (across + down + through).movedim(-1, 1)


class ResBlock(nn.Module):
    """Pre-activation residual block that ends in axial attention."""

    def __init__(self, config: VQVAEConfig) -> None:
        super().__init__()
        hidden, inner = config.hidden, config.res_hidden or config.hidden // 2
        self.norm1 = nn.BatchNorm3d(hidden)
        self.conv1 = Convolution(hidden, inner, 3, bias=False)
        self.norm2 = nn.BatchNorm3d(inner)
        self.conv2 = Convolution(inner, hidden, 1, bias=False)
        attention = config.axial_attention
        self.norm3 = nn.BatchNorm3d(hidden) if attention else nn.Identity()
        self.attention = AxialAttention(hidden) if attention else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv1(F.relu(self.norm1(x)))
        h = self.conv2(F.relu(self.norm2(h)))
        if isinstance(self.attention, AxialAttention):
            h = self.attention(F.relu(self.norm3(h)))
        return x + h


class ResStack(nn.Module):
    """Residual blocks, a norm, an activation."""

    def __init__(self, config: VQVAEConfig) -> None:
        super().__init__()
        self.blocks = nn.Sequential(*(ResBlock(config) for _ in range(config.res_layers)))
        self.norm = nn.BatchNorm3d(config.hidden)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.norm(self.blocks(x)))


class Encoder(nn.Module):
    """Pixels in [-0.5, 0.5] (b, 3, T, H, W) → (b, hidden, t, h, w)."""

    def __init__(self, config: VQVAEConfig) -> None:
        super().__init__()
        steps, hidden = config.steps, config.hidden
        inputs = [3] + [hidden] * (len(steps) - 1)
        self.downs = nn.ModuleList(
            Convolution(width, hidden, KERNEL, step)
            for width, step in zip(inputs, steps, strict=True)
        )
        self.out = Convolution(hidden, hidden, 3)
        self.stack = ResStack(config)

    def forward(self, pixels: Tensor) -> Tensor:
        x = pixels
        for down in self.downs:
            x = F.relu(down(x))
        return self.stack(self.out(x))


class Decoder(nn.Module):
    """(b, hidden, t, h, w) → pixels about [-0.5, 0.5] (b, 3, T, H, W)."""

    def __init__(self, config: VQVAEConfig) -> None:
        super().__init__()
        steps, hidden = config.steps, config.hidden
        outputs = [hidden] * (len(steps) - 1) + [3]
        self.stack = ResStack(config)
        self.ups = nn.ModuleList(
            TransposedConvolution(hidden, width, step)
            for width, step in zip(outputs, steps, strict=True)
        )

    def forward(self, features: Tensor) -> Tensor:
        first, *others = self.ups
        x = first(self.stack(features))
        for up in others:
            x = up(F.relu(x))
        return x


@TOKENIZERS.register("vqvae")
class VQVAE(nn.Module):
    """The tokenizer; see the module's docstring for the shapes."""

    Config = VQVAEConfig

    def __init__(self, config: VQVAEConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or VQVAEConfig()
        self.codebook_size = config.codebook_size
        self.stride = config.token_stride
        self.encoder = Encoder(config)
        self.to_code = nn.Conv3d(config.hidden, config.embedding_dim, 1)
        self.codebook = Codebook(config.codebook_size, config.embedding_dim, config.codebooks)
        self.from_code = nn.Conv3d(config.embedding_dim, config.hidden, 1)
        self.decoder = Decoder(config)

    def encode(self, video: Tensor) -> Tensor:
        """Float (b, 3, T, H, W) in [0, 1] → int64 (b, t, h, w)."""
        return self.codebook(self.features(video))

    def decode(self, tokens: Tensor) -> Tensor:
        """Int64 (b, t, h, w) → float (b, 3, T, H, W), about [0, 1] but not clipped."""
        return self.pixels(self.codebook.lookup(tokens)) + MIDDLE_GREY

    def features(self, video: Tensor) -> Tensor:
        """Video in [0, 1] → what is quantised: (b, D, t, h, w)."""
        return self.to_code(self.encoder((video - MIDDLE_GREY).to(self.to_code.weight.dtype)))

    def pixels(self, codes: Tensor) -> Tensor:
        """Codes (b, D, t, h, w) → pixels about [-0.5, 0.5]."""
        return self.decoder(self.from_code(codes.to(self.from_code.weight.dtype)))

    def straight_through(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Tokens of features, and their codes as the decoder reads them in training.

        The codes carry the features' gradient: (e - z) + z with e - z held fixed.
        """
        tokens = self.codebook(features)
        codes = self.codebook.lookup(tokens).to(features.dtype)
        return tokens, (codes - features).detach() + features
