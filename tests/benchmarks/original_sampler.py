"""The algorithm of VideoGPT's authors for drawing tokens, to measure against.

Our own plain writing of what their published sampler does, on the weights of our network: one
module per box of the figure, separate projections, norms written out by hand. A cache of keys and
values there is, but each step attends to all of it with the future masked, looks up the code
vectors of the whole grid, builds the positions of the whole grid, projects the first frames' keys
and values again and computes a loss that nobody reads.
"""

from __future__ import annotations

from itertools import product
from math import sqrt

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.models.sparsity import dense_mask
from core.models.transformers import causal
from core.models.transformers.causal import CausalTransformer
from core.tokens import Condition

Place = tuple[int, int, int]


class Norm(nn.Module):
    def __init__(self, norm: causal.Norm) -> None:
        super().__init__()
        self.norm = norm

    def forward(self, x: Tensor, label: Tensor | None) -> Tensor:
        gain, shift = self._affine(label)
        mean = x.float().mean(dim=-1, keepdim=True)
        variance = (x.float() - mean).pow(2).mean(dim=-1, keepdim=True)
        normal = (x.float() - mean) * (1e-5 + torch.rsqrt(variance))
        return (normal * gain + shift).type_as(x)

    def _affine(self, label: Tensor | None) -> tuple[Tensor, Tensor]:
        if label is None:
            return self.norm.scale, self.norm.shift
        gain = 1 + self.norm.class_scale(label)
        shift = self.norm.class_shift(label)
        return gain[:, None, None, None], shift[:, None, None, None]


class Attention(nn.Module):
    """Of one position (b, 1, 1, 1, hidden) to a memory that is kept between the steps."""

    def __init__(self, attention: causal.Attention) -> None:
        super().__init__()
        self.attention = attention
        self.keys, self.values = torch.empty(0), torch.empty(0)

    def split(self, x: Tensor) -> Tensor:
        """(b, …, heads·d) → (b, heads, …, d)."""
        return x.unflatten(-1, (self.attention.heads, -1)).movedim(-2, 1)

    def attend(self, query: Tensor, mask: Tensor | None) -> Tensor:
        queries, keys, values = (
            x.flatten(start_dim=2, end_dim=-2) for x in (query, self.keys, self.values)
        )
        scores = torch.matmul(queries, keys.transpose(-1, -2)) / sqrt(queries.shape[-1])
        if mask is not None:
            scores = scores.masked_fill(mask == 0, -torch.inf)
        mixed = torch.matmul(F.softmax(scores, dim=-1), values)
        mixed = mixed.view(*query.shape[:-1], -1).movedim(1, -2).flatten(start_dim=-2)
        return self.attention.out(mixed)


class SelfAttention(Attention):
    def __init__(self, attention: causal.Attention, mask: Tensor) -> None:
        super().__init__(attention)
        self.register_buffer("mask", mask)

    def forward(self, x: Tensor, step: int, place: Place, grid: Place) -> Tensor:
        query = self.split(self.attention.query(x))
        key = self.split(self.attention.key(x))
        value = self.split(self.attention.value(x))
        if step == 0 or not len(self.keys):
            self.keys, self.values = (
                torch.zeros(*part.shape[:2], *grid, part.shape[-1], dtype=x.dtype)
                for part in (key, value)
            )
        t, h, w = place
        self.keys[:, :, t : t + 1, h : h + 1, w : w + 1] = key
        self.values[:, :, t : t + 1, h : h + 1, w : w + 1] = value
        return self.attend(query, self.mask[step : step + 1])


class ContextAttention(Attention):
    def forward(self, x: Tensor, context: Tensor, step: int) -> Tensor:
        query = self.split(self.attention.query(x))
        key = self.split(self.attention.key(context))
        value = self.split(self.attention.value(context))
        if step == 0 or not len(self.keys):
            self.keys, self.values = key, value
        return self.attend(query, None)


class Gelu(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(1.702 * x)


class Layer(nn.Module):
    def __init__(self, layer: causal.Layer, mask: Tensor) -> None:
        super().__init__()
        self.attention_norm = Norm(layer.attention_norm)
        self.attention = SelfAttention(layer.attention, mask)
        self.context_norm = Norm(layer.context_norm) if hasattr(layer, "context") else None
        self.context = ContextAttention(layer.context) if hasattr(layer, "context") else None
        self.mlp_norm = Norm(layer.mlp_norm)
        self.mlp = nn.Sequential(layer.up, Gelu(), layer.down)
        self.drop = nn.Dropout(0.2)

    def forward(
        self,
        x: Tensor,
        label: Tensor | None,
        context: Tensor | None,
        step: int,
        place: Place,
        grid: Place,
    ) -> Tensor:
        x = x + self.drop(self.attention(self.attention_norm(x, label), step, place, grid))
        if context is not None and self.context is not None and self.context_norm is not None:
            x = x + self.drop(self.context(self.context_norm(x, label), context, step))
        return x + self.drop(self.mlp(self.mlp_norm(x, label)))


class Positions(nn.Module):
    def __init__(self, model: CausalTransformer) -> None:
        super().__init__()
        self.tables = model.positions

    def forward(self, x: Tensor, place: Place, grid: Place) -> Tensor:
        t, h, w = grid
        tables = (
            self.tables.t.view(1, t, 1, 1, -1),
            self.tables.h.view(1, 1, h, 1, -1),
            self.tables.w.view(1, 1, 1, w, -1),
        )
        whole = torch.cat([table.expand(len(x), t, h, w, -1) for table in tables], dim=-1)
        return x + at(whole, place)


class OriginalSampler(nn.Module):
    """Draws the tokens of a grid one by one.

    The layers share one mask here; in the authors' code each has its own of length² floats.
    """

    def __init__(self, model: CausalTransformer) -> None:
        super().__init__()
        self.model, config = model, model.config
        if config.attention == "sparse":
            mask = dense_mask(config.grid).float()
        else:
            mask = torch.ones(config.length, config.length).tril_()
        self.positions = Positions(model)
        self.layers = nn.ModuleList(Layer(layer, mask) for layer in model.layers)
        self.norm = Norm(model.norm)
        self.places = list(product(*(range(size) for size in config.grid)))
        self.eval()

    @torch.no_grad()
    def sample(self, condition: Condition, *, greedy: bool = False) -> Tensor:
        """Tokens int64 (b, t, h, w); the likeliest of each place when `greedy`."""
        tokens = torch.zeros(len(condition.labels), *self.model.config.grid, dtype=torch.int64)
        prepared = self.prepare(condition)
        for step in range(self.model.config.length):
            self.draw(step, tokens, *prepared, greedy=greedy)
        return tokens

    def prepare(self, condition: Condition) -> tuple[Tensor | None, Tensor | None]:
        """Label as one-hot rows, and features of the first frames."""
        return self.model.one_hot(condition), self.model.embed_frames(condition)

    @torch.no_grad()
    def draw(
        self,
        step: int,
        tokens: Tensor,
        label: Tensor | None,
        context: Tensor | None,
        *,
        greedy: bool = False,
    ) -> None:
        """Writes the token of one step into `tokens` (b, t, h, w)."""
        place = self.places[step]
        codes = self.model.look_up(tokens)  # of the whole grid
        logits = self.logits(at(codes, self.places[max(step - 1, 0)]), label, context, step, place)
        F.cross_entropy(logits.movedim(-1, 1), at(tokens, place, trailing=0))
        chances = F.softmax(logits.flatten(0, 3), dim=-1)
        drawn = chances.argmax(-1) if greedy else torch.multinomial(chances, 1)
        t, h, w = place
        tokens[:, t : t + 1, h : h + 1, w : w + 1] = drawn.view(-1, 1, 1, 1)

    def logits(
        self, codes: Tensor, label: Tensor | None, context: Tensor | None, step: int, place: Place
    ) -> Tensor:
        """Code vectors (b, 1, 1, 1, D) of the token before → logits (b, 1, 1, 1, K)."""
        grid = self.model.config.grid
        x = self.model.embed(codes)
        if step == 0:
            x = self.model.start.type_as(x).expand_as(x)
        x = self.positions(x, place, grid)
        for layer in self.layers:
            x = layer(x, label, context, step, place, grid)
        return self.model.head(self.norm(x, label))


def at(x: Tensor, place: Place, trailing: int = 1) -> Tensor:
    """The slice (b, 1, 1, 1, …) of one place of (b, t, h, w, …)."""
    assert x.ndim == 4 + trailing
    t, h, w = place
    return x[:, t : t + 1, h : h + 1, w : w + 1]
