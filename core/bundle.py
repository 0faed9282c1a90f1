"""ModelBundle: tokenizer, transformer and card; loaded from and saved to a folder.

Weights are safetensors, never a pickle. Networks are built from the sizes in the card and loaded
strictly.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from core.cards import TOKENIZER_FILE, TRANSFORMER_FILE, ModelCard, Network
from core.errors import UserError
from core.models.tokenizers import TOKENIZERS
from core.models.transformers import TRANSFORMERS
from core.models.unfilled import unfilled
from core.registry import Registry


@dataclass(frozen=True, eq=False)
class ModelBundle:
    """Networks in evaluation mode, with their card; the transformer is None where it has none."""

    tokenizer: Any
    transformer: Any
    card: ModelCard

    def save(self, folder: Path, dtype: torch.dtype = torch.float32) -> None:
        """Writes the bundle; an older one there is replaced whole.

        Parameters are stored as `dtype`. Buffers (statistics, counts, codes that follow averages)
        stay as they are.
        """
        folder.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            save_file(_weights(self.tokenizer, dtype), partial / TOKENIZER_FILE)
            if self.transformer is not None:
                save_file(_weights(self.transformer, dtype), partial / TRANSFORMER_FILE)
            self.card.write(partial)
            _let_everybody_read(partial)
            replaced = partial.with_name(partial.name + "-replaced")
            if folder.exists():
                folder.rename(replaced)
            partial.rename(folder)
            shutil.rmtree(replaced, ignore_errors=True)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def _let_everybody_read(folder: Path) -> None:
    """What is written through a temporary name is its owner's alone otherwise."""
    folder.chmod(0o755)
    for file in folder.iterdir():
        file.chmod(0o644)


def load_bundle(
    folder: Path, device: torch.device | str = "cpu", dtype: torch.dtype = torch.float32
) -> ModelBundle:
    """The bundle in `folder`, whatever type its weights were stored in.

    Raises:
        UserError: a file is missing, damaged or does not fit the card.
    """
    card = ModelCard.read(folder)
    tokenizer, transformer = build(TOKENIZERS, card.tokenizer, meta=True), None
    _load_weights(tokenizer, folder / TOKENIZER_FILE, device, dtype)
    if card.transformer is not None:
        transformer = build(TRANSFORMERS, card.transformer, meta=True)
        _load_weights(transformer, folder / TRANSFORMER_FILE, device, dtype)
    return ModelBundle(tokenizer, transformer, card)


def build(registry: Registry[Any], network: Network, *, meta: bool = False) -> Any:
    """A network from its name and sizes; on the meta device, without memory, when `meta`.

    Raises:
        UserError: the name is not registered, or the sizes are not those of such a network.
    """
    cls = registry[network.name]
    try:
        config = cls.Config(**{key: _tuples(value) for key, value in network.config.items()})
    except (TypeError, ValueError) as error:
        raise UserError(
            f"The card's {registry.kind} “{network.name}” cannot be built: {error}."
        ) from error
    return unfilled(cls, config) if meta else cls(config)


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _weights(network: nn.Module, dtype: torch.dtype) -> dict[str, Tensor]:
    state: Mapping[str, Tensor] = network.state_dict()
    parameters = {name for name, _ in network.named_parameters()}
    return {
        key: value.detach().to("cpu", dtype if key in parameters else None).contiguous()
        for key, value in state.items()
    }


def _load_weights(
    network: nn.Module, path: Path, device: torch.device | str, dtype: torch.dtype
) -> None:
    try:
        weights = {
            key: value.to(device, dtype if value.is_floating_point() else None)
            for key, value in load_file(path).items()
        }
        network.load_state_dict(weights, strict=True, assign=True)
        network.eval()
    except (SafetensorError, OSError) as error:
        raise UserError(f"{path} is damaged: {error}. Copy the model again.") from error
    except RuntimeError as error:
        if isinstance(error, torch.OutOfMemoryError):
            raise
        first = str(error).split("\n\t")[1:2] or [str(error)]
        raise UserError(f"{path} does not fit its model card: {first[0]}") from error
