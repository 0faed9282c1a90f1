"""Networks that a metric needs, from files that the user has: nothing is bundled or fetched."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from core.errors import UserError
from core.models.unfilled import unfilled

Call = Callable[[Tensor], Tensor]
NetworkT = TypeVar("NetworkT", bound=nn.Module)


def read_weights(path: Path) -> dict[str, Tensor]:
    """The weights of a PyTorch file by name, in float32; nothing that the file says is run.

    Raises:
        UserError: the file is missing, damaged, or holds something else than weights.
    """
    try:
        weights = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise UserError(f"The network {path} cannot be read: {_first_line(error)}") from error
    if not isinstance(weights, Mapping) or not all(map(torch.is_tensor, weights.values())):
        raise UserError(f"{path} holds no weights by name. Give a file with a state dict.")
    return {
        name: value.float() if value.is_floating_point() else value
        for name, value in weights.items()
    }


def filled(build: Callable[[], NetworkT], weights: Mapping[str, Tensor], path: Path) -> NetworkT:
    """A network with exactly these weights, in evaluation mode and frozen.

    Raises:
        UserError: names or shapes are not the network's; the message names the first difference.
    """
    network: NetworkT = unfilled(lambda _: build(), None)
    try:
        network.load_state_dict(weights, strict=True, assign=True)
    except RuntimeError as error:
        differences = str(error).split("\n\t")[1:2] or [_first_line(error)]
        name = type(network).__name__
        raise UserError(f"{path} does not hold the weights of {name}: {differences[0]}") from error
    return network.eval().requires_grad_(False)


def is_script(path: Path) -> bool:
    """Whether the file is TorchScript, which brings its own architecture."""
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as file:
        return any("/code/" in name for name in file.namelist())


def read_script(path: Path, device: torch.device, flags: Mapping[str, bool] | None = None) -> Any:
    """A TorchScript network in evaluation mode, called with one tensor. What the file says is run.

    Args:
        flags: arguments to call it with, of which it takes those that it has.

    Raises:
        UserError: the file is damaged.
    """
    try:
        network = torch.jit.load(str(path), map_location=device).eval()
    except RuntimeError as error:
        raise UserError(f"The network {path} cannot be read: {_first_line(error)}") from error
    known = {argument.name for argument in network.forward.schema.arguments}
    return partial(network, **{k: v for k, v in (flags or {}).items() if k in known})


def script_tensor(network: Any, name: str) -> Tensor:
    """A tensor that a script carries beside its weights; 0 where it has none of that name."""
    tensor: Tensor = getattr(network.func, name, torch.zeros(1))
    return tensor


def mean_logits(logits: Tensor, classes: int, path: Path) -> Tensor:
    """(b, classes), averaged over the axes behind them, if there are any.

    Raises:
        UserError: the network has another number of classes.
    """
    if logits.ndim < 2 or logits.shape[1] != classes:
        raise UserError(
            f"The network {path} gives {tuple(logits.shape[1:])} numbers per clip, not {classes}."
        )
    return logits.flatten(2).mean(-1) if logits.ndim > 2 else logits


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
