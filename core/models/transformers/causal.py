"""The prior of VideoGPT: a causal transformer over the code vectors of a token grid.

arXiv 2104.10157, section 3.2, as the authors' published code has it. The grid is read in raster
order, t slowest. Inputs are the tokenizer's code vectors themselves, moved on by one place behind
a learnt start. Classes scale and shift every norm; first frames are attended to in every layer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from math import prod, sqrt
from typing import TYPE_CHECKING, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.models.context import LEAST_GROUPS, REDUCTION, FrameContext
from core.models.positions import Positions
from core.models.sparsity import block_grid, dense_mask
from core.models.transformers import TRANSFORMERS
from core.pixels import MIDDLE_GREY
from core.tokens import Condition

if TYPE_CHECKING:
    from core.models.incremental import Decode

NORM_EPSILON = 1e-5
GELU_SCALE = 1.702
START_STD = 0.02
QUERIES_AT_ONCE = 256
LONGEST_IN_STAGES = 2048


@dataclass(frozen=True)
class CausalConfig:
    """Sizes. The defaults are those of the authors' training script on a 4x16x16 grid.

    Attributes:
        codebook_size: number of codes K of one codebook.
        embedding_dim: width of one code vector.
        codebooks: number of codebooks n. The n tokens of a place stand side by side in w.
        grid: token grid (t, h, w); the position tables are learnt for exactly this grid.
        hidden: width. One head is ⌊hidden / heads⌋ wide.
        mlp: width of the feed-forward layer; 0 is four times `hidden`.
        classes: number of classes; 0 when the model knows none.
        context_frames: how many first frames of the clip it looks at as pixels; 0 for none.
        context_size: height and width of those frames in pixels; multiples of four.
        context_depths, context_widths: blocks and channels of the groups of their ResNet; at
            least three groups, the second and third halve height and width.
        attention: "full", or "sparse": local and strided blocks of 32 tokens.
        dropout: of the branches' outputs, in training.
        attention_dropout: of attention probabilities, in training, for full attention alone.
    """

    codebook_size: int = 2048
    embedding_dim: int = 256
    codebooks: int = 1
    grid: tuple[int, int, int] = (4, 16, 16)
    hidden: int = 576
    heads: int = 4
    layers: int = 8
    mlp: int = 0
    classes: int = 0
    context_frames: int = 0
    context_size: tuple[int, int] = (64, 64)
    context_depths: tuple[int, ...] = (3, 4, 6, 3)
    context_widths: tuple[int, ...] = (64, 128, 256, 240)
    attention: Literal["full", "sparse"] = "full"
    dropout: float = 0.2
    attention_dropout: float = 0.3

    def __post_init__(self) -> None:
        if self.hidden < max(3, self.heads):
            raise ValueError(f"hidden {self.hidden} is too narrow for {self.heads} heads")
        if self.grid[2] % self.codebooks:
            raise ValueError(f"{self.codebooks} codebooks do not divide rows of {self.grid[2]}")
        if self.attention not in ("full", "sparse"):
            raise ValueError(f"attention is {self.attention!r}, not 'full' or 'sparse'")
        if self.attention == "sparse":
            block_grid(self.grid)
        if self.context_frames:
            self._check_context()

    def _check_context(self) -> None:
        if any(pixels % REDUCTION for pixels in self.context_size):
            height, width = self.context_size
            raise ValueError(f"context frames of {height}x{width} do not divide by {REDUCTION}")
        depths, widths = self.context_depths, self.context_widths
        if len(depths) != len(widths) or len(depths) < LEAST_GROUPS or min(depths) < 1:
            raise ValueError(f"context depths {depths} and widths {widths} are no groups of blocks")
        if self.context_width < max(3, self.heads):
            raise ValueError(f"context width {self.context_width} is too narrow")

    @property
    def length(self) -> int:
        """Number of tokens."""
        return prod(self.grid)

    @property
    def mlp_width(self) -> int:
        return self.mlp or 4 * self.hidden

    @property
    def context_width(self) -> int:
        """Channels of the frames' features."""
        return self.context_widths[-1]


class Norm(nn.Module):
    """Layer norm whose epsilon stands behind the reciprocal root, in float32.

    y = (x - mean) · (1/√variance + 1e-5) · gain + shift. With classes, gain is 1 + a learnt row
    of the class and shift another one; no class is a gain of 1 and a shift of 0.
    """

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        self.classes = classes
        if classes:
            self.class_scale = nn.Linear(classes, width, bias=False)
            self.class_shift = nn.Linear(classes, width, bias=False)
            nn.init.constant_(self.class_scale.weight, 1 / sqrt(classes))
        else:
            self.scale = nn.Parameter(torch.ones(width))
            self.shift = nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor, label: Tensor | None) -> Tensor:
        """x (b, s, width); label: (b, classes) as of `one_hot`, where there are classes."""
        gain, shift = self.affine(label)
        return torch.addcmul(shift, _normalised(x), gain).to(x.dtype)

    def affine(self, label: Tensor | None) -> tuple[Tensor, Tensor]:
        """Gain and shift in float32: (width,) each, or (b, 1, width) with classes."""
        if label is None:
            return self.scale.float(), self.shift.float()
        gain = 1 + self.class_scale(label).float()
        return gain.unsqueeze(1), self.class_shift(label).float().unsqueeze(1)


def _normalised(x: Tensor) -> Tensor:
    """(x - mean) · (1/√variance + 1e-5), computed in float32 whatever the type of x."""
    if x.is_cpu and x.dtype == torch.bfloat16:
        # A fraction of the time. The epsilon is far below the last bit of the result.
        ones = torch.ones(x.shape[-1])
        return F.layer_norm(x, ones.shape, ones, torch.zeros_like(ones), eps=0.0)
    wide = x.float()
    variance, mean = torch.var_mean(wide, dim=-1, correction=0, keepdim=True)
    return (wide - mean) * (variance.rsqrt() + NORM_EPSILON)


class Attention(nn.Module):
    """From x (b, s, hidden) to a memory (b, m, memory width); x itself in self-attention.

    Heads are ⌊hidden / heads⌋ wide in queries and keys, ⌊memory width / heads⌋ in values.

    Args:
        layers: of the whole model; its outputs start smaller the more there are.
    """

    def __init__(self, hidden: int, memory: int, heads: int, layers: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(hidden, heads * (hidden // heads), bias=False)
        self.key = nn.Linear(memory, heads * (hidden // heads), bias=False)
        self.value = nn.Linear(memory, heads * (memory // heads), bias=False)
        self.out = nn.Linear(heads * (memory // heads), hidden)
        for project in (self.query, self.key, self.value):
            nn.init.normal_(project.weight, std=1 / sqrt(project.in_features))
        nn.init.normal_(self.out.weight, std=1 / sqrt(hidden * layers))

    def forward(
        self,
        x: Tensor,
        memory: Tensor,
        *,
        mask: Tensor | None = None,
        causal: bool = False,
        dropout: float = 0.0,
    ) -> Tensor:
        query, key, value = (
            projected.unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for projected in self._projected(x, memory)
        )
        if causal and not dropout and _learns_on_cpu(query):
            mixed = _attention_in_stages(query, key, value)
        else:
            mixed = F.scaled_dot_product_attention(
                query, key, value, attn_mask=mask, dropout_p=dropout, is_causal=causal
            )
        return self.out(mixed.transpose(1, 2).flatten(2))

    def _projected(self, x: Tensor, memory: Tensor) -> Iterable[Tensor]:
        if x is not memory:
            return self.query(x), self.key(memory), self.value(memory)
        weights = [project.weight for project in (self.query, self.key, self.value)]
        return F.linear(x, torch.cat(weights)).chunk(3, dim=-1)  # one product instead of three


def _learns_on_cpu(query: Tensor) -> bool:
    """Is `_attention_in_stages` the best for queries (b, heads, s, d)? It keeps s² numbers."""
    rough = query.is_cpu and query.dtype == torch.bfloat16
    return rough and query.requires_grad and query.shape[2] <= LONGEST_IN_STAGES


def _attention_in_stages(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Causal attention as plain matrix products, some queries at a time and no keys behind them.

    In bf16 on a CPU its gradient takes half the time of PyTorch's own kernel.
    """
    batch, _, length, width = query.shape
    query, key, value = (x.flatten(0, 1) for x in (query / sqrt(width), key, value))
    hidden = _hidden_from(length, query.dtype)
    mixed = []
    for first in range(0, length, QUERIES_AT_ONCE):
        rows, end = slice(first, first + QUERIES_AT_ONCE), first + QUERIES_AT_ONCE
        keys = key[:, :end].transpose(1, 2)
        logits = torch.baddbmm(hidden[None, rows, :end], query[:, rows], keys)
        mixed.append(logits.softmax(-1) @ value[:, :end])
    return torch.cat(mixed, dim=1).unflatten(0, (batch, -1))


@lru_cache(maxsize=1)
@torch.inference_mode(mode=False)
def _hidden_from(length: int, dtype: torch.dtype) -> Tensor:
    """What is added to logits (length, length): -∞ where the key stands behind the query."""
    return torch.full((length, length), -torch.inf, dtype=dtype).triu_(1)


class Layer(nn.Module):
    """Pre-LN: self-attention, attention to the first frames if any, feed-forward."""

    def __init__(self, config: CausalConfig) -> None:
        super().__init__()
        hidden, heads, layers = config.hidden, config.heads, config.layers
        full = config.attention == "full"
        self.attention_dropout = config.attention_dropout if full else 0.0
        self.attention_norm = Norm(hidden, config.classes)
        self.attention = Attention(hidden, hidden, heads, layers)
        if config.context_frames:
            self.context_norm = Norm(hidden, config.classes)
            self.context = Attention(hidden, config.context_width, heads, layers)
        self.mlp_norm = Norm(hidden, config.classes)
        self.up = nn.Linear(hidden, config.mlp_width)
        self.down = nn.Linear(config.mlp_width, hidden)
        self.drop = nn.Dropout(config.dropout)

    def forward(
        self, x: Tensor, label: Tensor | None, context: Tensor | None, mask: Tensor | None
    ) -> Tensor:
        normal = self.attention_norm(x, label)
        dropout = self.attention_dropout if self.training else 0.0
        mixed = self.attention(normal, normal, mask=mask, causal=mask is None, dropout=dropout)
        x = x + self.drop(mixed)
        if context is not None:
            x = x + self.drop(self.context(self.context_norm(x, label), context))
        return x + self.drop(self.down(gelu(self.up(self.mlp_norm(x, label)))))


def gelu(x: Tensor) -> Tensor:
    """The sigmoid's approximation: x · sigmoid(1.702 x), in a form with fewer large products."""
    return F.silu(GELU_SCALE * x) / GELU_SCALE


@TRANSFORMERS.register("causal")
class CausalTransformer(nn.Module):
    """The prior; see the module's docstring.

    Attributes:
        codebook_size: number of codes K; logits are over these alone.
        codes: (codebooks·K, embedding_dim), the tokenizer's code vectors; not learnt here.
    """

    Config = CausalConfig
    codes: Tensor

    def __init__(self, config: CausalConfig) -> None:
        super().__init__()
        self.config = config
        self.codebook_size = config.codebook_size
        rows = config.codebooks * config.codebook_size
        self.register_buffer("codes", torch.randn(rows, config.embedding_dim))
        self.embed = nn.Linear(config.embedding_dim, config.hidden, bias=False)
        self.start = nn.Parameter(torch.empty(config.hidden).normal_(std=START_STD))
        self.positions = Positions(config.grid, config.hidden)
        if config.context_frames:
            self.context = FrameContext(
                config.context_frames,
                config.context_size,
                config.context_depths,
                config.context_widths,
            )
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.layers))
        self.norm = Norm(config.hidden, config.classes)
        self.head = nn.Linear(config.hidden, config.codebook_size, bias=False)
        nn.init.normal_(self.embed.weight, std=START_STD)
        nn.init.zeros_(self.head.weight)

    def forward(self, tokens: Tensor, condition: Condition) -> Tensor:
        """Token grid int64 (b, t, h, w) → float32 logits (b, t, h, w, K).

        Logits at a place are those of the token there, from the tokens before it. Of `condition`,
        `labels` and `frames` are read.
        """
        return self.of_codes(self.look_up(tokens), condition)

    def look_up(self, tokens: Tensor) -> Tensor:
        """Code vectors (b, t, h, w, embedding_dim) of a token grid."""
        codebook = torch.arange(tokens.shape[-1], device=tokens.device) % self.config.codebooks
        return F.embedding(tokens + codebook * self.codebook_size, self.codes)

    def of_codes(self, codes: Tensor, condition: Condition) -> Tensor:
        """`forward` from code vectors (b, t, h, w, embedding_dim)."""
        label, context = self.one_hot(condition), self.embed_frames(condition)
        sparse = self.config.attention == "sparse"
        mask = dense_mask(self.config.grid, codes.device) if sparse else None
        x = self.placed(self.embed(codes).flatten(1, 3))
        for layer in self.layers:
            x = layer(x, label, context, mask)
        logits = self.head(self.norm(x, label)).float()
        return logits.unflatten(1, self.config.grid)

    def placed(self, embedded: Tensor) -> Tensor:
        """(b, length, hidden) → one place later, behind the start; then the places' positions."""
        start = self.start.to(embedded.dtype).expand(len(embedded), 1, -1)
        shifted = torch.cat([start, embedded[:, :-1]], dim=1)
        return shifted + self.positions().flatten(0, 2)

    def one_hot(self, condition: Condition) -> Tensor | None:
        """Labels as (b, classes) for the norms; the unconditional one is a row of zeros."""
        if not self.config.classes:
            return None
        rows = F.one_hot(condition.labels, self.config.classes + 1)[:, :-1]
        return rows.to(self.embed.weight.dtype)

    def embed_frames(self, condition: Condition) -> Tensor | None:
        """Features (b, n·H/4·W/4, width) of the first frames; None when the model reads none.

        Grey frames stand in where the condition has none.
        """
        if not self.config.context_frames:
            return None
        frames = condition.frames
        if frames is None:
            shape = (len(condition.labels), *self.context.shape)
            frames = torch.full(shape, MIDDLE_GREY, device=self.start.device)
        return self.context(frames)

    def begin(self, condition: Condition) -> Decode:
        """A new decode that remembers keys and values; of `condition` the same is read."""
        from core.models.incremental import begin  # it is built on this module

        return begin(self, condition)
