"""Checkpoints of a phase: safetensors files, whole or not there at all; the last few and the best.

    <folder>/step-0001200.safetensors     the state after 1,200 steps
    <folder>/best.safetensors             the one with the lowest held-out loss

One process or many: a checkpoint is the same, and any number of processes can go on from it.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from core.errors import UserError
from core.training.disk import write_whole

KEPT = 2
BEST = "best.safetensors"


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """Attributes:
    done: steps.
    state: all tensors of the phase.
    notes: what the loop remembers, as JSON has it.
    """

    done: int
    state: dict[str, Tensor]
    notes: dict[str, Any] = field(default_factory=dict)


def save_checkpoint(
    folder: Path,
    done: int,
    state: Mapping[str, Tensor],
    notes: Mapping[str, Any] | None = None,
    *,
    best: bool = False,
    kept: int = KEPT,
) -> Path:
    """`state` after `done` steps; older checkpoints but the last `kept` are removed.

    Raises:
        UserError: the disk is full; those before are still there.
    """
    path = folder / f"step-{done:07}.safetensors"
    tensors = {name: tensor.contiguous() for name, tensor in state.items()}
    header = {"done": str(done), "notes": json.dumps(notes or {})}
    write_whole(path, lambda partial: save_file(tensors, partial, header))
    if best:
        write_whole(folder / BEST, lambda partial: _link(path, partial))
    for old in _checkpoints(folder)[:-kept]:
        old.unlink()
    return path


def load_checkpoint(folder: Path, *, best: bool = False) -> Checkpoint | None:
    """The newest checkpoint, or the best one; None where there is none.

    Raises:
        UserError: the file is damaged.
    """
    paths = [path for path in [folder / BEST] if path.is_file()] if best else _checkpoints(folder)
    if not paths:
        return None
    try:
        with safe_open(paths[-1], "pt") as file:
            header = file.metadata()
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise UserError(
            f"The checkpoint {paths[-1]} cannot be read: {error}. Remove it to go on from the one "
            "before it."
        ) from error
    return Checkpoint(int(header["done"]), state, json.loads(header["notes"]))


def _checkpoints(folder: Path) -> list[Path]:
    return sorted(folder.glob("step-*.safetensors"))


def _link(path: Path, name: Path) -> None:
    """A second name for a file; a copy of it where the file system knows no such thing."""
    name.unlink(missing_ok=True)
    try:
        os.link(path, name)
    except OSError:
        shutil.copyfile(path, name)
