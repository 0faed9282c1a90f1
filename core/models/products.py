"""Products of a few rows with weights that stay: what a decode does thousands of times.

With one row all that counts is the weights' way through memory. On a CPU, oneDNN with weights in
its own order is about twice as fast as torch's matrix product for 4 to 16 rows, and makes bfloat16
pay; for a single row of float32, torch's product is somewhat faster.
"""

from __future__ import annotations

from functools import cached_property
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor


class Product(Protocol):
    """A linear layer: y = x·Wᵀ + bias for x (rows, inputs)."""

    def __call__(self, x: Tensor) -> Tensor: ...

    def into(self, result: Tensor, x: Tensor) -> None:
        """Writes y into `result`, which may be of another type."""
        ...

    def added_to(self, residual: Tensor, x: Tensor) -> Tensor:
        """residual + y, which may take the place of `residual`."""
        ...

    def silu(self, x: Tensor) -> Tensor:
        """y · sigmoid(y)."""
        ...


def product(weight: Tensor, bias: Tensor | None) -> Product:
    """The fastest product with a weight (outputs, inputs) and a bias (outputs,)."""
    if not _can_be_packed(weight):
        return Dense(weight, bias)
    return Either(weight, bias) if weight.dtype == torch.float32 else Packed(weight, bias)


def _can_be_packed(weight: Tensor) -> bool:
    if weight.device.type != "cpu" or not torch.backends.mkldnn.is_available():
        return False
    return hasattr(torch.ops.mkldnn, "_linear_pointwise")


class Dense:
    """torch's matrix product. The longer side of the weight lies along rows of memory."""

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        outputs, inputs = weight.shape
        wide = outputs >= inputs
        self.weight = weight.t().contiguous() if wide else weight.contiguous().t()
        self.bias = bias

    def __call__(self, x: Tensor) -> Tensor:
        if self.bias is None:
            return torch.mm(x, self.weight)
        return torch.addmm(self.bias, x, self.weight)

    def into(self, result: Tensor, x: Tensor) -> None:
        if self.bias is None:
            torch.mm(x, self.weight, out=result)
        else:
            torch.addmm(self.bias, x, self.weight, out=result)

    def added_to(self, residual: Tensor, x: Tensor) -> Tensor:
        residual.addmm_(x, self.weight)
        return residual if self.bias is None else residual.add_(self.bias)

    def silu(self, x: Tensor) -> Tensor:
        return F.silu(self(x), inplace=True)


class Packed:
    """oneDNN's linear layer as torch's compiler calls it, with what follows built in."""

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        self._weight = torch.ops.mkldnn._reorder_linear_weight(weight.contiguous())
        self._bias = bias
        self._linear = torch.ops.mkldnn._linear_pointwise.default
        self._linear_and = torch.ops.mkldnn._linear_pointwise.binary

    def __call__(self, x: Tensor) -> Tensor:
        return self._linear(x, self._weight, self._bias, "none", [], "")

    def into(self, result: Tensor, x: Tensor) -> None:
        result.copy_(self(x))

    def added_to(self, residual: Tensor, x: Tensor) -> Tensor:
        return self._linear_and(x, residual, self._weight, self._bias, "add")

    def silu(self, x: Tensor) -> Tensor:
        return self._linear(x, self._weight, self._bias, "swish", [], "")


class Either:
    """Dense for one row, Packed for more; packed when that is first asked for."""

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        self._dense = Dense(weight, bias)

    @cached_property
    def _packed(self) -> Packed:
        return Packed(self._dense.weight.t(), self._dense.bias)

    def _for(self, x: Tensor) -> Product:
        return self._dense if len(x) == 1 else self._packed

    def __call__(self, x: Tensor) -> Tensor:
        return self._for(x)(x)

    def into(self, result: Tensor, x: Tensor) -> None:
        self._for(x).into(result, x)

    def added_to(self, residual: Tensor, x: Tensor) -> Tensor:
        return self._for(x).added_to(residual, x)

    def silu(self, x: Tensor) -> Tensor:
        return self._for(x).silu(x)
