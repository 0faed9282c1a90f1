"""Where and how a training computes: the device, the number format, what is compiled, kept, split.

`accelerate` says where: one process or many, on which device, and whether large networks are split
(FSDP). The recipe says the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from core.errors import UserError
from core.training.precision import Precision
from core.training.recipe import Recipe
from core.training.sharding import Sharding

if TYPE_CHECKING:
    from accelerate import Accelerator

CPU = torch.device("cpu")


@dataclass(frozen=True)
class Computing:
    """Attributes:
    precision: of forward and backward pass; weights and optimiser are float32.
    compiled: networks run through `torch.compile`.
    recomputed: blocks keep their inputs alone and are computed again in the backward pass.
    sharding: how networks that may be split are split over the processes; None: they are not.
    parts: pieces that a process's share of a batch is cut into, one after the other.
    """

    device: torch.device = CPU
    precision: Precision = "float32"
    compiled: bool = False
    recomputed: bool = False
    sharding: Sharding | None = None
    parts: int = 1

    @classmethod
    def of(cls, recipe: Recipe, accelerator: Accelerator | None = None) -> Computing:
        """What the recipe says, where `accelerator` says; on the CPU alone without one.

        Raises:
            UserError: accelerate was set up for fp16, whose gradients would need a scale.
        """
        device, precision, sharding, parts = CPU, recipe.precision, None, recipe.accumulate
        if accelerator is not None:
            if accelerator.mixed_precision not in ("no", "bf16"):
                raise UserError(
                    f"accelerate is set up for {accelerator.mixed_precision}; Maskreel trains in "
                    "float32 or bf16. Choose one of them there, or in the recipe by precision."
                )
            device = accelerator.device
            precision = "bf16" if accelerator.mixed_precision == "bf16" else precision
            sharding = Sharding.of(accelerator)
            parts = max(parts, accelerator.gradient_accumulation_steps)
        return cls(device, precision, recipe.compile, recipe.recompute, sharding, parts)

    def prepare(self, network: nn.Module) -> None:
        """Has the blocks of a network recomputed, and the network compiled, as asked."""
        if self.recomputed:
            for block in blocks(network):
                _recompute(block)
        if self.compiled:
            for part in _called(network):
                part.compile()


def blocks(network: nn.Module) -> list[nn.Module]:
    """What a network is a stack of: the layers of a transformer, the residual blocks of a
    tokenizer."""
    stacks = [part for part in network.modules() if isinstance(part, nn.ModuleList | nn.Sequential)]
    return [
        block
        for stack in stacks
        for block in stack
        if len(list(block.children())) > 1 and not isinstance(block, nn.Sequential)
    ]


def _called(network: nn.Module) -> list[nn.Module]:
    """The modules that training calls: of a tokenizer its two halves, else the network."""
    halves = [getattr(network, name, None) for name in ("encoder", "decoder")]
    return [half for half in halves if isinstance(half, nn.Module)] or [network]


def _recompute(block: nn.Module) -> None:
    forward = block.forward

    def recomputed(*inputs: object) -> object:
        if not torch.is_grad_enabled():
            return forward(*inputs)
        return checkpoint(forward, *inputs, use_reentrant=False)

    block.forward = recomputed
