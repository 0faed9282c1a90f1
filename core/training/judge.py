"""Training of a judge: a small network that tells the classes of real clips and what is done in
them, so that generated clips can be compared by what it sees (`core.metrics.judge`).

Footage is split as for any training; how good the judge is, is measured on the part that it never
saw. Beside videos that have an .npz file of the same name with `actions` (frames + 1, a), as
`maskreel record` writes, it also learns the mean action of a clip.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from core.device import best_device
from core.errors import UserError
from core.metrics.judge import SIDE, Judge, JudgeCard, save_judge
from core.pixels import to_video
from core.training.data import Cut, Drawn, Footage, load_footage
from core.training.recipe import DataSource

FRAMES = 16
ACTIONS = ("forward", "strafe", "turn", "attack", "use")
"""Columns of `actions` in recorded footage."""
TRAIN, HELD_OUT, SCALE = 0, 1, 2
"""Streams of random numbers."""


@dataclass(frozen=True)
class JudgeRequest:
    """Attributes:
    data: folder of videos in folders that name their classes.
    out: the file that is written, safetensors.
    strides, zoom: of the cuts, see `Cut`.
    held_out: clips that it is measured on in the end.
    words: what the footage is, for the card.
    """

    data: Path
    out: Path
    steps: int = 1500
    batch: int = 32
    rate: float = 1e-3
    strides: int = 2
    zoom: float = 1.0
    held_out: int = 512
    seed: int = 0
    words: str = ""


@dataclass(frozen=True)
class JudgeUpdate:
    """Attributes:
    loss, accuracy: means since the last update; in the last one of the held-out clips.
    card: of the file that was written; in the last update alone.
    """

    step: int
    total: int
    loss: float
    accuracy: float
    card: JudgeCard | None = None


@dataclass(frozen=True, eq=False)
class _Clips:
    """Batches of random clips of one part of the footage."""

    footage: Footage
    cut: Cut
    seed: tuple[int, int]

    def batch(self, number: int, count: int, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
        """Videos (b, 3, T, H, W), labels (b,), and mean actions (b, a), a = 0 without any."""
        drawn = [
            self.footage.draw(np.random.default_rng((*self.seed, number, place)), self.cut)
            for place in range(count)
        ]
        videos = to_video(np.stack([one.frames for one in drawn]), device)
        labels = torch.tensor([one.label for one in drawn], device=device)
        actions = np.stack([_actions(one) for one in drawn])
        return videos, labels, torch.from_numpy(actions).to(device)


def run(request: JudgeRequest) -> Iterator[JudgeUpdate]:
    """Updates while it learns; the last one carries the card of what was written.

    Raises:
        UserError: the footage cannot be read, or has fewer than two classes.
    """
    device = best_device()
    torch.manual_seed(request.seed)
    cut = Cut(FRAMES, SIDE, request.strides, request.zoom)
    train, held_out = (_clips(request, split, stream, cut) for split, stream in _PARTS)
    classes = train.footage.classes
    if len(classes) < 2:
        raise UserError(
            f"The footage in {request.data} has {len(classes)} classes; a judge needs at least "
            "two: folders that name what the videos in them show."
        )
    scale = _Scale.of(train, device)
    judge = Judge(len(classes), len(scale.mean)).to(device)
    optimiser = torch.optim.AdamW(judge.parameters(), request.rate, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, request.rate, request.steps)
    every = max(1, request.steps // 30)
    seen: list[tuple[float, float]] = []
    for step in range(request.steps):
        videos, labels, actions = train.batch(step, request.batch, device)
        logits, told = judge(videos)
        loss = F.cross_entropy(logits, labels, label_smoothing=0.05)
        if told is not None:
            loss = loss + 0.5 * F.smooth_l1_loss(told, scale(actions))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        schedule.step()
        seen.append((loss.item(), (logits.argmax(1) == labels).float().mean().item()))
        if (step + 1) % every == 0:
            yield JudgeUpdate(step + 1, request.steps, *np.mean(seen, axis=0).tolist())
            seen.clear()
    accuracy, explained = _measured(judge.eval(), held_out, request, scale, device)
    card = JudgeCard(
        classes=classes,
        actions=ACTIONS[: len(scale.mean)],
        accuracy=accuracy,
        explained=explained,
        data=request.words or request.data.name,
        clips=request.steps * request.batch,
        steps=request.steps,
    )
    save_judge(judge, card, request.out)
    yield JudgeUpdate(request.steps, request.steps, float("nan"), accuracy, card)


_PARTS = (("train", TRAIN), ("val", HELD_OUT))


def _clips(request: JudgeRequest, split: str, stream: int, cut: Cut) -> _Clips:
    """Of one part, with the same classes in both."""
    source = DataSource(folder=str(request.data.resolve()))
    footage = load_footage((source,), Path.cwd(), split=split)
    return _Clips(footage, cut, (request.seed, stream))


@dataclass(frozen=True, eq=False)
class _Scale:
    """Mean and deviation of each action over training clips, (a,)."""

    mean: Tensor
    deviation: Tensor

    @classmethod
    def of(cls, clips: _Clips, device: torch.device) -> _Scale:
        rng = [np.random.default_rng((*clips.seed, SCALE, place)) for place in range(256)]
        actions = np.stack([_actions(clips.footage.draw(one, clips.cut)) for one in rng])
        mean, deviation = actions.mean(0), np.maximum(actions.std(0), 1e-3)
        return cls(torch.from_numpy(mean).to(device), torch.from_numpy(deviation).to(device))

    def __call__(self, actions: Tensor) -> Tensor:
        return (actions - self.mean) / self.deviation


@torch.inference_mode()
def _measured(
    judge: Judge, clips: _Clips, request: JudgeRequest, scale: _Scale, device: torch.device
) -> tuple[float, tuple[float, ...]]:
    """Accuracy, and the share of each action's variance that is explained, on held-out clips."""
    right, told, wanted = 0, [], []
    batches = -(-request.held_out // request.batch)
    for number in range(batches):
        videos, labels, actions = clips.batch(number, request.batch, device)
        logits, found = judge(videos)
        right += int((logits.argmax(1) == labels).sum())
        if found is not None:
            told.append(found)
            wanted.append(scale(actions))
    accuracy = right / (batches * request.batch)
    if not told:
        return accuracy, ()
    errors, values = torch.cat(told) - torch.cat(wanted), torch.cat(wanted)
    explained = 1 - errors.pow(2).mean(0) / values.var(0, correction=0).clamp(min=1e-6)
    return accuracy, tuple(explained.tolist())


def _actions(drawn: Drawn) -> NDArray[np.float32]:
    """Mean over the frames of a clip, (a,); a is 0 where none were recorded."""
    recorded = _recorded(drawn.path.with_suffix(".npz"))
    if recorded is None:
        return np.zeros(0, np.float32)
    first, last = drawn.numbers[0], max(drawn.numbers[-1], drawn.numbers[0] + 1)
    return np.asarray(recorded[first:last].mean(0), np.float32)


@lru_cache(maxsize=4096)
def _recorded(path: Path) -> NDArray[np.float32] | None:
    if not path.is_file():
        return None
    with np.load(path) as file:
        return np.asarray(file["actions"], np.float32)
