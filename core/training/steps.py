"""One step of a training: losses of each part of a batch, one way back, every learner moves."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from core.errors import UserError
from core.training import processes
from core.training.computing import CPU
from core.training.loading import Batch
from core.training.phases import Losses, Phase


@dataclass(frozen=True)
class Step:
    """What one step said.

    Attributes:
        clips: of all processes.
        loss: of the network that ships: the sum of its terms.
        figures: terms of the losses and other figures.
    """

    clips: int
    loss: float
    figures: Mapping[str, float]


def moved(batch: Batch, device: torch.device) -> Batch:
    """A batch on the device."""
    return {name: tensor.to(device, non_blocking=True) for name, tensor in batch.items()}


def take_step(
    phase: Phase,
    parts: Sequence[Batch],
    step: int,
    seed: int = 0,
    device: torch.device = CPU,
) -> Step:
    """One step of all learners.

    Raises:
        UserError: a loss or a gradient is not a number; no weight has moved.
    """
    clips, loss, figures = 0, 0.0, dict[str, float]()
    for number, part in enumerate(parts):
        share = processes.rank() * len(parts) + number
        torch.manual_seed(hash((seed, phase.stream, step, share)))
        losses = phase.losses(moved(part, device), step)
        values = _read(losses)
        _refuse_nan(losses, values, step)
        terms = [term for one in losses.terms.values() for term in one.values()]
        (sum(terms, torch.zeros((), device=device)) / len(parts)).backward()
        clips += len(next(iter(part.values())))
        first = next(iter(losses.terms.values()), {})
        loss += sum(values[name] for name in first) / len(parts)
        for name, value in values.items():
            figures[name] = figures.get(name, 0.0) + value / len(parts)
    for name, learner in phase.learners.items():
        figures[_below(phase, name, "gradient")] = learner.update(step)
    torch.manual_seed(hash((seed, phase.stream, step)))  # the same in all processes
    phase.after(step)
    return Step(clips * processes.count(), loss, figures)


def _read(losses: Losses) -> dict[str, float]:
    """All scalars by name, means over the processes; the device is waited for once."""
    terms = {name: value for one in losses.terms.values() for name, value in one.items()}
    named: dict[str, Tensor | float] = {**terms, **losses.figures}
    if not named:
        return {}
    device = next((v.device for v in named.values() if isinstance(v, Tensor)), CPU)
    values = [torch.as_tensor(v, device=device).detach().float() for v in named.values()]
    means = processes.all_mean(torch.stack(values)).tolist()
    return dict(zip(named, means, strict=True))


def _refuse_nan(losses: Losses, values: Mapping[str, float], step: int) -> None:
    for learner, terms in losses.terms.items():
        for name in terms:
            if not math.isfinite(values[name]):
                raise UserError(
                    f"Training stopped at step {step}: the {learner}'s loss term “{name}” is "
                    f"{values[name]}. The last checkpoint is good. Lower the rate, clip the "
                    'gradient, or set precision = "float32", then go on from there by --resume.'
                )


def _below(phase: Phase, learner: str, name: str) -> str:
    """The first learner's figures have plain names."""
    return name if learner == next(iter(phase.learners)) else f"{learner}_{name}"
