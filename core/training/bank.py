"""Tokenized clips that are used more than once in the training of a transformer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Examples:
    """Tokenized clips: `tokens`, `condition_tokens` int64 and `given` bool (b, t, h, w);
    `task_tokens` and `labels` int64 (b,)."""

    tokens: Tensor
    condition_tokens: Tensor
    given: Tensor
    task_tokens: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)


_NAMES = tuple(field.name for field in fields(Examples))


def join(*parts: Examples) -> Examples:
    """One batch after the other."""
    return Examples(*(torch.cat([getattr(part, name) for part in parts]) for name in _NAMES))


class Bank:
    """The last `size` examples."""

    def __init__(self, size: int, grid: tuple[int, int, int]) -> None:
        tokens = torch.zeros(size, *grid, dtype=torch.int64)
        single = torch.zeros(size, dtype=torch.int64)
        self._stored = Examples(tokens, tokens.clone(), tokens.bool(), single, single.clone())
        self._added = 0

    def __len__(self) -> int:
        return min(self._added, len(self._stored))

    def add(self, examples: Examples) -> None:
        """Puts examples in the place of the oldest."""
        places = (self._added + torch.arange(len(examples))) % len(self._stored)
        for name in _NAMES:
            getattr(self._stored, name)[places] = getattr(examples, name)
        self._added += len(examples)

    def draw(self, rng: np.random.Generator, count: int) -> Examples:
        """Random examples; one may come twice. The bank must not be empty."""
        chosen = torch.from_numpy(rng.integers(0, len(self), count))
        return Examples(*(getattr(self._stored, name)[chosen] for name in _NAMES))

    def state(self) -> dict[str, Tensor]:
        stored = {f"bank.{name}": getattr(self._stored, name) for name in _NAMES}
        return stored | {"bank.added": torch.tensor(self._added)}

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        for name in _NAMES:
            getattr(self._stored, name).copy_(state[f"bank.{name}"])
        self._added = int(state["bank.added"])
