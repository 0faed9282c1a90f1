"""Products of a few rows against torch's linear layer."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from core.models.products import Dense, Either, Packed, product

pytestmark = pytest.mark.usefixtures("one_thread")
KINDS = [
    (Dense, torch.float32),
    (Dense, torch.bfloat16),
    (Packed, torch.float32),
    (Packed, torch.bfloat16),
    (Either, torch.float32),
]


@pytest.mark.parametrize(("kind", "dtype"), KINDS)
@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("shape", [(7, 12), (12, 7)])
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
    ours.into(result, x)

    for found, wanted in (
        (ours(x), expected),
        (result, expected),
        (ours.silu(x), expected * expected.sigmoid()),
        (ours.added_to(residual.clone(), x), residual + expected),
    ):
        torch.testing.assert_close(found, wanted, atol=tolerance, rtol=tolerance)


def test_bfloat16_products_can_write_float32() -> None:
    torch.manual_seed(0)
    weight, x = torch.randn(5, 4).bfloat16(), torch.randn(1, 4).bfloat16()
    result = torch.empty(1, 5)

    product(weight, None).into(result, x)

    torch.testing.assert_close(result, F.linear(x, weight).float(), atol=0.05, rtol=0.05)
