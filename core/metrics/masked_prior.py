"""Figures of a masked transformer: its guesses of masked tokens, and its pictures in holes."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.bundle import ModelBundle
from core.conditioning import condition
from core.decoders.masked import Commit
from core.metrics.baselines import BASELINES
from core.metrics.figures import Figures
from core.metrics.psnr_ssim import psnr_inside, ssim_inside
from core.pixels import to_frames
from core.sampling import SeededNoise
from core.tasks import TASKS, Shape, known_regions
from core.tokens import Condition
from core.training.masking import commit_inputs, mask_ratio
from core.training.painting import random_region

HOLE_TASKS = ("IPC", "OPC", "paint")


def measure(
    bundle: ModelBundle, clips: Tensor, tokens: Tensor, rng: np.random.Generator, figures: Figures
) -> None:
    """Adds accuracy and cross-entropy on masked tokens, and PSNR and SSIM inside of holes.

    Args:
        clips: float (b, 3, T, H, W) in [0, 1]; tokens: theirs.
    """
    for name in HOLE_TASKS:
        painted = random_region(rng, _shape(clips)) if TASKS[name].painted else None
        classes = len(bundle.card.classes)
        given = condition(TASKS[name], clips, bundle.tokenizer, painted=painted, classes=classes)
        _measure_guesses(bundle.transformer, given, tokens, figures)
        _measure_hole(bundle, name, clips, given, painted, figures)


def _measure_guesses(transformer: Any, given: Condition, tokens: Tensor, figures: Figures) -> None:
    """On the tokens that COMMIT selects at random ratios, and on those of them that have no hint
    ("masked")."""
    ratio = mask_ratio(torch.rand(len(tokens)))
    commit = commit_inputs(
        tokens, given.tokens, given.given, torch.rand(tokens.shape), ratio, weights="mask+refine"
    )
    surprise = -transformer.logits(commit.inputs, given).log_softmax(-1)
    own = surprise.gather(-1, tokens.unsqueeze(-1)).squeeze(-1)
    hit = surprise.argmin(-1) == tokens
    for row, selected in enumerate(commit.weights.bool()):
        masked = selected & ~given.given[row]
        for name, counted in (("token", selected), ("masked", masked)):
            figures.add(f"{name}_cross_entropy", float(own[row][counted].mean()))
            figures.add(f"{name}_accuracy", float(hit[row][counted].float().mean()))


def _measure_hole(
    bundle: ModelBundle,
    name: str,
    clips: Tensor,
    given: Condition,
    painted: NDArray[np.bool_] | None,
    figures: Figures,
) -> None:
    """Inside the unknown region: of the model and of each baseline."""
    known, _ = known_regions(TASKS[name], _shape(clips), bundle.tokenizer.stride, painted)
    noise = SeededNoise(range(len(clips)))
    *_, last = Commit()(bundle.transformer, given, noise)
    generated = to_frames(bundle.tokenizer.decode(last.tokens))
    for target, video in zip(to_frames(clips), generated, strict=True):
        results = {"model": np.where(known[..., None], target, video)}
        results |= {key: fill(target, known) for key, fill in BASELINES.items()}
        for key, result in results.items():
            pair = result / 255, target / 255
            figures.add(f"{name}_psnr_{key}", psnr_inside(*pair, ~known))
            figures.add(f"{name}_ssim_{key}", ssim_inside(*pair, ~known))


def _shape(clips: Tensor) -> Shape:
    _, _, frames, height, width = clips.shape
    return frames, height, width
