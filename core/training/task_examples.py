"""What a masked transformer is shown: clips, each with a task and a mask (MAGVIT, section 3.3).

Published is one task and one mask ratio for a whole batch, the tasks taking turns. Ours draws both
for each clip.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch

from core.tasks import FIXED_TASKS, TASKS, Shape, Special, Task, fill_unknown, known_regions
from core.training.data import Cut, Footage
from core.training.loading import Batch
from core.training.painting import random_region
from core.training.recipe import TransformerTraining

_MASKS, _SHARED, _NUMBERS = 1, 2, 3  # keep random numbers of one step apart

COPIES = 100
"""Of the rarest task in the list that the tasks take their turns by."""


@dataclass(frozen=True)
class TaskExamples:
    """Examples for a masked transformer: clips with a task each.

    "frames" and "filled" uint8 (T, size, size, 3): the clip, and the clip with its unknown pixels
    filled; "given" bool (t, h, w); "task" and "label" int64; "progress" float32 in [0, 1), from
    which the mask ratio follows; "score" float32 (t, h, w) in [0, 1), the lowest are masked.

    Attributes:
        stride: of the tokenizer.
        classes: number of classes; the label of a clip that is not shown its own.
    """

    seed: int
    stream: int
    cut: Cut
    training: TransformerTraining
    stride: Shape
    classes: int

    def count(self, step: int) -> int:  # noqa: ARG002 - the same at any step
        return self.training.batch

    def __call__(self, footage: Footage, step: int, index: int) -> Batch:
        rng = np.random.default_rng((self.seed, self.stream, step, index))
        drawn = footage.draw(rng, self.cut)
        task, number = self._draw(rng, step)
        shape = drawn.frames.shape[:3]
        painted = random_region(rng, shape) if task.painted else None
        known = known_frames(task, number, shape[0])
        pixels, given = known_regions(task, shape, self.stride, painted, frames=known)
        special, label = task.token, self.classes
        if task.needs_label:
            label = min(drawn.label, self.classes)
        if rng.random() < self.training.drop:
            given, special, label = given & False, Special.FULL_GENERATION, self.classes
        return {
            "frames": torch.from_numpy(drawn.frames),
            "filled": torch.from_numpy(fill_unknown(drawn.frames, pixels, task.fill)),
            "given": torch.from_numpy(given),
            "task": torch.tensor(int(special)),
            "label": torch.tensor(label),
        } | self.redrawn(step, index)

    def redrawn(self, step: int, index: int) -> Batch:
        """ "progress" and "score": which tokens are masked."""
        key = (self.seed, self.stream, step)
        rng = np.random.default_rng((*key, index, _MASKS))
        shared = rng if self.training.per_sample else np.random.default_rng((*key, 0, _SHARED))
        t, h, w = self.stride
        grid = (self.cut.frames // t, self.cut.size // h, self.cut.size // w)
        return {
            "progress": torch.tensor(shared.random(dtype=np.float32)),
            "score": torch.from_numpy(rng.random(grid, dtype=np.float32)),
        }

    @property
    def together(self) -> int:
        """How many of them belong into one batch, because they share their task."""
        return 1 if self.training.per_sample else self.training.batch

    @property
    def made(self) -> dict[str, Any]:
        """All that an example depends on beside the footage, as JSON values."""
        training = self.training
        return {
            "seed": self.seed,
            "stream": self.stream,
            "cut": asdict(self.cut),
            "tasks": dict(task_shares(training)),
            "known_frames": list(training.known_frames),
            "drop": training.drop,
            "batch": training.batch,
            "per_sample": training.per_sample,
        }

    def _draw(self, rng: np.random.Generator, step: int) -> tuple[Task, int]:
        """Task and number of known frames."""
        shares = task_shares(self.training)
        names = list(shares)
        if self.training.per_sample:
            chosen = int(rng.choice(len(names), p=list(shares.values())))
        else:
            order = turns(self.seed, self.stream, tuple(shares.values()))
            chosen = order[step % len(order)]
            rng = np.random.default_rng((self.seed, self.stream, step, 0, _NUMBERS))
        return TASKS[names[chosen]], int(rng.choice(self.training.known_frames))


def task_shares(training: TransformerTraining) -> Mapping[str, float]:
    """How often each task comes, painting among them; together 1."""
    names = training.tasks or FIXED_TASKS
    weights = training.task_weights or (1.0,) * len(names)
    fixed = (1 - training.paint_share) / sum(weights)
    shares = {name: weight * fixed for name, weight in zip(names, weights, strict=True)}
    shares["paint"] = training.paint_share
    return {name: share for name, share in shares.items() if share > 0}


@lru_cache(maxsize=8)
def turns(seed: int, stream: int, shares: tuple[float, ...]) -> tuple[int, ...]:
    """Numbers of tasks in the order of their turns, each as often as its share asks: a list that
    is shuffled once and then goes round and round."""
    copies = [round(COPIES * share / min(shares)) for share in shares]
    order = np.repeat(np.arange(len(shares)), copies)
    np.random.default_rng((seed, stream)).shuffle(order)
    return tuple(order.tolist())


def known_frames(task: Task, number: int, frames: int) -> int:
    """`number`, or as many as leave a frame to be generated; 1 for a task that does not count."""
    if not task.counts:
        return 1
    most = (frames - 1) // 2 if task.name == "FI" else frames - 1
    return max(1, min(number, most))
