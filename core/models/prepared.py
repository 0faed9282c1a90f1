"""The causal transformer's weights as its decodes read them, prepared once per model.

Code vectors have gone through `embed`; query, key and value are one product; gain and shift of a
norm that knows no classes have moved into the product behind it, and so has the scale of the
scores. x·sigmoid(1.702·x) is silu(1.702·x) / 1.702: both factors have moved into the products
around it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from math import sqrt
from typing import cast
from weakref import WeakKeyDictionary

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.models.products import Product, product
from core.models.transformers.causal import (
    GELU_SCALE,
    Attention,
    CausalTransformer,
    Layer,
    Norm,
)

SMALL = 64 * 2**20
"""A model of at most so many bytes in float32 decodes in float32 on a CPU, though its weights are
bfloat16: that is as fast, since calls and not bytes take the time. And rounding then hardly ever
makes a token depend on how many positions go through the model at once."""


@dataclass(frozen=True, eq=False)
class LayerWeights:
    """The products of one layer; those of the context are None where there is none."""

    qkv: Product
    out: Product
    context_query: Product | None
    context_out: Product | None
    up: Product
    down: Product

    def suited(self, rows: int) -> LayerWeights:
        """The same for so many rows."""
        products = (getattr(self, field.name) for field in fields(self))
        return LayerWeights(*(each and each.suited(rows) for each in products))


@dataclass(frozen=True, eq=False)
class Weights:
    """A model as its decodes read it.

    Attributes:
        inputs: (codebooks·K + 1, hidden), what stands for each code, and the start behind them.
        places: (length, hidden), the positions' vectors.
        head: in float32.
    """

    inputs: Tensor
    places: Tensor
    layers: tuple[LayerWeights, ...]
    head: Product

    @classmethod
    def of(cls, model: CausalTransformer) -> Weights:
        dtype = decode_dtype(model)
        codes = F.linear(model.codes.float(), model.embed.weight.float())
        return cls(
            torch.cat([codes, model.start.unsqueeze(0)]).to(dtype),
            model.positions().flatten(0, 2).to(dtype),
            tuple(_layer_weights(layer, dtype) for layer in layers_of(model)),
            _behind(model.norm, model.head.weight, None, torch.float32),
        )


_prepared: WeakKeyDictionary[CausalTransformer, tuple[object, Weights]] = WeakKeyDictionary()


@torch.inference_mode()
def weights_of(model: CausalTransformer) -> Weights:
    """Those of the model, prepared again only when its tensors were changed or exchanged."""
    tensors = model.state_dict(keep_vars=True).values()
    stamp = [(t.data_ptr(), 0 if t.is_inference() else t._version) for t in tensors]
    if model not in _prepared or _prepared[model][0] != stamp:
        _prepared[model] = stamp, Weights.of(model)
    return _prepared[model][1]


def decode_dtype(model: CausalTransformer) -> torch.dtype:
    """What a decode of the model computes with."""
    size = 4 * sum(weight.numel() for weight in model.layers.parameters())
    return torch.float32 if model.start.is_cpu and size <= SMALL else model.start.dtype


def layers_of(model: CausalTransformer) -> Iterator[Layer]:
    return (cast(Layer, layer) for layer in model.layers)


def _layer_weights(layer: Layer, dtype: torch.dtype) -> LayerWeights:
    own = layer.attention
    qkv = torch.cat([_scaled_query(own), own.key.weight, own.value.weight])
    context_query = context_out = None
    if hasattr(layer, "context"):
        context_query = _behind(layer.context_norm, _scaled_query(layer.context), None, dtype)
        context_out = _linear(layer.context.out, dtype)
    up_weight, up_bias = (GELU_SCALE * part.float() for part in (layer.up.weight, layer.up.bias))
    return LayerWeights(
        qkv=_behind(layer.attention_norm, qkv, None, dtype),
        out=_linear(own.out, dtype),
        context_query=context_query,
        context_out=context_out,
        up=_behind(layer.mlp_norm, up_weight, up_bias, dtype),
        down=_linear(layer.down, dtype, scale=1 / GELU_SCALE),
    )


def _scaled_query(attention: Attention) -> Tensor:
    weight = attention.query.weight.float()
    return weight / sqrt(weight.shape[0] // attention.heads)


def _linear(layer: nn.Linear, dtype: torch.dtype, scale: float = 1.0) -> Product:
    return product((layer.weight.float() * scale).to(dtype), layer.bias.to(dtype))


def _behind(norm: Norm, weight: Tensor, bias: Tensor | None, dtype: torch.dtype) -> Product:
    """The product behind a norm, with the norm's gain and shift if those are always the same."""
    weight = weight.float()
    if not norm.classes:
        gain, shift = norm.affine(None)
        bias = weight @ shift if bias is None else bias + weight @ shift
        weight = weight * gain
    return product(weight.to(dtype), None if bias is None else bias.to(dtype))
