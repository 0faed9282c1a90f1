"""The causal transformer, against its formulas written out plainly."""

from __future__ import annotations

import copy
from dataclasses import replace
from math import sqrt

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from core.models.sparsity import dense_mask
from core.models.transformers.causal import (
    QUERIES_AT_ONCE,
    Attention,
    CausalConfig,
    CausalTransformer,
    Layer,
    Norm,
    _attention_in_stages,
)
from core.tokens import Condition

FULL = CausalConfig(
    codebook_size=11,
    embedding_dim=5,
    grid=(2, 3, 4),
    hidden=14,
    heads=4,
    layers=2,
    classes=3,
    context_frames=2,
    context_size=(8, 8),
    context_depths=(1, 1, 1, 1),
    context_widths=(3, 3, 3, 7),
)
SPARSE = replace(FULL, grid=(8, 8, 8), attention="sparse", classes=0, context_frames=0)
LONG = replace(FULL, grid=(4, 10, 12), context_frames=0, dropout=0.0, attention_dropout=0.0)
"""Longer than what is attended to at once in training."""
TWO_CODEBOOKS = replace(FULL, codebooks=2, classes=0, context_frames=0)
pytestmark = pytest.mark.usefixtures("one_thread")


def model_of(config: CausalConfig) -> CausalTransformer:
    """Random weights with nothing left at 0 or 1: a fresh head would answer zeros."""
    torch.manual_seed(0)
    model = CausalTransformer(config)
    for weight in model.parameters():
        nn.init.normal_(weight, std=0.4)
    return model.eval()


def condition_of(config: CausalConfig, batch: int = 2) -> Condition:
    generator = torch.Generator().manual_seed(1)
    tokens = torch.randint(config.codebook_size, (batch, *config.grid), generator=generator)
    frames = torch.rand(batch, 3, config.context_frames, *config.context_size, generator=generator)
    return Condition(
        tokens,
        torch.zeros_like(tokens, dtype=torch.bool),
        torch.zeros(batch, dtype=torch.int64),
        torch.arange(batch) % max(config.classes, 1),
        frames if config.context_frames else None,
    )


# ── the formulas, one position and one head at a time ───────────────────────────────────────────


def plain_norm(norm: Norm, x: Tensor, label: int) -> Tensor:
    centred = x - x.mean(-1, keepdim=True)
    normal = centred * (1e-5 + 1 / centred.pow(2).mean(-1, keepdim=True).sqrt())
    if not norm.classes:
        return normal * norm.scale + norm.shift
    return normal * (1 + norm.class_scale.weight[:, label]) + norm.class_shift.weight[:, label]


def plain_attention(attention: Attention, x: Tensor, memory: Tensor, mask: Tensor) -> Tensor:
    heads = []
    for head in range(attention.heads):
        query, key, value = (
            of @ project.weight.chunk(attention.heads)[head].T
            for project, of in (
                (attention.query, x),
                (attention.key, memory),
                (attention.value, memory),
            )
        )
        logits = (query @ key.T / sqrt(query.shape[-1])).masked_fill(~mask, -torch.inf)
        heads.append(logits.softmax(-1) @ value)
    return attention.out(torch.cat(heads, dim=-1))


def plain_layer(
    layer: Layer, x: Tensor, label: int, context: Tensor | None, mask: Tensor
) -> Tensor:
    normal = plain_norm(layer.attention_norm, x, label)
    x = x + plain_attention(layer.attention, normal, normal, mask)
    if context is not None:
        normal = plain_norm(layer.context_norm, x, label)
        everything = torch.ones(len(x), len(context), dtype=torch.bool)
        x = x + plain_attention(layer.context, normal, context, everything)
    up = layer.up(plain_norm(layer.mlp_norm, x, label))
    return x + layer.down(up / (1 + torch.exp(-1.702 * up)))


def plain(model: CausalTransformer, condition: Condition, sample: int) -> Tensor:
    """Logits (length, K) of one sample."""
    config = model.config
    t, h, w = config.grid
    tokens, label = condition.tokens[sample].flatten(), int(condition.labels[sample])
    numbers = [place % w % config.codebooks for place in range(config.length)]
    rows = [n * config.codebook_size + token for n, token in zip(numbers, tokens, strict=True)]
    embedded = [model.start, *(model.embed.weight @ model.codes[row] for row in rows[:-1])]
    tables = model.positions
    places = [(a, b, c) for a in range(t) for b in range(h) for c in range(w)]
    x = torch.stack(
        [
            vector + torch.cat([tables.t[a], tables.h[b], tables.w[c]])
            for vector, (a, b, c) in zip(embedded, places, strict=True)
        ]
    )
    features = model.embed_frames(condition)
    context = None if features is None else features[sample]
    mask = torch.ones(config.length, config.length, dtype=torch.bool).tril()
    if config.attention == "sparse":
        mask = dense_mask(config.grid)
    for layer in model.layers:
        x = plain_layer(layer, x, label, context, mask)
    return plain_norm(model.norm, x, label) @ model.head.weight.T


@pytest.mark.parametrize("config", [FULL, SPARSE, TWO_CODEBOOKS])
@torch.no_grad()
def test_logits_are_those_of_the_formulas(config: CausalConfig) -> None:
    model, condition = model_of(config), condition_of(config)

    logits = model(condition.tokens, condition)

    assert logits.shape == (2, *config.grid, config.codebook_size)
    for sample in range(2):
        expected = plain(model, condition, sample)
        torch.testing.assert_close(logits[sample].flatten(0, 2), expected, rtol=1e-4, atol=1e-4)


# ── what it reads ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("config", [FULL, SPARSE, TWO_CODEBOOKS])
@settings(deadline=None, max_examples=15)
@given(data=st.data())
@torch.no_grad()
def test_a_token_changes_no_logits_up_to_its_own_place(
    config: CausalConfig, data: st.DataObject
) -> None:
    model, condition = model_of(config), condition_of(config, batch=1)
    place = data.draw(st.integers(0, config.length - 2))
    other = condition.tokens.flatten().clone()
    other[place] = (other[place] + 1) % config.codebook_size

    before = model(condition.tokens, condition).flatten(0, 3)
    after = model(other.view_as(condition.tokens), condition).flatten(0, 3)

    assert torch.equal(before[: place + 1], after[: place + 1])
    assert not torch.equal(before[place + 1], after[place + 1])


@torch.no_grad()
def test_class_and_first_frames_both_matter_to_every_token() -> None:
    model, condition = model_of(FULL), condition_of(FULL)
    assert condition.frames is not None
    logits = model(condition.tokens, condition)

    relabelled = replace(condition, labels=(condition.labels + 1) % FULL.classes)
    repainted = replace(condition, frames=1 - condition.frames)

    for other in (relabelled, repainted):
        changed = (model(condition.tokens, other) - logits).abs().amax(-1)
        assert changed.min() > 1e-3


@torch.no_grad()
def test_without_a_class_gains_are_one_and_shifts_zero() -> None:
    model, condition = model_of(FULL), condition_of(FULL)
    free = replace(condition, labels=torch.full_like(condition.labels, FULL.classes))
    logits = model(condition.tokens, free)

    for norm in (part for part in model.modules() if isinstance(part, Norm)):
        norm.class_scale.weight.zero_()
        norm.class_shift.weight.zero_()

    torch.testing.assert_close(logits, model(condition.tokens, condition))


@torch.no_grad()
def test_grey_frames_stand_in_for_those_that_are_not_given() -> None:
    model, condition = model_of(FULL), condition_of(FULL)
    assert condition.frames is not None
    grey = replace(condition, frames=torch.full_like(condition.frames, 0.5))

    logits = model(condition.tokens, replace(condition, frames=None))

    assert torch.equal(logits, model(condition.tokens, grey))


# ── training ────────────────────────────────────────────────────────────────────────────────────


def test_a_fresh_model_gives_all_codes_the_same_chance() -> None:
    condition = condition_of(FULL)

    logits = CausalTransformer(FULL)(condition.tokens, condition)

    assert torch.equal(logits, torch.zeros_like(logits))


def test_starts_are_as_wide_as_the_authors_made_them() -> None:
    config = replace(FULL, hidden=240, embedding_dim=64, mlp=32, codebook_size=64)
    torch.manual_seed(0)
    model = CausalTransformer(config)
    layer = model.layers[0]

    stds = {
        0.02: (model.embed.weight, model.start),
        0.01: (model.positions.t, model.positions.h, model.positions.w),
        1 / sqrt(240): (layer.attention.query.weight, layer.context.query.weight),
        1 / sqrt(7): (layer.context.key.weight, layer.context.value.weight),
        1 / sqrt(240 * 2): (layer.attention.out.weight, layer.context.out.weight),
    }

    for std, weights in stds.items():
        for weight in weights:
            assert weight.std().item() == pytest.approx(std, rel=0.2)
    assert torch.allclose(model.norm.class_scale.weight, torch.tensor(1 / sqrt(3)))


@pytest.mark.parametrize(("attention", "random"), [("full", True), ("sparse", False)])
def test_dropout_of_attention_is_for_full_attention_in_training_alone(
    attention: str, random: bool
) -> None:
    config = replace(SPARSE, attention=attention, dropout=0.0, attention_dropout=0.5)
    model, condition = model_of(config).train(), condition_of(config)

    first, second = (model(condition.tokens, condition) for _ in range(2))

    assert torch.equal(first, second) is not random
    model.eval()
    still = [model(condition.tokens, condition) for _ in range(2)]
    assert torch.equal(*still)


def test_dropout_is_active_in_training_alone() -> None:
    config = replace(SPARSE, dropout=0.5)
    model, condition = model_of(config), condition_of(config)

    assert torch.equal(*(model(condition.tokens, condition) for _ in range(2)))
    model.train()
    assert not torch.equal(*(model(condition.tokens, condition) for _ in range(2)))


def test_every_weight_learns_and_the_code_vectors_do_not() -> None:
    model, condition = model_of(FULL), condition_of(FULL)

    model(condition.tokens, condition).logsumexp(-1).sum().backward()

    assert all(weight.grad is not None and weight.grad.any() for weight in model.parameters())
    assert "codes" in model.state_dict()
    assert not model.codes.requires_grad


@pytest.mark.parametrize("config", [FULL, SPARSE])
@torch.no_grad()
def test_bf16_is_near_and_its_logits_are_float32(config: CausalConfig) -> None:
    model, condition = model_of(config), condition_of(config)
    exact = model(condition.tokens, condition)

    rough = model.to(torch.bfloat16)(condition.tokens, condition)

    assert rough.dtype == torch.float32
    assert (rough - exact).abs().max() < 0.1 * exact.abs().max()


@pytest.mark.parametrize("config", [LONG, replace(LONG, attention="sparse")])
def test_gradients_in_bf16_are_near_those_of_float32(config: CausalConfig) -> None:
    model, condition = model_of(config).train(), condition_of(config)
    rough = copy.deepcopy(model).to(torch.bfloat16)
    for network in (model, rough):
        logits = network(condition.tokens, condition)
        F.cross_entropy(logits.flatten(0, 3), condition.tokens.flatten()).backward()

    for exact, weight in zip(model.parameters(), rough.parameters(), strict=True):
        assert exact.grad is not None
        assert weight.grad is not None
        error = (weight.grad.float() - exact.grad).norm() / exact.grad.norm()
        assert error < 0.15


@pytest.mark.parametrize("length", [5, QUERIES_AT_ONCE, 2 * QUERIES_AT_ONCE + 7])
def test_attention_in_stages_is_causal_attention(length: int) -> None:
    projected = [torch.randn(2, 3, length, 5, requires_grad=True) for _ in range(3)]
    upstream = torch.randn(2, 3, length, 5)

    ours = _attention_in_stages(*projected)
    theirs = F.scaled_dot_product_attention(*projected, is_causal=True)

    torch.testing.assert_close(ours, theirs)
    gradients = (torch.autograd.grad(mixed, projected, upstream) for mixed in (ours, theirs))
    for our, their in zip(*gradients, strict=True):
        torch.testing.assert_close(our, their)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_the_norm_of_a_narrow_input_is_computed_in_float32(dtype: torch.dtype) -> None:
    norm = Norm(64, classes=0).to(dtype)
    x = (100 + torch.randn(1, 8, 64)).to(dtype)

    wide = x.double()
    expected = (wide - wide.mean(-1, keepdim=True)) / wide.std(-1, correction=0, keepdim=True)

    torch.testing.assert_close(norm(x, None).double(), expected, rtol=0.01, atol=0.01)


def test_masks_that_were_made_for_inference_serve_in_training() -> None:
    dense_mask.cache_clear()
    model, condition = model_of(SPARSE), condition_of(SPARSE)
    with torch.inference_mode():
        model(condition.tokens, condition)

    model(condition.tokens, condition).sum().backward()

    assert model.start.grad is not None


# ── sizes ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"hidden": 2}, "hidden 2 is too narrow"),
        ({"codebooks": 3}, "3 codebooks do not divide rows of 4"),
        ({"attention": "strided"}, "'strided', not 'full' or 'sparse'"),
        ({"attention": "sparse"}, "multiple of 32 tokens, 2x3x4 are 24"),
        ({"context_size": (8, 10)}, "8x10 do not divide by 4"),
        ({"context_depths": (1, 1, 1)}, "are no groups of blocks"),
        ({"context_depths": (1, 1), "context_widths": (3, 7)}, "are no groups of blocks"),
        ({"context_widths": (8, 8, 8, 2)}, "context width 2 is too narrow"),
    ],
)
def test_sizes_that_cannot_be_are_refused(wrong: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(FULL, **wrong)


def test_the_model_whose_weights_were_published_has_141_million() -> None:
    config = CausalConfig(grid=(4, 32, 32), hidden=768, heads=8, layers=20, attention="sparse")
    with torch.device("meta"):
        model = CausalTransformer(config)

    weights = sum(weight.numel() for weight in model.parameters())
    assert weights == pytest.approx(141e6, rel=0.02)
