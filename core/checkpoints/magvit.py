"""Weights of MAGVIT's authors (flax parameter trees) as weights of our networks.

A parameter is addressed by its flax path ("encoder/ResBlock_0/Conv_1/kernel"). Within a module,
flax numbers layers of one kind in the order of their use; that order follows from the sizes.
Layouts: convolutions (kt, kh, kw, in, out) or, in a network of single frames, (kh, kw, in, out);
dense (in, out); attention q/k/v (hidden, heads, d) and out (heads, d, hidden).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.errors import UserError
from core.models.tokenizers.vqgan3d import VQGANSizes

Arrays = Mapping[str, NDArray]

_BLOCK_LAYERS = {
    "GroupNorm_0": "norm1",
    "Conv_0": "conv1",
    "GroupNorm_1": "norm2",
    "Conv_1": "conv2",
    "Conv_2": "shortcut",
}
_JUDGE_BLOCK_LAYERS = {"Conv_0": "conv1", "Conv_1": "shortcut", "Conv_2": "conv2"}
_JUDGE_PARTS = {
    "Conv_0": "conv_in",
    "Conv_1": "conv_out",
    "Dense_0": "hidden",
    "Dense_1": "verdict",
}
_LEAVES = {"kernel": "weight", "scale": "weight", "embedding": "weight", "bias": "bias"}

_ATTENTION = "BertAttention_0"
_LAYER_PARTS = {
    f"{_ATTENTION}/self_attention/query": "attention.query",
    f"{_ATTENTION}/self_attention/key": "attention.key",
    f"{_ATTENTION}/self_attention/value": "attention.value",
    f"{_ATTENTION}/self_attention/out": "attention.out",
    f"{_ATTENTION}/attention_output_ln": "attention_norm",
    "BertMlp_0/intermediate_output": "up",
    "BertMlp_0/layer_output": "down",
    "BertMlp_0/layer_output_ln": "mlp_norm",
}
_RASTER_LAYER_PARTS = {
    "LayerNorm_0": "attention_norm",
    "SelfAttention_0/query": "query",
    "SelfAttention_0/key": "key",
    "SelfAttention_0/value": "value",
    "SelfAttention_0/out": "out",
    "LayerNorm_1": "mlp_norm",
    "MlpBlock_0/Dense_0": "up",
    "MlpBlock_0/Dense_1": "down",
}
_RASTER_PARTS = {
    "Embed_0": "words",
    "decoder_out_ln": "norm",
    "logits_dense": "out",
}
_OUTER_PARTS = {
    "BertEmbed_0/word_embeddings/embedding": "words.weight",
    "BertEmbed_0/position_embeddings/embedding": "positions",
    "BertEmbed_0/embeddings_ln/scale": "embedding_norm.weight",
    "BertEmbed_0/embeddings_ln/bias": "embedding_norm.bias",
    "BertMlmLayer_0/mlm_dense/kernel": "head.weight",
    "BertMlmLayer_0/mlm_dense/bias": "head.bias",
    "BertMlmLayer_0/mlm_ln/scale": "head_norm.weight",
    "BertMlmLayer_0/mlm_ln/bias": "head_norm.bias",
    "BertMlmLayer_0/mlm_bias/bias": "head_bias",
}


def tokenizer_weights(arrays: Arrays, config: VQGANSizes) -> dict[str, Tensor]:
    """State of a `VQGAN3D` or `VQGAN2D` from the authors' generator parameters, float32.

    Raises:
        UserError: a parameter is not one of such a tokenizer.
    """
    return {
        tokenizer_key(path, config): _tensor(_convolution(array)) for path, array in arrays.items()
    }


def discriminator_weights(arrays: Arrays) -> dict[str, Tensor]:
    """State of a `Discriminator` from the authors' parameters, float32.

    Raises:
        UserError: a parameter is not one of such a discriminator.
    """
    return {
        discriminator_key(path): _tensor(_dense(path, _convolution(array)))
        for path, array in arrays.items()
    }


def transformer_weights(arrays: Arrays) -> dict[str, Tensor]:
    """State of a `BidirectionalTransformer` from the authors' parameters, float32.

    Raises:
        UserError: a parameter is not one of such a transformer.
    """
    return {transformer_key(path): _tensor(_dense(path, array)) for path, array in arrays.items()}


def autoregressive_weights(arrays: Arrays) -> dict[str, Tensor]:
    """State of an `AutoregressiveTransformer` from the authors' parameters, float32.

    Raises:
        UserError: a parameter is not one of such a transformer.
    """
    return {
        autoregressive_key(path): _tensor(_dense(path, array)) for path, array in arrays.items()
    }


def tokenizer_key(path: str, config: VQGANSizes) -> str:
    """ "decoder/Conv_1/bias" → "decoder.stages.4.conv.bias" (in the B sizes)."""
    if path == "quantizer/codebook":
        return "quantizer.codebook"
    side, _, rest = path.partition("/")
    layer, _, inner = rest.partition("/")
    kind, _, number = layer.partition("_")
    if side not in ("encoder", "decoder") or not number.isdigit():
        raise _unknown(path, "tokenizer")
    index = int(number)
    if kind == "GroupNorm":
        return f"{side}.norm_out.{_leaf(inner, path)}"
    if kind == "Conv":
        return f"{side}.{_outer_convolution(side, index, config)}.{_leaf(inner, path)}"
    part, _, leaf = inner.partition("/")
    if kind != "ResBlock" or part not in _BLOCK_LAYERS:
        raise _unknown(path, "tokenizer")
    position = _block_position(side, index, config)
    return f"{side}.stages.{position}.{_BLOCK_LAYERS[part]}.{_leaf(leaf, path)}"


def discriminator_key(path: str) -> str:
    """ "ResBlock_2/Conv_1/kernel" → "blocks.2.shortcut.weight"."""
    outer, _, leaf = path.rpartition("/")
    if outer in _JUDGE_PARTS:
        return f"{_JUDGE_PARTS[outer]}.{_leaf(leaf, path)}"
    match = re.fullmatch(r"ResBlock_(\d+)/(\w+)", outer)
    if match is None or match[2] not in _JUDGE_BLOCK_LAYERS:
        raise _unknown(path, "discriminator")
    return f"blocks.{match[1]}.{_JUDGE_BLOCK_LAYERS[match[2]]}.{_leaf(leaf, path)}"


def transformer_key(path: str) -> str:
    """ "BertLayer_2/BertMlp_0/layer_output/kernel" → "layers.2.down.weight"."""
    if path in _OUTER_PARTS:
        return _OUTER_PARTS[path]
    match = re.fullmatch(r"BertLayer_(\d+)/(.+)/(\w+)", path)
    if match is None or match[2] not in _LAYER_PARTS:
        raise _unknown(path, "transformer")
    return f"layers.{match[1]}.{_LAYER_PARTS[match[2]]}.{_leaf(match[3], path)}"


def autoregressive_key(path: str) -> str:
    """ "VTNLayer_1/MlpBlock_0/Dense_1/kernel" → "layers.1.down.weight"."""
    if path == "PositionEmbeddings_0/embed_pos":
        return "positions"
    outer, _, leaf = path.rpartition("/")
    if outer in _RASTER_PARTS:
        return f"{_RASTER_PARTS[outer]}.{_leaf(leaf, path)}"
    match = re.fullmatch(r"VTNLayer_(\d+)/(.+)", outer)
    if match is None or match[2] not in _RASTER_LAYER_PARTS:
        raise _unknown(path, "autoregressive transformer")
    return f"layers.{match[1]}.{_RASTER_LAYER_PARTS[match[2]]}.{_leaf(leaf, path)}"


def _block_position(side: str, block: int, config: VQGANSizes) -> int:
    """Where residual block number `block` stands among blocks and resamplings."""
    group = block // config.res_blocks
    if side == "encoder":  # stage, pool, …, stage, middle
        return block + min(group, len(config.halves_time))
    return block + max(group - 1, 0)  # middle, stage, up, …, stage


def _outer_convolution(side: str, index: int, config: VQGANSizes) -> str:
    if index == 0:
        return "conv_in"
    last = 1 if side == "encoder" else len(config.multipliers)
    if index == last:
        return "conv_out"
    position = config.res_blocks * (index + 1) + index - 1  # after the middle and `index` stages
    return f"stages.{position}.conv"


def _leaf(name: str, path: str) -> str:
    if name not in _LEAVES:
        raise _unknown(path, "network")
    return _LEAVES[name]


def _convolution(array: NDArray) -> NDArray:
    if array.ndim == 4:
        array = array[None]  # a kernel of one frame
    return array.transpose(4, 3, 0, 1, 2) if array.ndim == 5 else array


def _dense(path: str, array: NDArray) -> NDArray:
    """Heads are folded into the hidden axis: of the inputs of "out", of the outputs of others."""
    if path.endswith("/bias"):
        return array.reshape(-1)
    if path.endswith("/embed_pos"):
        return array[0]
    if not path.endswith("/kernel") or array.ndim == 5:
        return array
    joined = (-1, array.shape[-1]) if path.endswith("/out/kernel") else (len(array), -1)
    return array.reshape(joined).T


def _tensor(array: NDArray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))


def _unknown(path: str, kind: str) -> UserError:
    return UserError(
        f"“{path}” is no parameter of a MAGVIT {kind}. Choose a checkpoint of the authors' code."
    )
