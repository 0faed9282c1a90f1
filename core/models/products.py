"""Products of a few rows with weights that stay: what a decode does thousands of times.

With one row all that counts is the weights' way through memory. On a CPU, oneDNN with weights in
its own order is about twice as fast as torch's matrix product for 4 to 16 rows, and makes bfloat16
pay. For a single row of float32 torch's product is faster, but runs on one thread, whatever their
number. As a batch of parts it runs on all, in half the time on two cores.
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
        self._weight = weight.t().contiguous() if wide else weight.contiguous().t()
        self._bias = bias

    def __call__(self, x: Tensor) -> Tensor:
        if self._bias is None:
            return torch.mm(x, self._weight)
        return torch.addmm(self._bias, x, self._weight)

    def into(self, result: Tensor, x: Tensor) -> None:
        if self._bias is None:
            torch.mm(x, self._weight, out=result)
        else:
            torch.addmm(self._bias, x, self._weight, out=result)

    def added_to(self, residual: Tensor, x: Tensor) -> Tensor:
        residual.addmm_(x, self._weight)
        return residual if self._bias is None else residual.add_(self._bias)

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


class SplitInputs:
    """One row on all threads: the inputs are split into parts, whose products are summed up."""

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        self._parts = _parts(weight.shape[1])
        self._weight = weight.t().contiguous().unflatten(0, (self._parts, -1))
        self._first = None
        if bias is not None:  # is added to the first part
            self._first = F.pad(bias.view(1, 1, -1), (0, 0, 0, 0, 0, self._parts - 1))

    @property
    def weight(self) -> Tensor:
        """(outputs, inputs)."""
        return self._weight.flatten(0, 1).t()

    def __call__(self, x: Tensor) -> Tensor:
        return self._summands(x).sum(0)

    def into(self, result: Tensor, x: Tensor) -> None:
        torch.sum(self._summands(x), 0, out=result)

    def added_to(self, residual: Tensor, x: Tensor) -> Tensor:
        return residual.add_(self(x))

    def silu(self, x: Tensor) -> Tensor:
        return F.silu(self(x), inplace=True)

    def _summands(self, x: Tensor) -> Tensor:
        """(parts, 1, outputs)."""
        parts = x.view(self._parts, 1, -1)
        if self._first is None:
            return torch.bmm(parts, self._weight)
        return torch.baddbmm(self._first, parts, self._weight)


class SplitOutputs:
    """One row on all threads: each computes a part of the outputs."""

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        self._parts = _parts(len(weight))
        self._weight = weight.contiguous().unflatten(0, (self._parts, -1)).transpose(1, 2)
        self._bias = None if bias is None else bias.view(self._parts, 1, -1)

    @property
    def weight(self) -> Tensor:
        """(outputs, inputs)."""
        return self._weight.transpose(1, 2).flatten(0, 1)

    def __call__(self, x: Tensor) -> Tensor:
        rows = x.expand(self._parts, -1, -1)
        if self._bias is None:
            return torch.bmm(rows, self._weight).view(1, -1)
        return torch.baddbmm(self._bias, rows, self._weight).view(1, -1)

    def into(self, result: Tensor, x: Tensor) -> None:
        result.copy_(self(x))

    def added_to(self, residual: Tensor, x: Tensor) -> Tensor:
        parts = residual.view(self._parts, 1, -1)
        parts.baddbmm_(x.expand(self._parts, -1, -1), self._weight)
        if self._bias is not None:
            parts.add_(self._bias)
        return residual

    def silu(self, x: Tensor) -> Tensor:
        return F.silu(self(x), inplace=True)


def _parts(size: int) -> int:
    """Into how many equal parts a size is split: as many as there are threads, if it divides."""
    return max(n for n in range(1, torch.get_num_threads() + 1) if size % n == 0)


class Either:
    """Split for one row, Packed for more; packed when that is first asked for.

    The split leaves long rows in memory whole: that of inputs or of outputs, which are more.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        outputs, inputs = weight.shape
        self._split = (SplitInputs if outputs > inputs else SplitOutputs)(weight, bias)
        self._bias = bias

    @cached_property
    def _packed(self) -> Packed:
        return Packed(self._split.weight, self._bias)

    def _for(self, x: Tensor) -> Product:
        return self._split if len(x) == 1 else self._packed

    def __call__(self, x: Tensor) -> Tensor:
        return self._for(x)(x)

    def into(self, result: Tensor, x: Tensor) -> None:
        self._for(x).into(result, x)

    def added_to(self, residual: Tensor, x: Tensor) -> Tensor:
        return self._for(x).added_to(residual, x)

    def silu(self, x: Tensor) -> Tensor:
        return self._for(x).silu(x)
