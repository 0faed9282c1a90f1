"""How well a bundle says the tokens of footage, task by task: whether a fine-tuned one forgot."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from core.bundle import ModelBundle
from core.conditioning import condition
from core.pixels import to_video
from core.tasks import TASKS, Task
from core.tokens import Condition
from core.training.data import Cut, Footage
from core.training.losses import token_loss
from core.training.masking import commit_inputs, mask_ratio
from core.training.painting import random_region
from core.training.prior import next_token_loss

CLIPS, AT_ONCE = 16, 4


@torch.no_grad()
def task_losses(
    bundle: ModelBundle, footage: Footage, device: torch.device, seed: int = 0
) -> dict[str, float]:
    """Mean cross-entropy, in nats, of each task of the card; equal seeds give equal clips.

    For a masked transformer of the tokens that are masked or shown as hints, at random ratios; for
    a causal one of all tokens.
    """
    card, tokenizer = bundle.card, bundle.tokenizer.to(device)
    bundle.transformer.to(device)
    cut, sums = Cut(card.frames, card.height), dict.fromkeys(card.tasks, 0.0)
    for first in range(0, CLIPS, AT_ONCE):
        generators = [np.random.default_rng((seed, first + i)) for i in range(AT_ONCE)]
        drawn = [footage.draw(rng, cut) for rng in generators]
        clips = to_video(np.stack([one.frames for one in drawn]), device)
        labels, tokens = [one.label for one in drawn], tokenizer.encode(clips)
        for name in card.tasks:
            asked = _asked(bundle, TASKS[name], clips, labels, generators[0])
            sums[name] += float(_loss(bundle, asked, tokens, generators[0])) * AT_ONCE / CLIPS
    return sums


def _asked(
    bundle: ModelBundle, task: Task, clips: Tensor, labels: list[int], rng: np.random.Generator
) -> Condition:
    card = bundle.card
    _, _, frames, height, width = clips.shape
    known = [min(label, len(card.classes)) for label in labels]
    return condition(
        task,
        clips,
        bundle.tokenizer,
        painted=random_region(rng, (frames, height, width)) if task.painted else None,
        labels=known if task.needs_label and card.classes else None,
        classes=len(card.classes),
        kept=max(bundle.tokenizer.stride[0], card.context_frames) if task.continues else 0,
        context_frames=card.context_frames,
    )


def _loss(
    bundle: ModelBundle, asked: Condition, tokens: Tensor, rng: np.random.Generator
) -> Tensor:
    if bundle.card.causal:
        return next_token_loss(bundle.transformer, tokens, asked)
    numbers = torch.from_numpy(rng.random(tokens.shape, dtype=np.float32)).to(tokens.device)
    ratio = mask_ratio(torch.from_numpy(rng.random(len(tokens), dtype=np.float32))).to(numbers)
    commit = commit_inputs(
        tokens,
        asked.tokens,
        asked.given,
        numbers,
        ratio,
        mode=bundle.transformer.config.conditioning,
        weights="mask+refine",
    )
    logits = bundle.transformer.logits(commit.inputs, asked)
    return token_loss(logits, commit.targets, commit.weights, 0.0)
