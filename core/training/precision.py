"""Training in bf16: a working copy computes, float32 weights learn.

A bf16 weight has 8 bits, too few to add small steps to. So the optimiser's weights stay in
float32; forward and backward pass run on a bf16 copy of them. Autocast would decide for itself what
runs in bf16, the distances to the codes among it; here each part that must be exact is named.
"""

from __future__ import annotations

import copy
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx, once_differentiable
from torch.distributed.tensor import DTensor

Precision = Literal["float32", "bf16"]


class WorkingCopy:
    """`model` is what computes; its weights follow those of `master`, its gradients go there.

    In float32 both are the same module. `exact` names parts that stay in float32 in any case; so
    do batch norms, whose running statistics are shared.
    """

    def __init__(
        self, master: nn.Module, precision: Precision, exact: tuple[str, ...] = ()
    ) -> None:
        self.master = master
        self.model = master
        if precision == "bf16":
            self.model = copy.deepcopy(master).to(torch.bfloat16)
            if next(master.parameters()).is_cpu:
                _use_fast_norms(self.model)
            for name in (*exact, *_batch_norms(master)):
                self.model.set_submodule(name, master.get_submodule(name))
        for module in (self.master, self.model):
            _order_channels_last(module)
        pairs = zip(master.parameters(), self.model.parameters(), strict=True)
        self._pairs = [(theirs, ours) for theirs, ours in pairs if theirs is not ours]

    def load_weights(self) -> None:
        with torch.no_grad():
            for theirs, ours in self._pairs:
                ours.copy_(theirs)

    def hand_over_gradients(self) -> None:
        """Moves the gradients to the master's parameters."""
        for theirs, ours in self._pairs:
            theirs.grad = None if ours.grad is None else ours.grad.to(theirs.dtype)
            ours.grad = None


def _batch_norms(module: nn.Module) -> list[str]:
    return [name for name, part in module.named_modules() if isinstance(part, nn.BatchNorm3d)]


def _order_channels_last(module: nn.Module) -> None:
    """Convolutions of the CPU are fastest with the channels innermost. Pieces of a kernel that is
    split over processes have to stay in one row."""
    for part in module.modules():
        if isinstance(part, nn.Conv3d) and not isinstance(part.weight, DTensor):
            part.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]


def _use_fast_norms(module: nn.Module) -> None:
    for name, part in module.named_children():
        if isinstance(part, nn.GroupNorm):
            fast = FastGroupNorm(part.num_groups, part.num_channels, eps=part.eps)
            fast.load_state_dict(part.state_dict())
            setattr(module, name, fast.to(part.weight.dtype))
        else:
            _use_fast_norms(part)


class FastGroupNorm(nn.GroupNorm):
    """The same function; its gradient is some ten times faster on a CPU in bf16."""

    def forward(self, x: Tensor) -> Tensor:
        return _GroupNorm.apply(x, self.weight, self.bias, self.num_groups, self.eps)


class _GroupNorm(torch.autograd.Function):
    """Gradient as two sums over space and time, as matrix products, and one linear blend."""

    @staticmethod
    def forward(
        ctx: FunctionCtx, x: Tensor, weight: Tensor, bias: Tensor, groups: int, eps: float
    ) -> Tensor:
        size = x[0, 0].numel()
        y, mean, scale = torch.native_group_norm(
            x, weight, bias, x.shape[0], x.shape[1], size, groups, eps
        )
        ctx.save_for_backward(x, weight, mean, scale)
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, mean, scale = ctx.saved_tensors
        (n, channels), groups, size = x.shape[:2], mean.shape[1], x[0, 0].numel()

        def spread(per_group: Tensor) -> Tensor:
            return per_group.float().repeat_interleave(channels // groups, 1)

        rows, inputs = (v.movedim(1, -1).reshape(n, size, channels) for v in (grad, x))
        ones = torch.ones(n, 1, size, dtype=grad.dtype, device=grad.device)
        sums = torch.bmm(ones, rows).float().view(n, channels)
        products = torch.bmm(ones, rows * inputs).float().view(n, channels)
        mean, scale = spread(mean), spread(scale)
        along = (products - mean * sums) * scale  # Σ grad · normalised x
        level = spread((sums * weight).view(n, groups, -1).mean(2)) / size
        slope = spread((along * weight).view(n, groups, -1).mean(2)) / size

        def column(per_channel: Tensor) -> Tensor:
            return per_channel.view(n, channels, *[1] * (x.ndim - 2)).to(grad.dtype)

        offset = column(scale * (scale * slope * mean - level))
        result = torch.addcmul(offset, x, column(-scale * scale * slope))
        result = torch.addcmul(result, grad, column(scale * weight.float()))
        kind = weight.dtype
        return result, along.sum(0).to(kind), sums.sum(0).to(kind), None, None
