"""Networks that a metric needs, from files that the user has: nothing is bundled or fetched."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, nn

from core.errors import UserError

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


def filled(network: NetworkT, weights: Mapping[str, Tensor], path: Path) -> NetworkT:
    """The network with exactly these weights, in evaluation mode and frozen.

    Raises:
        UserError: names or shapes are not the network's; the message names the first difference.
    """
    try:
        network.load_state_dict(weights, strict=True)
    except RuntimeError as error:
        differences = str(error).split("\n\t")[1:2] or [_first_line(error)]
        name = type(network).__name__
        raise UserError(f"{path} does not hold the weights of {name}: {differences[0]}") from error
    return network.eval().requires_grad_(False)


def checksum(path: Path) -> str:
    """SHA-256 of the file, in hexadecimal: it says with which network a score was made."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def found(folder: Path, *patterns: str) -> Path | None:
    """The first file of the folder, by name, that fits the first pattern that fits any."""
    matches = (sorted(folder.glob(pattern)) for pattern in patterns)
    return next((files[0] for files in matches if files), None)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
