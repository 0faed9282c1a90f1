"""Batch norm over the batch of all processes, on any device; torch's own needs a GPU."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from core.training import processes

_AXES = (0, 2, 3, 4)


class SharedBatchNorm(nn.BatchNorm3d):
    """The same function as with the whole batch in one process, and the same gradients."""

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        wide = x.float()
        mean = processes.all_mean(wide.mean(_AXES))
        centred = wide - mean.view(-1, 1, 1, 1)
        variance = processes.all_mean(centred.pow(2).mean(_AXES))
        self._remember(mean, variance, x.numel() // x.shape[1] * processes.count())
        scale = self.weight * (variance + self.eps).rsqrt()
        normal = centred * scale.view(-1, 1, 1, 1) + self.bias.view(-1, 1, 1, 1)
        return normal.to(x.dtype)

    @torch.no_grad()
    def _remember(self, mean: Tensor, variance: Tensor, count: int) -> None:
        """Moves the running statistics, as torch does: the variance of a sample of `count`."""
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        assert self.momentum is not None
        self.num_batches_tracked += 1
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance * (count / max(count - 1, 1)), self.momentum)


def share_batch_norms(network: nn.Module) -> None:
    """Turns the batch norms of a network into shared ones, where there are several processes."""
    if processes.count() == 1:
        return
    for name, part in list(network.named_modules()):
        if isinstance(part, nn.BatchNorm3d):
            shared = SharedBatchNorm(part.num_features, part.eps, part.momentum)
            shared.load_state_dict(part.state_dict())
            network.set_submodule(name, shared.to(part.weight.device))
