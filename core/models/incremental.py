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

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from math import ceil, sqrt
from typing import cast
from weakref import WeakKeyDictionary

import torch
import torch.nn.functional as F
from torch import Tensor

from core.models.graphs import Graph
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


def _weights(model: CausalTransformer) -> Weights:
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
    return Decode(model, _weights(model), condition)


class Decode:
    """One decode; see `core.decoders.Incremental`."""

    def __init__(self, model: CausalTransformer, weights: Weights, condition: Condition) -> None:
        config, device = model.config, weights.inputs.device
        self._weights, self._batch, self._heads = weights, len(condition.labels), config.heads
        self._width = config.hidden // config.heads
        self._codebooks, self._codebook_size = config.codebooks, config.codebook_size
        on_cpu = device.type == "cpu"
        self._attention_dtype = torch.float32 if on_cpu else weights.inputs.dtype
        sizes = Sizes(config.layers, self._batch, self._heads, self._width, config.grid)
        remember = SparseMemory if config.attention == "sparse" else Memory
        self.memory = remember(sizes, weights.inputs.new_empty(0, dtype=self._attention_dtype))
        self._positions = torch.arange(config.length, device=device)
        self._affines = self._affines_of(model, condition)
        self._context = self._context_of(model, condition)
        self._graphs: dict[tuple[int, int], Graph] | None = {} if device.type == "cuda" else None

    def _affines_of(self, model: CausalTransformer, condition: Condition) -> Tensor | None:
        """Gains and shifts of all norms, (norms, 2, b, 1, hidden) in the order of their use."""
        label = model.one_hot(condition)
        if label is None:
            return None
        norms = []
        for layer in _layers(model):
            norms.append(layer.attention_norm)
            if hasattr(layer, "context"):
                norms.append(layer.context_norm)
            norms.append(layer.mlp_norm)
        affines = [torch.stack(norm.affine(label)) for norm in (*norms, model.norm)]
        return torch.stack(affines)

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
        split = x.unflatten(-1, (self._heads, -1)).transpose(1, 2)
        return split.flatten(0, 1).to(self._attention_dtype)

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
        if self._graphs is None or m > GRAPH_WIDTH:
            return self._run(rows, positions, self.memory.view(slot, positions))
        slots = self._positions[slot : slot + m]
        reach = min(ceil((slot + m) / GRAPH_REACH) * GRAPH_REACH, self.memory.slots)
        if (m, reach) not in self._graphs:
            self._graphs[m, reach] = Graph(
                partial(self._run_fixed, reach), (rows, positions, slots)
            )
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
        weights, affines = self._weights, self._affines_of_rows(rows.shape[1])
        x = F.embedding(rows, weights.inputs) + weights.places.index_select(0, positions)
        x = x.flatten(0, 1)  # (b·m, hidden)
        for number, layer in enumerate(weights.layers):
            x = layer.out.added_to(x, self._attend(number, layer.qkv(normal(x, affines)), view))
            if layer.context_query is not None and layer.context_out is not None:
                query = layer.context_query(normal(x, affines))
                x = layer.context_out.added_to(x, self._attend_to_context(number, query))
            x = layer.down.added_to(x, layer.up.silu(normal(x, affines)))
        logits = weights.head(normal(x.float(), affines))
        return logits.unflatten(0, rows.shape)

    def _attend(self, number: int, qkv: Tensor, view: View) -> Tensor:
        """Queries, keys and values (b·m, 3·heads·d) → mixed values (b·m, heads·d)."""
        parts = qkv.view(self._batch, -1, 3, self._heads, self._width).permute(2, 0, 3, 1, 4)
        view.store[number](parts[1:])
        query = parts[0].flatten(0, 1).to(self._attention_dtype)
        return self._mixed(query, view.keys[number], view.values[number], view.hidden, qkv.dtype)

    def _attend_to_context(self, number: int, query: Tensor) -> Tensor:
        """(b·m, heads·d) → (b·m, heads·value width)."""
        split = query.view(self._batch, -1, self._heads, self._width).transpose(1, 2)
        keys, values = self._context[number]
        queries = split.flatten(0, 1).to(self._attention_dtype)
        return self._mixed(queries, keys, values, None, query.dtype)

    def _mixed(
        self, query: Tensor, keys: Tensor, values: Tensor, hidden: Tensor | None, dtype: torch.dtype
    ) -> Tensor:
        """Attention of (b·heads, m, d) to (b·heads, n, …) → (b·m, heads·value width)."""
        scores = torch.bmm(query, keys) if hidden is None else torch.baddbmm(hidden, query, keys)
        mixed = torch.bmm(scores.softmax(-1), values).unflatten(0, (self._batch, self._heads))
        return mixed.transpose(1, 2).flatten(2).flatten(0, 1).to(dtype)

    def _affines_of_rows(self, m: int) -> Iterator[Tensor | None]:
        """Gains and shifts (2, b·m, hidden) of the norms one after another."""
        if self._affines is None:
            return repeat(None)
        return iter(self._affines.expand(-1, -1, -1, m, -1).flatten(2, 3))


def normal(x: Tensor, affines: Iterator[Tensor | None]) -> Tensor:
    """A norm of the model, with the next gain and shift."""
    y, _, reciprocal = torch.native_layer_norm(x, x.shape[-1:], None, None, 0.0)
    if x.dtype == torch.float32:  # elsewhere the epsilon is far below the last bit
        y.addcdiv_(y, reciprocal, value=NORM_EPSILON)
    affine = next(affines)
    return y if affine is None else torch.addcmul(affine[1], y, affine[0])
