"""The causal transformer's decode: a position or a few at a time, from what is remembered.

It computes what `CausalTransformer.forward` does, with few operations and no byte read in vain.
Weights are prepared once per model: code vectors have gone through `embed`; query, key and value
are one product; gain and shift of a norm that knows no classes have moved into the product behind
it, and so has the scale of the scores. x·sigmoid(1.702·x) is silu(1.702·x) / 1.702: both factors
have moved into the products around it. What comes from classes and first frames is computed once
per decode.

Norms and head compute in float32, the rest in the format of the model's weights. On a CPU
attention, too, is float32: its bfloat16 products of a single query are slower.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from math import ceil, sqrt
from typing import cast
from weakref import WeakKeyDictionary

import torch
import torch.nn.functional as F
from torch import Tensor

from core.models.graphs import Function, Graph
from core.models.memory import Memory, Sizes, SparseMemory, View
from core.models.products import Product, product
from core.models.transformers.causal import (
    GELU_SCALE,
    NORM_EPSILON,
    Attention,
    CausalTransformer,
    Layer,
    Norm,
)
from core.tokens import Condition

GRAPH_REACH = 1024
"""A CUDA graph attends to slots in multiples of this number."""
GRAPH_WIDTH = 32
"""Wider passes run without a graph."""


# ── once per model ──────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, eq=False)
class LayerWeights:
    """The products of one layer; those of the context are None where there is none."""

    qkv: Product
    out: Product
    context_query: Product | None
    context_out: Product | None
    up: Product
    down: Product


@dataclass(frozen=True, eq=False)
class Weights:
    """A model as its decodes read it.

    Attributes:
        inputs: (codebooks·K + 1, hidden), what stands for each code, and the start behind them.
        places: (length, hidden), the positions' vectors.
    """

    inputs: Tensor
    places: Tensor
    layers: tuple[LayerWeights, ...]
    head: Product

    @classmethod
    def of(cls, model: CausalTransformer) -> Weights:
        dtype = model.start.dtype
        codes = F.linear(model.codes.float(), model.embed.weight.float())
        return cls(
            torch.cat([codes, model.start.unsqueeze(0)]).to(dtype),
            model.positions().flatten(0, 2),
            tuple(_layer_weights(layer, dtype) for layer in _layers(model)),
            _behind(model.norm, model.head.weight, None, torch.float32),
        )


def _layers(model: CausalTransformer) -> Iterator[Layer]:
    return (cast(Layer, layer) for layer in model.layers)


def _layer_weights(layer: Layer, dtype: torch.dtype) -> LayerWeights:
    own, out = layer.attention, layer.attention.out
    qkv = torch.cat([_scaled_query(own), own.key.weight, own.value.weight])
    context_query = context_out = None
    if hasattr(layer, "context"):
        context_query = _behind(layer.context_norm, _scaled_query(layer.context), None, dtype)
        context_out = product(layer.context.out.weight, layer.context.out.bias)
    up_weight, up_bias = (GELU_SCALE * part.float() for part in (layer.up.weight, layer.up.bias))
    down_weight = (layer.down.weight.float() / GELU_SCALE).to(dtype)
    return LayerWeights(
        qkv=_behind(layer.attention_norm, qkv, None, dtype),
        out=product(out.weight, out.bias),
        context_query=context_query,
        context_out=context_out,
        up=_behind(layer.mlp_norm, up_weight, up_bias, dtype),
        down=product(down_weight, layer.down.bias),
    )


def _scaled_query(attention: Attention) -> Tensor:
    weight = attention.query.weight.float()
    return weight / sqrt(weight.shape[0] // attention.heads)


def _behind(norm: Norm, weight: Tensor, bias: Tensor | None, dtype: torch.dtype) -> Product:
    """The product behind a norm, with the norm's gain and shift if those are always the same."""
    weight = weight.float()
    if not norm.classes:
        gain, shift = norm.affine(None)
        bias = weight @ shift if bias is None else bias + weight @ shift
        weight = weight * gain
    return product(weight.to(dtype), None if bias is None else bias.to(dtype))


_prepared: WeakKeyDictionary[CausalTransformer, tuple[object, Weights]] = WeakKeyDictionary()


def weights_of(model: CausalTransformer) -> Weights:
    """Those of the model, prepared again only when its tensors were changed or exchanged."""
    tensors = model.state_dict(keep_vars=True).values()
    stamp = [(t.data_ptr(), 0 if t.is_inference() else t._version) for t in tensors]
    if model not in _prepared or _prepared[model][0] != stamp:
        _prepared[model] = stamp, Weights.of(model)
    return _prepared[model][1]


# ── once per decode ─────────────────────────────────────────────────────────────────────────────


@torch.inference_mode()
def begin(model: CausalTransformer, condition: Condition) -> Decode:
    """A new decode of the condition's batch; of it, `labels` and `frames` are read."""
    graph = Graph if condition.tokens.is_cuda else None
    return Decode(model, weights_of(model), condition, graph)


class Decode:
    """One decode; see `core.decoders.Incremental`.

    Args:
        graph: makes launches of fixed shape out of a function and its first arguments; None to
            call functions as they are, with shapes that are just large enough.
    """

    def __init__(
        self,
        model: CausalTransformer,
        weights: Weights,
        condition: Condition,
        graph: Callable[[Function, Sequence[Tensor]], Function] | None,
    ) -> None:
        config, device = model.config, weights.inputs.device
        self._weights = weights
        self._codebooks, self._codebook_size = config.codebooks, config.codebook_size
        self._sizes = Sizes(
            config.layers,
            len(condition.labels),
            config.heads,
            config.hidden // config.heads,
            config.grid,
        )
        dtype = torch.float32 if device.type == "cpu" else weights.inputs.dtype
        self._like = weights.inputs.new_empty(0, dtype=dtype)
        remember = SparseMemory if config.attention == "sparse" else Memory
        self.memory = remember(self._sizes, self._like)
        self._context_width = config.context_width // config.heads
        self._buffers: dict[int, Buffers] = {}
        self._positions = torch.arange(config.length, device=device)
        self._affines = self._affines_of(model, condition)
        self._context = self._context_of(model, condition)
        self._graph = graph
        self._graphs: dict[tuple[int, int], Function] = {}

    def _affines_of(self, model: CausalTransformer, condition: Condition) -> list[Tensor]:
        """Gain and shift (2, b, 1, hidden) of each norm, in the order of their use."""
        label = model.one_hot(condition)
        if label is None:
            return []
        norms = []
        for layer in _layers(model):
            norms.append(layer.attention_norm)
            if hasattr(layer, "context"):
                norms.append(layer.context_norm)
            norms.append(layer.mlp_norm)
        dtype = self._weights.inputs.dtype
        affines = [torch.stack(norm.affine(label)).to(dtype) for norm in norms]
        return [*affines, torch.stack(model.norm.affine(label))]

    def _context_of(
        self, model: CausalTransformer, condition: Condition
    ) -> list[tuple[Tensor, Tensor]]:
        """Keys (b·heads, d, s) and values (b·heads, s, d) of the first frames in each layer."""
        features = model.embed_frames(condition)
        if features is None:
            return []
        return [
            (
                self._by_head(layer.context.key(features)).transpose(1, 2).contiguous(),
                self._by_head(layer.context.value(features)),
            )
            for layer in _layers(model)
        ]

    def _by_head(self, x: Tensor) -> Tensor:
        """(b, s, heads·d) → (b·heads, s, d) for attention."""
        split = x.unflatten(-1, (self._sizes.heads, -1)).transpose(1, 2)
        return split.flatten(0, 1).to(self._like.dtype)

    @torch.inference_mode()
    def logits(self, first: int, tokens: Tensor) -> Tensor:
        """Int64 (b, m) → float32 (b, m, K); see `core.decoders.Incremental`."""
        pieces, results = tokens.split(self.memory.widest, dim=1), []
        for piece in pieces:
            results.append(self._pass(first, piece))
            first += piece.shape[1]
        return results[0] if len(results) == 1 else torch.cat(results, dim=1)

    def _pass(self, first: int, tokens: Tensor) -> Tensor:
        m = tokens.shape[1]
        slot = self.memory.turn_to(first, m)
        rows, positions = self._rows(first, tokens), self._positions[first : first + m]
        if self._graph is None or m > GRAPH_WIDTH:
            return self._run(rows, positions, self.memory.view(slot, positions))
        slots = self._positions[slot : slot + m]
        reach = min(ceil((slot + m) / GRAPH_REACH) * GRAPH_REACH, self.memory.slots)
        if (m, reach) not in self._graphs:
            run = partial(self._run_fixed, reach)
            self._graphs[m, reach] = self._graph(run, (rows, positions, slots))
        return self._graphs[m, reach](rows, positions, slots).clone()

    def _rows(self, first: int, tokens: Tensor) -> Tensor:
        """Rows (b, m) of the table of inputs."""
        if self._codebooks > 1:  # n tokens of a place stand side by side, each of its codebook
            before = torch.arange(first - 1, first - 1 + tokens.shape[1], device=tokens.device)
            tokens = tokens + before % self._codebooks * self._codebook_size
        if first > 0:
            return tokens
        start = torch.full_like(tokens[:, :1], len(self._weights.inputs) - 1)
        return torch.cat([start, tokens[:, 1:]], dim=1)

    def _run_fixed(self, end: int, rows: Tensor, positions: Tensor, slots: Tensor) -> Tensor:
        """`_run` with shapes that do not depend on the positions."""
        return self._run(rows, positions, self.memory.fixed_view(slots, positions, end))

    def _run(self, rows: Tensor, positions: Tensor, view: View) -> Tensor:
        """Rows of inputs (b, m) at positions (m,) → float32 logits (b, m, K)."""
        weights, buffers = self._weights, self._buffers_for(rows.shape[1])
        own, context, affines = buffers.own, buffers.context, iter(buffers.affines)
        x = F.embedding(rows, weights.inputs) + weights.places.index_select(0, positions)
        x = x.flatten(0, 1)  # (b·m, hidden)
        for number, layer in enumerate(weights.layers):
            layer.qkv.into(own.projected, normal(x, next(affines)))
            view.store[number](own.others)
            mixed = own.attend(view.keys[number], view.values[number], view.hidden)
            x = layer.out.added_to(x, mixed.to(x.dtype))
            if layer.context_query is not None and layer.context_out is not None:
                layer.context_query.into(context.projected, normal(x, next(affines)))
                mixed = context.attend(*self._context[number], None)
                x = layer.context_out.added_to(x, mixed.to(x.dtype))
            x = layer.down.added_to(x, layer.up.silu(normal(x, next(affines))))
        return weights.head(normal(x.float(), next(affines))).unflatten(0, rows.shape)

    def _buffers_for(self, m: int) -> Buffers:
        """Made once per width and kept, since a graph goes on writing there."""
        if m not in self._buffers:
            sizes, like = self._sizes, self._like
            affines = [a.expand(-1, -1, m, -1).flatten(1, 2).unbind(0) for a in self._affines]
            self._buffers[m] = Buffers(
                Heads(sizes, m, 3, sizes.head_width, like),
                Heads(sizes, m, 1, self._context_width, like),
                affines or repeat(None),
            )
        return self._buffers[m]


@dataclass(frozen=True, eq=False)
class Buffers:
    """What passes over m positions need.

    Attributes:
        own, context: of attention to earlier positions and to first frames.
        affines: gain and shift (b·m, hidden) of each norm, in the order of their use; None where
            the product behind the norm contains them.
    """

    own: Heads
    context: Heads
    affines: Iterable[Sequence[Tensor] | None]


class Heads:
    """Where m positions of each sample go into attention, and where they come out.

    Attributes:
        projected: (b·m, parts·heads·d), to be written: queries, and what else is projected.
        others: (parts - 1, b, heads, d, m): the parts behind the queries.
    """

    def __init__(self, sizes: Sizes, m: int, parts: int, value_width: int, like: Tensor) -> None:
        b, heads, width = sizes.batch, sizes.heads, sizes.head_width
        self.projected = like.new_empty(b * m, parts * heads * width)
        by_head = self.projected.view(b, m, parts, heads, width).permute(2, 0, 3, 1, 4)
        self._query, self.others = by_head[0], by_head[1:].mT
        mixed = like.new_empty(b, heads, m, value_width)
        self._mixed, self._rows = mixed.flatten(0, 1), mixed.transpose(1, 2)
        self._by_head, self._by_row = (b * heads, m, width), (b * m, heads * value_width)

    def attend(self, keys: Tensor, values: Tensor, hidden: Tensor | None) -> Tensor:
        """Keys (b·heads, d, n), values (b·heads, n, …) → mixed values (b·m, heads·…)."""
        query = self._query.reshape(self._by_head)
        scores = torch.bmm(query, keys) if hidden is None else torch.baddbmm(hidden, query, keys)
        torch.bmm(scores.softmax(-1), values, out=self._mixed)
        return self._rows.reshape(self._by_row)


def normal(x: Tensor, affine: Sequence[Tensor] | None) -> Tensor:
    """A norm of the model over rows (rows, hidden), with this gain and shift."""
    y, _, reciprocal = torch.native_layer_norm(x, x.shape[-1:], None, None, 0.0)
    if x.dtype == torch.float32:  # elsewhere the epsilon is far below the last bit
        y.addcdiv_(y, reciprocal, value=NORM_EPSILON)
    return y if affine is None else torch.addcmul(affine[1], y, affine[0]).to(x.dtype)
