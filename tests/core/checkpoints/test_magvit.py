"""The authors' parameter names and layouts, for sizes that no golden vectors have."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from core.checkpoints.magvit import (
    tokenizer_key,
    tokenizer_weights,
    transformer_key,
    transformer_weights,
)
from core.errors import UserError
from core.models.layers import ResBlock
from core.models.tokenizers.vqgan3d import MAGVIT_B, MAGVIT_B_64, VQGAN3D, VQGAN3DConfig
from core.models.transformers.bidirectional import BidirectionalConfig, BidirectionalTransformer

SMALL = VQGAN3DConfig(
    filters=32,
    multipliers=(1, 2, 1, 1, 2),
    temporal_down=(False, True, False, True),
    res_blocks=3,
    embedding_dim=8,
    codebook_size=16,
)


def authors_paths(model: VQGAN3D) -> dict[str, str]:
    """Our parameter names by the authors' paths, from the order of use in our own modules."""
    names: dict[str, str] = {"quantizer/codebook": "quantizer.codebook"}
    for side in ("encoder", "decoder"):
        module: nn.Module = getattr(model, side)
        blocks, convolutions = 0, 1
        names[f"{side}/Conv_0"] = f"{side}.conv_in"
        for position, layer in enumerate(module.stages):
            here = f"{side}.stages.{position}"
            if isinstance(layer, ResBlock):
                names[f"{side}/ResBlock_{blocks}"] = here
                blocks += 1
            elif hasattr(layer, "conv"):
                names[f"{side}/Conv_{convolutions}"] = f"{here}.conv"
                convolutions += 1
        names[f"{side}/Conv_{convolutions}"] = f"{side}.conv_out"
        names[f"{side}/GroupNorm_0"] = f"{side}.norm_out"
    return names


@pytest.mark.parametrize("config", [SMALL, MAGVIT_B, MAGVIT_B_64], ids=["deep", "B", "B-64"])
def test_layers_are_numbered_in_the_order_of_their_use(config: VQGAN3DConfig) -> None:
    with torch.device("meta"):
        model = VQGAN3D(config)
    ours = set(model.state_dict())

    for path, name in authors_paths(model).items():
        if "ResBlock" in path:
            assert tokenizer_key(f"{path}/GroupNorm_1/scale", config) == f"{name}.norm2.weight"
            assert f"{name}.norm2.weight" in ours
        elif "/" in path and path != "quantizer/codebook":
            assert tokenizer_key(f"{path}/bias", config) == f"{name}.bias"


def test_heads_are_folded_into_the_hidden_axis() -> None:
    hidden, heads, size = 6, 2, 3
    layer = "BertLayer_0/BertAttention_0/self_attention"
    query = np.random.default_rng(0).normal(size=(hidden, heads, size)).astype(np.float32)
    out = np.random.default_rng(1).normal(size=(heads, size, hidden)).astype(np.float32)
    x = np.random.default_rng(2).normal(size=hidden).astype(np.float32)
    y = np.random.default_rng(3).normal(size=(heads, size)).astype(np.float32)

    ours = transformer_weights({f"{layer}/query/kernel": query, f"{layer}/out/kernel": out})

    projected = ours["layers.0.attention.query.weight"].numpy() @ x
    np.testing.assert_allclose(projected, np.einsum("i,ihd->hd", x, query).ravel(), rtol=1e-5)
    mixed = ours["layers.0.attention.out.weight"].numpy() @ y.ravel()
    np.testing.assert_allclose(mixed, np.einsum("hd,hdo->o", y, out), rtol=1e-5)


def test_convolutions_change_from_channels_last_to_first() -> None:
    kernel = np.arange(3 * 3 * 3 * 3 * 32, dtype=np.float16).reshape(3, 3, 3, 3, 32)

    ours = tokenizer_weights({"encoder/Conv_0/kernel": kernel}, SMALL)["encoder.conv_in.weight"]

    assert ours.shape == (32, 3, 3, 3, 3)
    assert ours.dtype == torch.float32
    assert ours[7, 2, 0, 1, 2] == float(kernel[0, 1, 2, 2, 7])


def test_every_parameter_of_a_transformer_has_a_name_of_theirs() -> None:
    config = BidirectionalConfig(
        codebook_size=8, grid=(1, 2, 2), layers=2, hidden=4, mlp=8, heads=2
    )
    attention = ["query", "key", "value", "out"]
    inner = [f"BertAttention_0/self_attention/{part}" for part in attention]
    inner += ["BertMlp_0/intermediate_output", "BertMlp_0/layer_output"]
    norms = ["BertAttention_0/attention_output_ln", "BertMlp_0/layer_output_ln"]
    paths = [
        f"BertLayer_{n}/{p}/{leaf}" for n in (0, 1) for p in inner for leaf in ("kernel", "bias")
    ]
    paths += [
        f"BertLayer_{n}/{p}/{leaf}" for n in (0, 1) for p in norms for leaf in ("scale", "bias")
    ]
    outer = ["BertEmbed_0/word_embeddings/embedding", "BertEmbed_0/position_embeddings/embedding"]
    outer += [f"BertEmbed_0/embeddings_ln/{leaf}" for leaf in ("scale", "bias")]
    outer += [
        f"BertMlmLayer_0/{p}" for p in ("mlm_dense/kernel", "mlm_dense/bias", "mlm_bias/bias")
    ]
    outer += [f"BertMlmLayer_0/mlm_ln/{leaf}" for leaf in ("scale", "bias")]

    ours = {transformer_key(path) for path in paths + outer}

    assert ours == set(BidirectionalTransformer(config).state_dict())


@pytest.mark.parametrize(
    "path", ["encoder/Dense_0/kernel", "head", "encoder/ResBlock_0/Conv_9/bias"]
)
def test_a_foreign_parameter_is_refused_by_name(path: str) -> None:
    with pytest.raises(UserError, match=path):
        tokenizer_key(path, SMALL)
    with pytest.raises(UserError, match=path):
        transformer_key(path)
