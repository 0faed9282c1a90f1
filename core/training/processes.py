"""Several processes that train together: numbers that must be the same in all of them.

With one process every function gives back what it gets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar, cast

import torch
import torch.distributed as dist
from torch import Tensor
from torch.autograd.function import once_differentiable

from core.errors import UserError

T = TypeVar("T")


def count() -> int:
    """How many processes train together."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def rank() -> int:
    """Which of them this is; the first one is 0."""
    return dist.get_rank() if count() > 1 else 0


def leave() -> None:
    """This process is done."""
    if count() > 1:
        dist.destroy_process_group()


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


def any_of(value: bool, device: torch.device) -> bool:
    """Whether `value` holds in any process."""
    if count() == 1:
        return value
    return bool(all_sum(torch.tensor(float(value), device=device)) > 0)


@torch.no_grad()
def from_first(value: Tensor) -> Tensor:
    """What the first process has; `value` stays as it is."""
    if count() == 1:
        return value
    first = value.detach().contiguous().clone()
    dist.broadcast(first, src=0)
    return first


@torch.no_grad()
def all_rows(value: Tensor) -> Tensor:
    """The rows of all processes, one process after the other; each has as many."""
    if count() == 1:
        return value
    parts = [torch.empty_like(value) for _ in range(count())]
    dist.all_gather(parts, value.detach().contiguous())
    return torch.cat(parts)


@torch.no_grad()
def average_gradients(parameters: Iterable[Tensor]) -> None:
    """Gradients become their means over the processes; all processes must have the same ones."""
    gradients = [p.grad for p in parameters if p.grad is not None]
    if count() == 1 or not gradients:
        return
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    dist.all_reduce(flat)
    flat /= count()
    sizes = [gradient.numel() for gradient in gradients]
    for gradient, mean in zip(gradients, flat.split(sizes), strict=True):
        gradient.copy_(mean.view_as(gradient))


def at_first(action: Callable[[], T]) -> T:
    """What an action gives at the first process, in all of them. It must be something to pickle.

    Raises:
        UserError: the action did; in all processes alike.
    """
    if count() == 1:
        return action()
    outcome: list[tuple[T | None, UserError | None]] = [(None, None)]
    if rank() == 0:
        try:
            outcome = [(action(), None)]
        except UserError as error:
            outcome = [(None, error)]
    dist.broadcast_object_list(outcome, src=0)
    result, refused = outcome[0]
    if refused is not None:
        raise refused
    return cast(T, result)


class _Sum(torch.autograd.Function):
    """The sum over the processes. What each of them does with it adds to a value's gradient."""

    @staticmethod
    def forward(_: torch.autograd.function.FunctionCtx, value: Tensor) -> Tensor:
        return all_sum(value)

    @staticmethod
    @once_differentiable
    def backward(_: torch.autograd.function.FunctionCtx, gradient: Tensor) -> Tensor:
        return all_sum(gradient)
