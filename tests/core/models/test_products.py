"""Products of one row or a few against torch's linear layer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
import torch.nn.functional as F

from core.models.products import Calls, Dense, Either, Packed, SplitInputs, SplitOutputs, product

KINDS = [
    (Dense, torch.float32, 1),
    (Dense, torch.bfloat16, 3),
    (Packed, torch.float32, 3),
    (Packed, torch.bfloat16, 1),
    (SplitInputs, torch.float32, 1),
    (SplitOutputs, torch.float32, 1),
    (Either, torch.float32, 1),
    (Either, torch.float32, 3),
]


@pytest.fixture(autouse=True)
def _three_threads() -> Iterator[None]:
    """So that outputs are split into two or three parts."""
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


def run(calls: Calls) -> None:
    for call in calls:
        call()


@pytest.mark.parametrize(("kind", "dtype", "rows"), KINDS)
@pytest.mark.parametrize("shape", [(8, 12), (12, 8), (7, 5)])
@pytest.mark.parametrize("biased", [True, False])
def test_all_products_are_a_linear_layer(
    kind: type, dtype: torch.dtype, rows: int, shape: tuple[int, int], biased: bool
) -> None:
    torch.manual_seed(0)
    weight, x, residual = (
        torch.randn(size).to(dtype) for size in (shape, (rows, shape[1]), (rows, shape[0]))
    )
    bias = torch.randn(shape[0]).to(dtype) if biased else None
    ours, result = kind(weight, bias), torch.empty(rows, shape[0], dtype=dtype)
    tolerance = 0.05 if dtype == torch.bfloat16 else 1e-5

    expected = F.linear(x, weight, bias)
    sums, activated = residual.clone(), torch.empty_like(residual)
    for calls in (
        ours.into(result, x),
        ours.added_to(sums, x),
        ours.silu_into(activated, x),
    ):
        run(calls)

    for found, wanted in (
        (ours(x), expected),
        (result, expected),
        (activated, expected * expected.sigmoid()),
        (sums, residual + expected),
    ):
        torch.testing.assert_close(found, wanted, atol=tolerance, rtol=tolerance)


def test_calls_read_what_is_there_when_they_are_called() -> None:
    weight, x, result = torch.ones(4, 6), torch.ones(1, 6), torch.empty(1, 4)
    calls = product(weight, None).into(result, x)

    for value in (2.0, 3.0):
        x.fill_(value)
        run(calls)
        assert result.tolist() == [[6 * value] * 4]


def test_bfloat16_products_can_write_float32() -> None:
    torch.manual_seed(0)
    weight, x = torch.randn(5, 4).bfloat16(), torch.randn(1, 4).bfloat16()
    result = torch.empty(1, 5)

    run(product(weight, None).into(result, x))

    torch.testing.assert_close(result, F.linear(x, weight).float(), atol=0.05, rtol=0.05)
