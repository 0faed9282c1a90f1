"""Checkpoints of a training run: safetensors files, written whole or not at all, the last few kept.

<folder>/step-0001200.safetensors     the state after 1,200 steps
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from safetensors.torch import load_file, save_file
from torch import Tensor

KEPT = 2


def save_checkpoint(folder: Path, step: int, state: Mapping[str, Tensor]) -> Path:
    """`state` after `step` steps; older checkpoints but the last `KEPT` are removed."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"step-{step:07}.safetensors"
    partial = path.with_suffix(".partial")
    save_file({name: tensor.contiguous() for name, tensor in state.items()}, partial)
    os.replace(partial, path)
    for old in _checkpoints(folder)[:-KEPT]:
        old.unlink()
    return path


def load_checkpoint(folder: Path) -> tuple[int, dict[str, Tensor]] | None:
    """Steps done and state of the newest checkpoint, or None where there is none."""
    paths = _checkpoints(folder)
    if not paths:
        return None
    return int(paths[-1].stem.removeprefix("step-")), load_file(paths[-1])


def _checkpoints(folder: Path) -> list[Path]:
    return sorted(folder.glob("step-*.safetensors"))
