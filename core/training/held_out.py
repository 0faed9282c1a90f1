"""How well a phase does on footage that it is not trained on: the same clips every time."""

from __future__ import annotations

import torch

from core.training import processes
from core.training.data import Footage
from core.training.loading import Batch, stacked
from core.training.phases import Phase
from core.training.steps import moved

AT_ONCE = 8
"""Clips in one pass."""


class HeldOut:
    """Args:
    clips: how many; each process takes its share of them.
    """

    def __init__(self, phase: Phase, footage: Footage, clips: int, device: torch.device) -> None:
        self._phase, self._device = phase, device
        share = -(-clips // processes.count())
        first = processes.rank() * share
        mine = range(first, first + share)
        self._batches = [
            fixed_batch(phase, footage, mine[i : i + AT_ONCE]) for i in range(0, share, AT_ONCE)
        ]

    @torch.no_grad()
    def measure(self) -> dict[str, float]:
        """ "held_out_loss" and other figures; all processes must ask, and get the same."""
        sums: dict[str, torch.Tensor] = {}
        clips = 0
        for batch in self._batches:
            size = len(next(iter(batch.values())))
            for name, value in self._phase.held_out(moved(batch, self._device)).items():
                sums[name] = sums.get(name, torch.zeros((), device=self._device)) + value * size
            clips += size
        means = processes.all_mean(torch.stack(list(sums.values())) / clips).tolist()
        return {f"held_out_{name}": mean for name, mean in zip(sums, means, strict=True)}


def fixed_batch(phase: Phase, footage: Footage, numbers: range) -> Batch:
    """Examples by number, the same every time; no step ever sees these draws."""
    return stacked([phase.examples(footage, phase.steps, number) for number in numbers])
