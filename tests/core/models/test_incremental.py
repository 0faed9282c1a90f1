"""The causal transformer's decode against its forward pass."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from core.models import prepared
from core.models.graphs import Function
from core.models.incremental import Decode
from core.models.prepared import weights_of
from core.models.transformers.causal import CausalConfig, CausalTransformer
from core.tokens import Condition
from tests.operations import Operations
from tests.priors import TINY, TINY_PRIORS, condition_for, random_prior

pytestmark = pytest.mark.usefixtures("one_thread")
every_prior = pytest.mark.parametrize("config", TINY_PRIORS.values(), ids=TINY_PRIORS.keys())


def before(condition: Condition) -> Tensor:
    """The token before each position, (b, length); what stands before the first is not read."""
    tokens = condition.tokens.flatten(1)
    return torch.cat([torch.full_like(tokens[:, :1], -7), tokens[:, :-1]], dim=1)


def in_passes(decode: Any, tokens: Tensor, widths: Sequence[int]) -> Tensor:
    """Logits (b, length, K) of passes over so many positions, again and again."""
    first, results = 0, []
    while first < tokens.shape[1]:
        end = first + widths[len(results) % len(widths)]
        results.append(decode.logits(first, tokens[:, first:end]))
        first = end
    return torch.cat(results, dim=1)


@torch.no_grad()
def expected(model: CausalTransformer, condition: Condition) -> Tensor:
    return model(condition.tokens, condition).flatten(1, 3)


def assert_close(ours: Tensor, theirs: Tensor, tolerance: float = 2e-5) -> None:
    torch.testing.assert_close(ours, theirs, rtol=0, atol=tolerance)


@every_prior
@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("widths", [[1], [5, 1, 40], [10_000]], ids=str)
def test_logits_are_those_of_a_forward_pass(
    config: CausalConfig, batch: int, widths: list[int]
) -> None:
    model, condition = random_prior(config), condition_for(config, batch)

    logits = in_passes(model.begin(condition), before(condition), widths)

    assert logits.dtype == torch.float32
    assert_close(logits, expected(model, condition))


@every_prior
@settings(deadline=None, max_examples=8)
@given(data=st.data())
def test_going_back_is_asking_again(config: CausalConfig, data: st.DataObject) -> None:
    model, condition = random_prior(config), condition_for(config)
    tokens, decode, known = before(condition), model.begin(condition), 0
    theirs = expected(model, condition)

    for _ in range(8):
        first = data.draw(st.integers(max(0, known - 40), min(known, config.length - 1)))
        end = first + data.draw(st.integers(1, min(40, config.length - first)))
        wrong = (tokens[:, first:end] + 1) % config.codebook_size
        decode.logits(first, wrong)  # what a wrong guess leaves behind is overwritten
        assert_close(decode.logits(first, tokens[:, first:end]), theirs[:, first:end])
        known = end


@every_prior
@pytest.mark.parametrize("widths", [[1], [3, 1, 4]], ids=str)
def test_shapes_that_suit_a_graph_give_the_same_logits(
    config: CausalConfig, widths: list[int]
) -> None:
    model, condition = random_prior(config), condition_for(config, 2)
    shapes = []

    def recorded(function: Function, arguments: Sequence[Tensor]) -> Function:
        """A graph without a device: what it would be captured with must fit later calls."""
        captured = [argument.shape for argument in arguments]
        shapes.append(captured)

        def call(*arguments: Tensor) -> Tensor:
            assert [argument.shape for argument in arguments] == captured
            return function(*arguments)

        return call

    decode = Decode(model, condition, recorded)
    logits = in_passes(decode, before(condition), widths)

    assert_close(logits, expected(model, condition))
    assert len(shapes) == len(widths)  # one for each, whatever the position is


@pytest.mark.parametrize("name", ["full", "class and frames", "sparse"])
def test_bfloat16_is_as_near_as_its_own_forward_pass(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepared, "SMALL", 0)
    config = TINY_PRIORS[name]
    model, condition = random_prior(config), condition_for(config, 2)
    exact = expected(model, condition)
    model.to(torch.bfloat16)

    logits = in_passes(model.begin(condition), before(condition), [1, 1, 1, 5])

    assert weights_of(model).inputs.dtype == torch.bfloat16
    assert logits.dtype == torch.float32
    ours, theirs = ((x - exact).std() for x in (logits, expected(model, condition)))
    assert ours < 1.2 * theirs < 0.05 * exact.std()


def test_a_small_model_in_bfloat16_decodes_in_float32() -> None:
    model, condition = random_prior(TINY).to(torch.bfloat16), condition_for(TINY)

    logits = in_passes(model.begin(condition), before(condition), [1, 4])

    assert_close(logits, expected(model.float(), condition))


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("small", [0, prepared.SMALL], ids=["bfloat16", "float32"])
def test_the_number_of_threads_changes_no_bit(
    batch: int, small: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is chosen while a decode goes on, and equal requests shall give equal clips."""
    monkeypatch.setattr(prepared, "SMALL", small)
    config = replace(TINY, hidden=252, layers=2, codebook_size=300)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)  # when weights are prepared
    model, condition = random_prior(config).to(torch.bfloat16), condition_for(config, batch)
    results = []

    for threads in (1, 2):
        torch.set_num_threads(threads)
        results.append(in_passes(model.begin(condition), before(condition), [1, 1, 3]))
    torch.set_num_threads(1)

    assert torch.equal(*results)


# ── what it costs ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "per_layer"), [("full", 18), ("sparse", 18), ("class", 20), ("frames", 27)]
)
def test_a_token_takes_few_operations(name: str, per_layer: int) -> None:
    """The authors' sampler takes about 90 a layer."""
    config = TINY_PRIORS[name]
    model, condition = random_prior(config), condition_for(config)
    decode, tokens = model.begin(condition), before(condition)
    in_passes(decode, tokens[:, :3], [1])

    with torch.inference_mode(), Operations() as operations:
        decode.logits(3, tokens[:, 3:4])

    assert operations.counts.total() <= per_layer * config.layers + 25


def test_weights_are_prepared_once_and_again_after_a_change() -> None:
    model, condition = random_prior(TINY), condition_for(TINY)
    first = weights_of(model)
    assert weights_of(model) is first

    with torch.no_grad():
        model.head.weight.mul_(2)

    assert weights_of(model) is not first
    logits = in_passes(model.begin(condition), before(condition), [1])
    assert_close(logits, expected(model, condition), tolerance=5e-5)


def test_prepared_weights_go_with_their_model() -> None:
    model = random_prior(TINY)
    weights = weakref.ref(weights_of(model))

    del model
    gc.collect()

    assert weights() is None


@pytest.mark.gpu
@pytest.mark.parametrize("name", ["full", "sparse", "class and frames"])
def test_a_cuda_graph_gives_the_same_logits(name: str) -> None:
    if not torch.cuda.is_available():
        pytest.skip("there is no CUDA device")
    config = TINY_PRIORS[name]
    model, condition = random_prior(config).cuda(), condition_for(config, 2)
    condition = Condition(
        *(part.cuda() for part in (condition.tokens, condition.given, condition.task_tokens)),
        condition.labels.cuda(),
        None if condition.frames is None else condition.frames.cuda(),
    )

    logits = in_passes(model.begin(condition), before(condition), [1, 1, 1, 8])

    assert_close(logits, expected(model, condition), tolerance=1e-4)
