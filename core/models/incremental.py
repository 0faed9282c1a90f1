"""The causal transformer's decode: a position or a few at a time, from what is remembered.

It computes what `CausalTransformer.forward` does, with few operations and no byte read in vain.
What comes from classes and first frames is computed once per decode. Norms and head compute in
float32, the rest in the format of the model's weights.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import repeat
from math import ceil

import torch
import torch.nn.functional as F
from torch import Tensor

from core.models.graphs import Function, Graph
from core.models.memory import Memory, Sizes, SparseMemory, View
from core.models.prepared import LayerWeights, Weights, layers_of, weights_of
from core.models.products import Calls
from core.models.transformers.causal import NORM_EPSILON, CausalConfig, CausalTransformer
from core.tokens import Condition

GRAPH_REACH = 1024
"""A CUDA graph attends to slots in multiples of this number."""
GRAPH_AFTER = 4
"""Passes of a width run so often without a graph: making one takes the time of many."""

Affine = Sequence[Tensor]
"""Gain and shift of a norm."""


@torch.inference_mode()
def begin(model: CausalTransformer, condition: Condition) -> Decode:
    """A new decode of the condition's batch; of it, `labels` and `frames` are read."""
    return Decode(model, condition, Graph if condition.tokens.is_cuda else None)


class Decode:
    """One decode; see `core.decoders.Incremental`.

    Args:
        graph: makes launches of fixed shape out of a function and its first arguments; None to
            call functions as they are, with shapes that are just large enough.
    """

    @torch.inference_mode()
    def __init__(
        self,
        model: CausalTransformer,
        condition: Condition,
        graph: Callable[[Function, Sequence[Tensor]], Function] | None,
    ) -> None:
        self._config, self._weights = model.config, weights_of(model)
        self._batch, inputs = len(condition.labels), self._weights.inputs
        self.memory = _memory(self._config, self._batch, inputs)
        self._positions = torch.arange(self._config.length, device=inputs.device)
        self._affines = self._affines_of(model, condition)
        self._context = self._context_of(model, condition)
        self._programs: dict[int, Program] = {}
        self._graph, self._passes = graph, Counter[int]()
        self._graphs: dict[tuple[int, int], Function] = {}

    def _affines_of(self, model: CausalTransformer, condition: Condition) -> list[Tensor]:
        """Gain and shift (2, b, 1, hidden) of each norm, in the order of their use."""
        label = model.one_hot(condition)
        if label is None:
            return []
        norms = []
        for layer in layers_of(model):
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
            for layer in layers_of(model)
        ]

    def _by_head(self, x: Tensor) -> Tensor:
        """(b, s, heads·d) → (b·heads, s, d) for attention."""
        split = x.unflatten(-1, (self._config.heads, -1)).transpose(1, 2)
        return split.flatten(0, 1).to(attention_dtype(x))

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
        self._passes[m] += 1
        if self._graph is None or self._passes[m] <= GRAPH_AFTER:
            return self._run(rows, positions, self.memory.view(slot, positions))
        slots = self._positions[slot : slot + m]
        reach = min(ceil((slot + m) / GRAPH_REACH) * GRAPH_REACH, self.memory.slots)
        if (m, reach) not in self._graphs:
            run = partial(self._run_fixed, reach)
            self._graphs[m, reach] = self._graph(run, (rows, positions, slots))
        return self._graphs[m, reach](rows, positions, slots).clone()

    def _rows(self, first: int, tokens: Tensor) -> Tensor:
        """Rows (b, m) of the table of inputs."""
        codebooks = self._config.codebooks
        if codebooks > 1:  # n tokens of a place stand side by side, each of its codebook
            before = torch.arange(first - 1, first - 1 + tokens.shape[1], device=tokens.device)
            tokens = tokens + before % codebooks * self._config.codebook_size
        if first > 0:
            return tokens
        start = torch.full_like(tokens[:, :1], len(self._weights.inputs) - 1)
        return torch.cat([start, tokens[:, 1:]], dim=1)

    def _run_fixed(self, end: int, rows: Tensor, positions: Tensor, slots: Tensor) -> Tensor:
        """`_run` with shapes that do not depend on the positions."""
        return self._run(rows, positions, self.memory.fixed_view(slots, positions, end))

    def _run(self, rows: Tensor, positions: Tensor, view: View) -> Tensor:
        """Rows of inputs (b, m) at positions (m,) → float32 logits (b, m, K)."""
        program = self._program_for(rows.shape[1])
        places = self._weights.places.index_select(0, positions)
        torch.add(F.embedding(rows, self._weights.inputs), places, out=program.start)
        layers = zip(program.layers, view.store, view.keys, view.values, strict=True)
        for (before, after), store, keys, values in layers:
            for call in before:
                call()
            store(program.heads.others)
            program.heads.attend(keys, values, view.hidden)
            for call in after:
                call()
        return program.logits().unflatten(0, rows.shape)

    def _program_for(self, m: int) -> Program:
        if m not in self._programs:
            self._programs[m] = Program(
                self._config, self._weights, self._affines, self._context, self._batch, m
            )
        return self._programs[m]


def _memory(config: CausalConfig, batch: int, like: Tensor) -> Memory:
    width = config.hidden // config.heads
    sizes = Sizes(config.layers, batch, config.heads, width, config.grid)
    remember = SparseMemory if config.attention == "sparse" else Memory
    return remember(sizes, like.new_empty(0, dtype=attention_dtype(like)))


class Program:
    """What is computed for m positions of each sample, as calls on buffers that stay.

    Prepared once per width: so a token takes few operations, and little of Python. A CUDA graph
    goes on writing into these buffers.

    Attributes:
        start: (b, m, hidden), to be written: what goes into the first layer.
        heads: where queries, keys and values are found before each layer's self-attention, and
            where its result is expected.
        layers: calls before and after the self-attention of each layer.
    """

    def __init__(
        self,
        config: CausalConfig,
        weights: Weights,
        affines: Sequence[Tensor],
        context: Sequence[tuple[Tensor, Tensor]],
        batch: int,
        m: int,
    ) -> None:
        rows, inputs, heads = batch * m, weights.inputs, config.heads
        query = (batch, heads, m, config.hidden // heads)
        self.start = inputs.new_empty(batch, m, config.hidden)
        self.heads = Heads(query, 3, query[-1], inputs)
        self._stream = self.start.flatten(0, 1)
        self._normal = torch.empty_like(self._stream)
        self._up = inputs.new_empty(rows, config.mlp_width)
        self._context_heads = Heads(query, 1, config.context_width // heads, inputs)
        # Gain and shift (b·m, hidden) of one norm after another.
        every = (each.expand(-1, -1, m, -1).flatten(1, 2).unbind(0) for each in affines)
        self._affines: Iterator[Affine | None] = every if affines else repeat(None)
        self.layers = []
        for number, layer in enumerate(weights.layers):
            of_context = context[number] if context else None
            self.layers.append(self._layer(layer.suited(rows), of_context))
        self._head, self._last_affine = weights.head.suited(rows), next(self._affines)

    def logits(self) -> Tensor:
        """(b·m, K) of what the last layer gave."""
        return self._head(normed(self._stream.float(), self._last_affine))

    def _layer(
        self, layer: LayerWeights, context: tuple[Tensor, Tensor] | None
    ) -> tuple[Calls, Calls]:
        before = [self._norm(), *layer.qkv.into(self.heads.projected, self._normal)]
        after = layer.out.added_to(self._stream, self.heads.mixed)
        if context is not None and layer.context_query and layer.context_out:
            heads = self._context_heads
            after += [
                self._norm(),
                *layer.context_query.into(heads.projected, self._normal),
                partial(heads.attend, *context, None),
                *layer.context_out.added_to(self._stream, heads.mixed),
            ]
        after += [
            self._norm(),
            *layer.up.silu_into(self._up, self._normal),
            *layer.down.added_to(self._stream, self._up),
        ]
        return before, after

    def _norm(self) -> Callable[[], object]:
        return partial(normed, self._stream, next(self._affines), self._normal)


class Heads:
    """Where m positions of each sample go into attention, and where they come out.

    On a CPU attention computes in float32, whatever the format of the rest.

    Args:
        query: shape (b, heads, m, d).
        parts: how many such things are projected, queries being the first.
        value_width: channels of a value of one head.
        like: of the type and on the device of what goes in.

    Attributes:
        projected: (b·m, parts·heads·d), to be written.
        others: (parts - 1, b, heads, d, m): the parts behind the queries.
        mixed: (b·m, heads·…): the result.
    """

    def __init__(
        self, query: tuple[int, int, int, int], parts: int, value_width: int, like: Tensor
    ) -> None:
        (b, heads, m, width), dtype = query, attention_dtype(like)
        self.projected = like.new_empty(b * m, parts * heads * width, dtype=dtype)
        by_head = self.projected.view(b, m, parts, heads, width).permute(2, 0, 3, 1, 4)
        self.others = by_head[1:].mT
        self._queries, self._take_queries = _reshaped(by_head[0], (b * heads, m, width), dtype)
        self._values = like.new_empty(b * heads, m, value_width, dtype=dtype)
        by_row = self._values.unflatten(0, (b, heads)).transpose(1, 2)
        self.mixed, self._give_mixed = _reshaped(by_row, (b * m, heads * value_width), like.dtype)

    def attend(self, keys: Tensor, values: Tensor, hidden: Tensor | None) -> None:
        """To keys (b·heads, d, n) and values (b·heads, n, …)."""
        if self._take_queries:
            self._take_queries()
        query = self._queries
        scores = torch.bmm(query, keys) if hidden is None else torch.baddbmm(hidden, query, keys)
        torch.bmm(scores.softmax(-1), values, out=self._values)
        if self._give_mixed:
            self._give_mixed()


def attention_dtype(like: Tensor) -> torch.dtype:
    """On a CPU bfloat16 products of a single query are slower than float32."""
    return torch.float32 if like.is_cpu else like.dtype


def _reshaped(
    source: Tensor, shape: tuple[int, ...], dtype: torch.dtype
) -> tuple[Tensor, Callable[[], Tensor] | None]:
    """`source` in another shape, and what brings that up to date where it is not a view."""
    result = source.reshape(shape).to(dtype)
    if result.data_ptr() == source.data_ptr():
        return result, None
    return result, partial(result.view(source.shape).copy_, source)


def normed(x: Tensor, affine: Affine | None, result: Tensor | None = None) -> Tensor:
    """A norm of the model over rows (rows, hidden), written into `result` if there is one."""
    y, _, reciprocal = torch.native_layer_norm(x, x.shape[-1:], None, None, 0.0)
    if x.dtype == torch.float32:  # elsewhere the epsilon is far below the last bit
        last = result if affine is None else None
        y = torch.addcdiv(y, y, reciprocal, value=NORM_EPSILON, out=last)
    elif affine is None and result is not None:
        return result.copy_(y)
    if affine is None:
        return y
    gain, shift = affine
    return torch.addcmul(shift, y, gain, out=result)
