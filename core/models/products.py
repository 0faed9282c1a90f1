"""Products of a few rows with weights that stay: what a decode does thousands of times.

With one row all that counts is the weights' way through memory, and calls that cost little. On a
CPU, oneDNN with weights in its own order is about twice as fast as torch's matrix product for 4 to
16 rows, and makes bfloat16 pay. For a single row of float32 torch's product is faster, but runs on
one thread, whatever their number. As a batch of parts it runs on all, in half the time on two
cores.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cached_property, partial

import torch
import torch.nn.functional as F
from torch import Tensor

Calls = list[Callable[[], object]]
"""Work on tensors that stay where they are: prepared once, called for every token."""


class Product(ABC):
    """A linear layer: y = x·Wᵀ + bias for x (rows, inputs)."""

    def suited(self, rows: int) -> Product:  # noqa: ARG002 - most suit any number
        """The same product for so many rows."""
        return self

    @abstractmethod
    def __call__(self, x: Tensor) -> Tensor: ...

    @abstractmethod
    def into(self, result: Tensor, x: Tensor) -> Calls:
        """Writing y into `result`, which may be of another type."""

    @abstractmethod
    def added_to(self, residual: Tensor, x: Tensor) -> Calls:
        """Adding y to `residual`."""

    def silu_into(self, result: Tensor, x: Tensor) -> Calls:
        """Writing y · sigmoid(y) into `result`."""
        return [*self.into(result, x), partial(F.silu, result, inplace=True)]


def product(weight: Tensor, bias: Tensor | None) -> Product:
    """The fastest product with a weight (outputs, inputs) and a bias (outputs,)."""
    if not _can_be_packed(weight):
        return Dense(weight, bias)
    return Either(weight, bias) if weight.dtype == torch.float32 else Packed(weight, bias)


def _can_be_packed(weight: Tensor) -> bool:
    if weight.device.type != "cpu" or not torch.backends.mkldnn.is_available():
        return False
    return hasattr(torch.ops.mkldnn, "_linear_pointwise")


class Dense(Product):
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

    def into(self, result: Tensor, x: Tensor) -> Calls:
        if self._bias is None:
            return [partial(torch.mm, x, self._weight, out=result)]
        return [partial(torch.addmm, self._bias, x, self._weight, out=result)]

    def added_to(self, residual: Tensor, x: Tensor) -> Calls:
        calls: Calls = [partial(residual.addmm_, x, self._weight)]
        return calls if self._bias is None else [*calls, partial(residual.add_, self._bias)]


class Packed(Product):
    """oneDNN's linear layer as torch's compiler calls it, with what follows built in."""

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        self._weight = torch.ops.mkldnn._reorder_linear_weight(weight.contiguous())
        self._bias = bias
        self._linear = torch.ops.mkldnn._linear_pointwise.default
        self._linear_and = torch.ops.mkldnn._linear_pointwise.binary

    def __call__(self, x: Tensor) -> Tensor:
        return self._linear(x, self._weight, self._bias, "none", [], "")

    def into(self, result: Tensor, x: Tensor) -> Calls:
        return [lambda: result.copy_(self(x))]

    def added_to(self, residual: Tensor, x: Tensor) -> Calls:
        add = partial(self._linear_and, x, residual, self._weight, self._bias, "add")
        return [lambda: residual.copy_(add())]

    def silu_into(self, result: Tensor, x: Tensor) -> Calls:
        silu = partial(self._linear, x, self._weight, self._bias, "swish", [], "")
        return [lambda: result.copy_(silu())]


class SplitInputs(Product):
    """One row on all threads: the inputs are split into parts, whose products are summed up."""

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        parts = _parts(weight.shape[1])
        self._weight = weight.t().contiguous().unflatten(0, (parts, -1))
        self._first = None
        if bias is not None:  # is added to the first part
            self._first = F.pad(bias.view(1, 1, -1), (0, 0, 0, 0, 0, parts - 1))

    @property
    def weight(self) -> Tensor:
        """(outputs, inputs)."""
        return self._weight.flatten(0, 1).t()

    def __call__(self, x: Tensor) -> Tensor:
        result = x.new_empty(1, self._weight.shape[2])
        for call in self.into(result, x):
            call()
        return result

    def into(self, result: Tensor, x: Tensor) -> Calls:
        parts = x.view(len(self._weight), 1, -1)
        summands = x.new_empty(len(self._weight), 1, self._weight.shape[2])
        multiply = partial(torch.bmm, parts, self._weight, out=summands)
        if self._first is not None:
            multiply = partial(torch.baddbmm, self._first, parts, self._weight, out=summands)
        return [multiply, partial(torch.sum, summands, 0, out=result)]

    def added_to(self, residual: Tensor, x: Tensor) -> Calls:
        y = torch.empty_like(residual)
        return [*self.into(y, x), partial(residual.add_, y)]


class SplitOutputs(Product):
    """One row on all threads: each computes a part of the outputs."""

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        parts = _parts(len(weight))
        self._weight = weight.contiguous().unflatten(0, (parts, -1)).transpose(1, 2)
        self._bias = None if bias is None else bias.view(parts, 1, -1)

    @property
    def weight(self) -> Tensor:
        """(outputs, inputs)."""
        return self._weight.transpose(1, 2).flatten(0, 1)

    def __call__(self, x: Tensor) -> Tensor:
        result = x.new_empty(1, self._weight.shape[0] * self._weight.shape[2])
        for call in self.into(result, x):
            call()
        return result

    def into(self, result: Tensor, x: Tensor) -> Calls:
        rows, parts = self._split(x, result)
        if self._bias is None:
            return [partial(torch.bmm, rows, self._weight, out=parts)]
        return [partial(torch.baddbmm, self._bias, rows, self._weight, out=parts)]

    def added_to(self, residual: Tensor, x: Tensor) -> Calls:
        rows, parts = self._split(x, residual)
        calls: Calls = [partial(parts.baddbmm_, rows, self._weight)]
        return calls if self._bias is None else [*calls, partial(parts.add_, self._bias)]

    def _split(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """(parts, 1, inputs), the same for all, and (parts, 1, outputs / parts)."""
        parts = len(self._weight)
        return x.expand(parts, -1, -1), y.view(parts, 1, -1)


def _parts(size: int) -> int:
    """Into how many equal parts a size is split: as many as there are threads, if it divides."""
    return max(n for n in range(1, torch.get_num_threads() + 1) if size % n == 0)


class Either(Product):
    """Split for one row, Packed for more; packed when that is first asked for.

    The split leaves long rows in memory whole: those of inputs or of outputs, which are more.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        outputs, inputs = weight.shape
        self._split = (SplitInputs if outputs > inputs else SplitOutputs)(weight, bias)
        self._bias = bias

    @cached_property
    def _packed(self) -> Packed:
        return Packed(self._split.weight, self._bias)

    def suited(self, rows: int) -> Product:
        return self._split if rows == 1 else self._packed

    def __call__(self, x: Tensor) -> Tensor:
        return self.suited(len(x))(x)

    def into(self, result: Tensor, x: Tensor) -> Calls:
        return self.suited(len(x)).into(result, x)

    def added_to(self, residual: Tensor, x: Tensor) -> Calls:
        return self.suited(len(x)).added_to(residual, x)
