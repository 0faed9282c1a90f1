"""The masked transformer of MAGVIT: a post-LN BERT over [task][class][token grid].

arXiv 2212.05199, section 3.2 and appendix A.2. Vocabulary of V = K + (C + 1) + S rows:
codes 0 … K-1, classes K … K+C-1, the unconditional class K+C, then S special rows that are
addressed by negative ids from the end (row V + id).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.models.transformers import TRANSFORMERS
from core.tasks import Special
from core.tokens import Condition

SPECIALS_SINGLE_TASK = 1
SPECIALS_MULTI_TASK = 16
NORM_EPSILON = 1e-12

Conditioning = Literal["cond->input", "input->input", "cond->cond", "prefix"]
"""How it was trained to be told what is given. COMMIT: as hints that are drawn again. Baselines:
as true tokens, or as those of the filled clip, which both stay as they are; or as those of the
filled clip before the sequence."""


@dataclass(frozen=True)
class BidirectionalConfig:
    """Sizes. The defaults are MAGVIT-B (87 M parameters) on a 4x16x16 grid.

    Attributes:
        grid: token grid (t, h, w); the position table is learnt for exactly this grid.
        classes: number of classes C; 0 when the model knows none.
        multi_task: a task token stands before the class token, and 16 special rows exist.
        full_generation: generating a whole clip is one of the tasks, so guidance may use it.
        dropout: of embeddings, sub-layer outputs and attention probabilities, in training.
        conditioning: see `Conditioning`. A prefix is as long as the grid, with PADDING where
            nothing is given, and ends with SEPARATOR.
    """

    codebook_size: int = 1024
    classes: int = 0
    grid: tuple[int, int, int] = (4, 16, 16)
    multi_task: bool = True
    full_generation: bool = True
    layers: int = 12
    hidden: int = 768
    mlp: int = 3072
    heads: int = 12
    dropout: float = 0.1
    conditioning: Conditioning = "cond->input"

    def __post_init__(self) -> None:
        if self.hidden % self.heads:
            raise ValueError(f"hidden {self.hidden} does not divide by {self.heads} heads")

    @property
    def specials(self) -> int:
        return SPECIALS_MULTI_TASK if self.multi_task else SPECIALS_SINGLE_TASK

    @property
    def vocabulary(self) -> int:
        return self.codebook_size + self.classes + 1 + self.specials

    @property
    def prefix(self) -> int:
        """Number of ids before the tokens."""
        condition = prod(self.grid) + 1 if self.conditioning == "prefix" else 0
        return (2 if self.multi_task else 1) + condition

    @property
    def length(self) -> int:
        return self.prefix + prod(self.grid)


MAGVIT_B = BidirectionalConfig()
MAGVIT_L = replace(MAGVIT_B, layers=24, hidden=1024, mlp=4096, heads=16)
MAGVIT_H = replace(MAGVIT_B, layers=32, hidden=1280, mlp=5120, heads=16)


class Attention(nn.Module):
    """Full self-attention with separate biased projections. (b, s, hidden) → the same."""

    def __init__(self, config: BidirectionalConfig) -> None:
        super().__init__()
        self.heads, self.dropout = config.heads, config.dropout
        self.query = nn.Linear(config.hidden, config.hidden)
        self.key = nn.Linear(config.hidden, config.hidden)
        self.value = nn.Linear(config.hidden, config.hidden)
        self.out = nn.Linear(config.hidden, config.hidden)

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = (
            project(x).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for project in (self.query, self.key, self.value)
        )
        dropout = self.dropout if self.training else 0.0
        mixed = F.scaled_dot_product_attention(query, key, value, dropout_p=dropout)
        return self.out(mixed.transpose(1, 2).flatten(2))


class Layer(nn.Module):
    """Post-LN: the norm stands after the sum."""

    def __init__(self, config: BidirectionalConfig) -> None:
        super().__init__()
        self.attention = Attention(config)
        self.attention_norm = nn.LayerNorm(config.hidden, eps=NORM_EPSILON)
        self.up = nn.Linear(config.hidden, config.mlp)
        self.down = nn.Linear(config.mlp, config.hidden)
        self.mlp_norm = nn.LayerNorm(config.hidden, eps=NORM_EPSILON)
        self.drop = nn.Dropout(config.dropout)

    def forward(self, x: Tensor) -> Tensor:
        x = self.attention_norm(x + self.drop(self.attention(x)))
        mlp = self.down(F.gelu(self.up(x), approximate="tanh"))
        return self.mlp_norm(x + self.drop(mlp))


@TRANSFORMERS.register("bidirectional")
class BidirectionalTransformer(nn.Module):
    """The prior; see the module's docstring for vocabulary and sequence."""

    Config = BidirectionalConfig

    def __init__(self, config: BidirectionalConfig = MAGVIT_B) -> None:
        super().__init__()
        self.config = config
        self.codebook_size = config.codebook_size
        self.words = nn.Embedding(config.vocabulary, config.hidden)
        self.positions = nn.Parameter(torch.empty(config.length, config.hidden))
        self.embedding_norm = nn.LayerNorm(config.hidden, eps=NORM_EPSILON)
        self.drop = nn.Dropout(config.dropout)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.layers))
        self.head = nn.Linear(config.hidden, config.hidden)
        self.head_norm = nn.LayerNorm(config.hidden, eps=NORM_EPSILON)
        self.head_bias = nn.Parameter(torch.zeros(config.vocabulary))
        self.apply(_initialise)
        nn.init.trunc_normal_(self.positions, std=0.02, a=-0.04, b=0.04)

    def forward(self, ids: Tensor, rows: int | None = None) -> Tensor:
        """Ids (b, s), special ids negative → float32 logits (b, s, rows) over the first rows.

        `rows` None gives the whole vocabulary.
        """
        x = self.words(ids % self.config.vocabulary) + self.positions
        x = self.drop(self.embedding_norm(x))
        for layer in self.layers:
            x = layer(x)
        x = self.head_norm(F.gelu(self.head(x), approximate="tanh"))
        return F.linear(x, self.words.weight[:rows], self.head_bias[:rows]).float()

    def sequence(self, tokens: Tensor, condition: Condition) -> Tensor:
        """Token grid (b, t, h, w) → ids (b, prefix + t·h·w)."""
        return torch.cat([self._prefix(condition), tokens.flatten(1)], dim=1)

    def logits(self, tokens: Tensor, condition: Condition) -> Tensor:
        """Token grid int64 (b, t, h, w) → float32 logits (b, t, h, w, K) over the codes."""
        logits = self(self.sequence(tokens, condition), rows=self.codebook_size)
        return logits[:, self.config.prefix :].unflatten(1, tokens.shape[1:])

    def unconditional(self, condition: Condition) -> Condition:
        """No class; and the task of generating a whole clip, where the model knows it."""
        labels = torch.full_like(condition.labels, self.config.classes)
        tasks = condition.task_tokens
        if self.config.full_generation:
            tasks = torch.full_like(tasks, int(Special.FULL_GENERATION))
        free = replace(condition, labels=labels, task_tokens=tasks)
        if self.config.conditioning == "prefix":
            nothing = replace(condition, given=torch.zeros_like(condition.given), before=None)
            free = replace(free, before=self.told(nothing).before)
        return free

    def told(self, condition: Condition) -> Condition:
        """The condition in the way that this model was trained to be told it."""
        conditioning = self.config.conditioning
        if conditioning == "cond->input":
            return condition
        if conditioning != "prefix":
            return replace(condition, final=True)
        if condition.before is not None:
            return condition
        hints = torch.where(condition.given, condition.tokens, int(Special.PADDING))
        before = F.pad(hints.flatten(1), (0, 1), value=int(Special.SEPARATOR))
        return replace(condition, given=torch.zeros_like(condition.given), before=before)

    def _prefix(self, condition: Condition) -> Tensor:
        parts = [(self.config.codebook_size + condition.labels).unsqueeze(1)]
        if self.config.multi_task:
            parts.insert(0, condition.task_tokens.unsqueeze(1))
        before = self.told(condition).before
        return torch.cat(parts if before is None else [*parts, before], dim=1)


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.trunc_normal_(module.weight, std=0.02, a=-0.04, b=0.04)
    if isinstance(module, nn.Linear):
        nn.init.zeros_(module.bias)
