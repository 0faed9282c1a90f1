"""The autoregressive baseline of MAGVIT (table 6): a pre-LN GPT over the tokens of a 3D-VQ.

    [class][MASK] token 0, token 1, … → logits of token 0, token 1, …

Vocabulary and special ids are those of `core.models.transformers.bidirectional`; MASK stands where
nothing has been said yet. Learnt positions, attention without biases, an output layer of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.models.transformers import TRANSFORMERS
from core.models.transformers.bidirectional import SPECIALS_MULTI_TASK
from core.tokens import MASK, Condition

NORM_EPSILON = 1e-6
PREFIX = 2


@dataclass(frozen=True)
class AutoregressiveConfig:
    """Sizes; the fields are those of `BidirectionalConfig`."""

    codebook_size: int = 1024
    classes: int = 0
    grid: tuple[int, int, int] = (4, 16, 16)
    layers: int = 12
    hidden: int = 768
    mlp: int = 3072
    heads: int = 12
    dropout: float = 0.1

    def __post_init__(self) -> None:
        if self.hidden % self.heads:
            raise ValueError(f"hidden {self.hidden} does not divide by {self.heads} heads")

    @property
    def vocabulary(self) -> int:
        return self.codebook_size + self.classes + 1 + SPECIALS_MULTI_TASK

    @property
    def context_frames(self) -> int:
        """It looks at tokens alone."""
        return 0

    @property
    def length(self) -> int:
        """Of the sequence that is read: the last token predicts nothing."""
        return PREFIX + prod(self.grid) - 1


Memory = tuple[Tensor, Tensor]
"""Keys and values (b, heads, s, d) of the positions before."""


class Layer(nn.Module):
    """Pre-LN: the norm stands before each branch."""

    def __init__(self, config: AutoregressiveConfig) -> None:
        super().__init__()
        self.heads, self.dropout = config.heads, config.dropout
        self.attention_norm = nn.LayerNorm(config.hidden, eps=NORM_EPSILON)
        self.query = nn.Linear(config.hidden, config.hidden, bias=False)
        self.key = nn.Linear(config.hidden, config.hidden, bias=False)
        self.value = nn.Linear(config.hidden, config.hidden, bias=False)
        self.out = nn.Linear(config.hidden, config.hidden, bias=False)
        self.mlp_norm = nn.LayerNorm(config.hidden, eps=NORM_EPSILON)
        self.up = nn.Linear(config.hidden, config.mlp)
        self.down = nn.Linear(config.mlp, config.hidden)
        self.drop = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, before: Memory | None = None) -> tuple[Tensor, Memory]:
        """x (b, s, hidden), behind the positions of `before` → the same, and all positions'."""
        mixed, memory = self._attention(self.attention_norm(x), before)
        x = x + self.drop(mixed)
        mlp = self.down(F.gelu(self.up(self.mlp_norm(x)), approximate="tanh"))
        return x + self.drop(mlp), memory

    def _attention(self, x: Tensor, before: Memory | None) -> tuple[Tensor, Memory]:
        query, key, value = (
            project(x).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for project in (self.query, self.key, self.value)
        )
        if before is not None:
            key, value = (
                torch.cat([old, new], dim=2) for old, new in zip(before, (key, value), strict=True)
            )
        dropout = self.dropout if self.training else 0.0
        seen = _causal(query.shape[2], key.shape[2], x.device)
        mixed = F.scaled_dot_product_attention(query, key, value, seen, dropout_p=dropout)
        return self.out(mixed.transpose(1, 2).flatten(2)), (key, value)


def _causal(queries: int, keys: int, device: torch.device) -> Tensor:
    """Bool (queries, keys): the last query sees all keys, the one before all but the last, …"""
    return torch.ones(queries, keys, dtype=torch.bool, device=device).tril(keys - queries)


@TRANSFORMERS.register("autoregressive")
class AutoregressiveTransformer(nn.Module):
    """The prior; see the module's docstring for the sequence."""

    Config = AutoregressiveConfig

    def __init__(self, config: AutoregressiveConfig | None = None) -> None:
        super().__init__()
        self.config = config or AutoregressiveConfig()
        self.codebook_size = self.config.codebook_size
        self.words = nn.Embedding(self.config.vocabulary, self.config.hidden)
        self.positions = nn.Parameter(torch.empty(self.config.length, self.config.hidden))
        self.drop = nn.Dropout(self.config.dropout)
        self.layers = nn.ModuleList(Layer(self.config) for _ in range(self.config.layers))
        self.norm = nn.LayerNorm(self.config.hidden, eps=NORM_EPSILON)
        self.out = nn.Linear(self.config.hidden, self.config.vocabulary)
        self.apply(_initialise)
        nn.init.trunc_normal_(self.positions, std=0.02, a=-0.04, b=0.04)

    def forward(self, tokens: Tensor, condition: Condition) -> Tensor:
        """Token grid int64 (b, t, h, w) → logits (b, t, h, w, K), each of the tokens before."""
        ids = torch.cat([self.prefix(condition), tokens.flatten(1)[:, :-1]], dim=1)
        logits, _ = self.read(ids)
        return logits[:, PREFIX - 1 :, : self.codebook_size].unflatten(1, tokens.shape[1:])

    def prefix(self, condition: Condition) -> Tensor:
        """Ids (b, 2): class, and the sign that nothing has been said yet."""
        classes = self.codebook_size + condition.labels
        return torch.stack([classes, torch.full_like(classes, MASK)], dim=1)

    def read(self, ids: Tensor, before: list[Memory] | None = None) -> tuple[Tensor, list[Memory]]:
        """Ids (b, s), special ids negative, behind those that `before` remembers.

        Returns:
            float32 logits (b, s, V) of each next id, over the whole vocabulary; and the memory of
            all positions so far, one entry per layer.
        """
        first = before[0][0].shape[2] if before else 0
        x = self.words(ids % self.config.vocabulary)
        x = self.drop(x + self.positions[first : first + ids.shape[1]])
        memories: list[Memory] = []
        for number, layer in enumerate(self.layers):
            x, memory = layer(x, before[number] if before else None)
            memories.append(memory)
        return self.out(self.norm(x)).float(), memories

    def begin(self, condition: Condition) -> Decode:
        return Decode(self, condition)


class Decode:
    """A decode under way: see `core.decoders.Incremental`."""

    def __init__(self, model: AutoregressiveTransformer, condition: Condition) -> None:
        self._model, self._prefix = model, model.prefix(condition)
        self._memory: list[Memory] | None = None

    def logits(self, first: int, tokens: Tensor) -> Tensor:
        if first == 0:
            ids, before = torch.cat([self._prefix, tokens[:, 1:]], dim=1), None
        else:
            assert self._memory is not None
            ids, known = tokens, PREFIX - 1 + first
            before = [(keys[:, :, :known], values[:, :, :known]) for keys, values in self._memory]
        logits, self._memory = self._model.read(ids, before)
        return logits[:, -tokens.shape[1] :, : self._model.codebook_size]


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        nn.init.xavier_uniform_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.Embedding):
        nn.init.trunc_normal_(module.weight, std=0.02, a=-0.04, b=0.04)
