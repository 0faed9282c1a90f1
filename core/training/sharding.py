"""Networks that are split over the processes (FSDP2): each holds a piece of every weight.

A split weight is a `DTensor`. What leaves this module is whole again: checkpoints do not depend on
the number of processes.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh
from torch.distributed.fsdp import (
    CPUOffloadPolicy,
    MixedPrecisionPolicy,
    OffloadPolicy,
    ShardingStrategy,
    fully_shard,
)
from torch.distributed.tensor import DTensor, distribute_tensor

from core.training import processes

if TYPE_CHECKING:
    from accelerate import Accelerator


@dataclass(frozen=True)
class Sharding:
    """Attributes:
    mesh: the processes, in a row.
    reshard: give up the other processes' pieces after each layer's forward pass.
    offload: pieces wait in main memory.
    """

    mesh: DeviceMesh
    reshard: bool
    offload: bool

    @classmethod
    def of(cls, accelerator: Accelerator) -> Sharding | None:
        """What `accelerate launch` was set up for; None without FSDP.

        Its settings are read here, because accelerate itself sets them aside on a CPU.
        """
        from accelerate.utils import FullyShardedDataParallelPlugin

        wanted = os.environ.get("ACCELERATE_USE_FSDP", "").lower() == "true"
        if not wanted or accelerator.num_processes == 1:
            return None
        plugin = FullyShardedDataParallelPlugin()
        mesh = init_device_mesh(accelerator.device.type, (accelerator.num_processes,))
        waits = plugin.cpu_offload  # one of two types, by the version of FSDP that was chosen
        offloads = isinstance(waits, CPUOffloadPolicy) or getattr(waits, "offload_params", False)
        keeps = plugin.reshard_after_forward in (False, ShardingStrategy.SHARD_GRAD_OP)
        return cls(mesh, not keeps, offloads)

    def split(self, network: nn.Module, *, bf16: bool) -> None:
        """Splits a network in place, each of its `layers` by itself, then what is left of it."""
        precision = MixedPrecisionPolicy(param_dtype=torch.bfloat16 if bf16 else None)
        layers = network.get_submodule("layers")
        for part in (*layers.children(), network):
            fully_shard(
                part,
                mesh=self.mesh,
                reshard_after_forward=self.reshard,
                mp_policy=precision,
                offload_policy=CPUOffloadPolicy() if self.offload else OffloadPolicy(),
            )


def gathered(tensor: Tensor) -> Tensor:
    """The whole tensor, on the CPU of the first process; the others, which must ask too where it is
    split, get an empty one."""
    whole = tensor.full_tensor() if isinstance(tensor, DTensor) else tensor
    return whole.detach().cpu() if processes.rank() == 0 else torch.empty(0)


@torch.no_grad()
def split_like(whole: Tensor, target: Tensor) -> Tensor:
    """A whole tensor that all processes have → this one's piece of it, as `target` is split."""
    if not isinstance(target, DTensor):
        return whole.to(target.device)
    return distribute_tensor(
        whole.to(target.device_mesh.device_type), target.device_mesh, target.placements
    )
