"""Figures of a causal transformer: how well it says the next token, and how clips go on."""

from __future__ import annotations

from dataclasses import replace
from math import log
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.bundle import ModelBundle
from core.conditioning import condition
from core.decoders.autoregressive import Autoregressive
from core.metrics.figures import Figures
from core.metrics.psnr_ssim import psnr, ssim
from core.pixels import to_frames
from core.sampling import SeededNoise
from core.tasks import TASKS
from core.tokens import Condition


def measure(
    bundle: ModelBundle, clips: Tensor, labels: Tensor, tokens: Tensor, figures: Figures
) -> None:
    """Adds bits per dimension (of the token grid) and accuracy of the next token, and PSNR and
    SSIM of continued clips, beside those of a last frame that stands still.

    Args:
        clips: float (b, 3, T, H, W) in [0, 1]; labels, tokens: theirs.
    """
    card, kept = bundle.card, _kept(bundle, clips)
    given = condition(
        TASKS["continue"],
        clips,
        bundle.tokenizer,
        labels=labels.tolist() if card.classes else None,
        classes=len(card.classes),
        kept=kept,
        context_frames=card.context_frames,
    )
    _measure_guesses(bundle.transformer, given, tokens, "", figures)
    if "generate" in card.tasks and (card.classes or card.context_frames):
        free = replace(given, labels=torch.full_like(labels, len(card.classes)), frames=None)
        _measure_guesses(bundle.transformer, free, tokens, "free_", figures)
    _measure_continued(bundle, clips, given, kept, figures)


def _kept(bundle: ModelBundle, clips: Tensor) -> int:
    """Half of the frames, as whole token frames."""
    stride = bundle.tokenizer.stride[0]
    half = clips.shape[2] // 2
    return max(half - half % stride, stride)


def _measure_guesses(
    transformer: Any, given: Condition, tokens: Tensor, prefix: str, figures: Figures
) -> None:
    """Of all tokens, each given those before it."""
    surprise = -transformer(tokens, given).log_softmax(-1)
    own = surprise.gather(-1, tokens.unsqueeze(-1)).squeeze(-1)
    hit = surprise.argmin(-1) == tokens
    for nats, right in zip(own, hit, strict=True):
        figures.add(f"{prefix}bits_per_dimension", float(nats.mean()) / log(2))
        figures.add(f"{prefix}token_accuracy", float(right.float().mean()))


def _measure_continued(
    bundle: ModelBundle, clips: Tensor, given: Condition, kept: int, figures: Figures
) -> None:
    """Of the frames that were not given."""
    noise = SeededNoise(range(len(clips)))
    *_, last = Autoregressive()(bundle.transformer, given, noise)
    generated = to_frames(bundle.tokenizer.decode(last.tokens))
    for target, video in zip(to_frames(clips), generated, strict=True):
        still = np.broadcast_to(target[kept - 1], target[kept:].shape)
        for name, result in (("model", video[kept:]), ("still", still)):
            figures.add(f"continued_psnr_{name}", psnr(result / 255, target[kept:] / 255))
            figures.add(f"continued_ssim_{name}", ssim(result / 255, target[kept:] / 255))
