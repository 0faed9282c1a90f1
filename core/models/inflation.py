"""From a network of single frames to one of clips: 2D kernels as 3D ones (MAGVIT, section 3.1).

    central: the kernel's middle in time is the 2D kernel, the rest is zero; a clip is then at first
             seen frame by frame
    average: the 2D kernel at every time, divided by their number

All else of the same shape is copied: biases, norms, codebook, dense layers. What fits neither way
stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import torch
from torch import Tensor, nn

Inflation = Literal["central", "average"]


def central(kernel: Tensor, frames: int) -> Tensor:
    """Kernel (out, in, 1, h, w) → (out, in, frames, h, w)."""
    inflated = kernel.new_zeros(*kernel.shape[:2], frames, *kernel.shape[3:])
    inflated[:, :, frames // 2] = kernel[:, :, 0]
    return inflated


def average(kernel: Tensor, frames: int) -> Tensor:
    """Kernel (out, in, 1, h, w) → (out, in, frames, h, w)."""
    return kernel.expand(-1, -1, frames, -1, -1) / frames


_WAYS: dict[Inflation, Callable[[Tensor, int], Tensor]] = {"central": central, "average": average}


@torch.no_grad()
def inflate(flat: Mapping[str, Tensor], deep: nn.Module, how: Inflation) -> list[str]:
    """Gives `deep` the weights of a network of the same names with kernels of one frame.

    Args:
        flat: its state; what it lacks is left as it is.

    Returns:
        names of the parameters of `deep` that nothing fits: they stay as they are.
    """
    fresh = []
    for name, target in deep.state_dict().items():
        source = flat.get(name)
        inflated = None if source is None else _inflated(source, target, how)
        if inflated is None:
            fresh.append(name)
        else:
            target.copy_(inflated)
    return fresh


def _inflated(source: Tensor, target: Tensor, how: Inflation) -> Tensor | None:
    """The source in the shape of the target, or None where it does not fit."""
    if source.shape == target.shape:
        return source
    flattened = (*target.shape[:2], 1, *target.shape[3:])
    if target.ndim == 5 and source.shape == flattened:
        return _WAYS[how](source, target.shape[2])
    return None
