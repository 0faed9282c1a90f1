"""A small 3D-convolutional network that tells the classes of some footage, and what is done in it.

It plays the part that I3D plays for FVD: what it has learnt to see in real clips is what generated
ones are compared by. `core.training.judge` trains one on any footage with classes; its figures
compare with those of the same file alone.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from core.errors import UserError
from core.metrics.networks import filled

SIDE = 64
"""Frames of any size are seen at this one."""
WIDTHS = (32, 64, 128, 256)
FEATURES = WIDTHS[-1]
FORMAT = 1


@dataclass(frozen=True)
class JudgeCard:
    """What a judge was trained on, and how good it is.

    Attributes:
        classes: names, in the order of its logits.
        actions: names of the numbers that are told of a clip: each is the mean over its frames, in
            deviations from the mean over the training clips. () where the footage names none.
        accuracy: share of held-out clips whose class it tells.
        explained: share of the variance of each action that it explains on held-out clips.
        data: the footage in words; clips, steps: what it was trained with.
    """

    classes: tuple[str, ...]
    actions: tuple[str, ...]
    accuracy: float
    explained: tuple[float, ...]
    data: str
    clips: int
    steps: int


class Judge(nn.Module):
    """Four convolutions, each of which halves the picture, the last three also time."""

    def __init__(self, classes: int, actions: int) -> None:
        super().__init__()
        widths = (3, *WIDTHS)
        self.convolutions = nn.ModuleList(
            nn.Conv3d(a, b, 3, stride=(1 if number == 0 else 2, 2, 2), padding=1, bias=False)
            for number, (a, b) in enumerate(pairwise(widths))
        )
        self.norms = nn.ModuleList(nn.BatchNorm3d(width) for width in WIDTHS)
        self.classes = nn.Linear(FEATURES, classes)
        self.actions = nn.Linear(FEATURES, actions) if actions else None

    def features(self, videos: Tensor) -> Tensor:
        """(b, 256) of videos (b, 3, T, H, W) in [0, 1]."""
        frames = videos.movedim(1, 2).flatten(0, 1)
        if frames.shape[-2:] != (SIDE, SIDE):
            frames = F.interpolate(
                frames, (SIDE, SIDE), mode="bilinear", align_corners=False, antialias=True
            )
        x = 2 * frames.unflatten(0, (len(videos), -1)).movedim(2, 1) - 1
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            x = F.relu(norm(convolution(x)))
        return x.mean((2, 3, 4))

    def forward(self, videos: Tensor) -> tuple[Tensor, Tensor | None]:
        """Logits (b, classes), and the actions (b, actions) where it tells any."""
        features = self.features(videos)
        return self.classes(features), None if self.actions is None else self.actions(features)


def save_judge(judge: Judge, card: JudgeCard, path: Path) -> None:
    """Write weights in fp16, and the card, into one safetensors file."""
    weights = {
        name: (value.half() if value.is_floating_point() else value).contiguous()
        for name, value in judge.state_dict().items()
    }
    part = path.with_suffix(".part")
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(weights, part, {"format": str(FORMAT), "card": json.dumps(asdict(card))})
    part.replace(path)


def read_card(path: Path) -> JudgeCard:
    """Raises UserError when the file is no judge."""
    try:
        with safe_open(path, "pt") as file:
            card = json.loads(file.metadata()["card"])
            if int(file.metadata()["format"]) != FORMAT:
                raise UserError(f"{path} was written by another version of Maskreel; train anew.")
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"{path} holds no judge: {error}. Make one with `maskreel judge`."
        ) from error
    lists: Sequence[str] = ("classes", "actions", "explained")
    return JudgeCard(**card | {name: tuple(card[name]) for name in lists})


def load_judge(path: Path) -> tuple[Judge, JudgeCard]:
    """In evaluation mode, float32.

    Raises:
        UserError: the file is no judge, or is damaged.
    """
    card = read_card(path)
    with safe_open(path, "pt") as file:
        stored = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
    weights = {n: v.float() if v.is_floating_point() else v for n, v in stored.items()}
    return filled(lambda: Judge(len(card.classes), len(card.actions)), weights, path), card


@torch.inference_mode()
def told(judge: Judge, videos: Tensor) -> Tensor:
    """The class that the judge tells of each video, int64 (b,)."""
    logits: Tensor = judge(videos)[0]
    return logits.argmax(1)
