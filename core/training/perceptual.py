"""The perceptual loss: how different two videos are to a network that knows pictures.

The network is a file that the user has. MAGVIT compares the logits of a ResNet-50 for ImageNet; any
network saved with `torch.jit.save` that reads (n, 3, 224, 224) in [0, 1] does, and so does a
SqueezeNet 1.1. A folder that holds SqueezeNet 1.1 and the heads of LPIPS gives LPIPS.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.errors import UserError
from core.metrics.lpips import Lpips
from core.metrics.squeezenet import SqueezeNet

_LOG = logging.getLogger(__name__)
SIZE = 224
"""Pixels of the square pictures that networks for ImageNet read."""


@dataclass(frozen=True, eq=False)
class Perceptual:
    """Compares videos frame by frame.

    Attributes:
        name: what it compares, in words.
        network: frozen, in evaluation mode.
        compare: frames and target frames, both (n, 3, H, W) in [0, 1] → a scalar.
    """

    name: str
    network: nn.Module
    compare: Callable[[Tensor, Tensor], Tensor]

    def __call__(self, video: Tensor, target: Tensor) -> Tensor:
        """Both float (b, 3, T, H, W) in [0, 1]; the gradient goes to `video` alone."""
        return self.compare(_frames(video), _frames(target.detach()))

    def to(self, device: torch.device) -> Perceptual:
        self.network.to(device)
        return self


def chosen_perceptual(name: str, folder: Path) -> Perceptual | None:
    """The loss on the network that a recipe names, relative to its folder. Where there is none the
    log says so: training goes on without.

    Raises:
        UserError: there is a network, but it cannot be used.
    """
    found = find_perceptual(folder / name) if name else None
    if found is not None:
        _LOG.info("Perceptual loss: %s.", found.name)
        return found
    _LOG.warning(
        "The perceptual loss is left out: there is no network %s. Name a file or folder as "
        "tokenizer.perceptual_network.",
        folder / name if name else "for it",
    )
    return None


def find_perceptual(path: Path) -> Perceptual | None:
    """The loss on the network of a file or folder; None where there is no such file or network.

    Raises:
        UserError: there is a network, but it cannot be used.
    """
    if path.is_dir():
        lpips = Lpips.find(path)
        if lpips is not None:
            return _frozen("LPIPS on SqueezeNet 1.1", lpips, lambda a, b: lpips(a, b).mean())
        squeezenet = SqueezeNet.find(path)
        return _of_outputs("logits of SqueezeNet 1.1", squeezenet) if squeezenet else None
    if not path.is_file():
        return None
    if path.suffix == ".pth":
        return _of_outputs(f"logits of {path.name}", SqueezeNet.load(path))
    return _of_outputs(f"outputs of {path.name}", _scripted(path))


def _scripted(path: Path) -> nn.Module:
    try:
        return torch.jit.load(path, map_location="cpu")
    except RuntimeError as error:
        raise UserError(
            f"{path} is no TorchScript network for the perceptual loss. Save one with "
            "torch.jit.save, or name a SqueezeNet 1.1 file (.pth)."
        ) from error


def _of_outputs(name: str, network: nn.Module) -> Perceptual:
    """Mean squared difference of what the network says of the frames at 224x224."""

    def compare(frames: Tensor, targets: Tensor) -> Tensor:
        with torch.no_grad():
            wanted = network(_enlarged(targets))
        return F.mse_loss(network(_enlarged(frames)), wanted)

    return _frozen(name, network, compare)


def _frozen(
    name: str, network: nn.Module, compare: Callable[[Tensor, Tensor], Tensor]
) -> Perceptual:
    for weight in network.parameters():
        weight.requires_grad_(False)
    return Perceptual(name, network.eval(), compare)


def _frames(video: Tensor) -> Tensor:
    return video.float().movedim(2, 1).flatten(0, 1)


def _enlarged(frames: Tensor) -> Tensor:
    return F.interpolate(frames, (SIZE, SIZE), mode="bilinear", align_corners=False)
