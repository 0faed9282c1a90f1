"""Several processes that train together: numbers that must be the same in all of them.

With one process every function gives back what it gets.
"""

from __future__ import annotations

import torch
import torch.distributed as dist
from torch import Tensor
from torch.autograd.function import once_differentiable


def count() -> int:
    """How many processes train together."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def all_mean(value: Tensor) -> Tensor:
    """Mean over the processes; gradients go through it."""
    return _Sum.apply(value) / count() if count() > 1 else value


@torch.no_grad()
def all_sum(value: Tensor) -> Tensor:
    """Sum over the processes, without gradients; `value` stays as it is."""
    if count() == 1:
        return value
    total = value.detach().clone()
    dist.all_reduce(total)
    return total


@torch.no_grad()
def from_first(value: Tensor) -> Tensor:
    """What the first process has; `value` stays as it is."""
    if count() == 1:
        return value
    first = value.detach().contiguous().clone()
    dist.broadcast(first, src=0)
    return first


class _Sum(torch.autograd.Function):
    """The sum over the processes. What each of them does with it adds to a value's gradient."""

    @staticmethod
    def forward(_: torch.autograd.function.FunctionCtx, value: Tensor) -> Tensor:
        return all_sum(value)

    @staticmethod
    @once_differentiable
    def backward(_: torch.autograd.function.FunctionCtx, gradient: Tensor) -> Tensor:
        return all_sum(gradient)
