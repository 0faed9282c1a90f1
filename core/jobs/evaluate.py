"""The evaluation job: a bundle on footage that it was not trained on → figures.

Tokenizer: PSNR, SSIM, codebook usage. Prior: how well it says tokens, against the best that token
frequencies alone can do; PSNR and SSIM of what it generates, against simple baselines.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.bundle import ModelBundle, load_bundle
from core.cards import ModelCard
from core.metrics import causal_prior, masked_prior
from core.metrics.baselines import BASELINES
from core.metrics.figures import Figures
from core.metrics.masked_prior import HOLE_TASKS
from core.metrics.psnr_ssim import psnr, ssim
from core.pixels import to_frames, to_video
from core.training.data import Cut, load_footage
from core.training.recipe import load_sources


@dataclass(frozen=True)
class EvaluateRequest:
    """What to measure.

    Attributes:
        bundle: the model's folder.
        data: a TOML file whose [[data]] sections name the footage, as in a recipe.
        clips: random clips to measure on; the same for the same seed.
        batch: clips at a time.
    """

    bundle: Path
    data: Path
    clips: int = 64
    seed: int = 0
    batch: int = 8


@dataclass(frozen=True)
class EvaluateUpdate:
    """`fraction` done in 0..1; `metrics`: name → figure, empty until the last update."""

    fraction: float
    metrics: Mapping[str, float]


@torch.inference_mode()
def run(request: EvaluateRequest) -> Iterator[EvaluateUpdate]:
    """Measures; the last update holds all figures.

    Raises:
        UserError: the bundle or the footage cannot be used.
    """
    bundle = load_bundle(request.bundle)
    card = bundle.card
    footage = load_footage(load_sources(request.data), request.data.parent, card.classes)
    cut = Cut(card.frames, card.height)
    figures, tokens = Figures(), []
    for begin in range(0, request.clips, request.batch):
        torch.manual_seed(request.seed + begin)
        numbers = range(begin, min(begin + request.batch, request.clips))
        generators = [np.random.default_rng((request.seed, number)) for number in numbers]
        drawn = [footage.draw(rng, cut) for rng in generators]
        clips = to_video(np.stack([one.frames for one in drawn]))
        labels, rng = torch.tensor([one.label for one in drawn]), generators[0]
        tokens.append(_measure_tokenizer(bundle, clips, figures))
        _measure_prior(bundle, clips, labels, tokens[-1], rng, figures)
        done = min(begin + request.batch, request.clips)
        if done < request.clips:
            yield EvaluateUpdate(done / request.clips, {})
    yield EvaluateUpdate(1.0, figures.means() | _token_statistics(bundle, torch.cat(tokens)))


def _measure_tokenizer(bundle: ModelBundle, clips: Tensor, figures: Figures) -> Tensor:
    """Adds reconstruction figures; the clips' tokens."""
    tokens = bundle.tokenizer.encode(clips)
    for video, target in zip(_pixels(bundle, tokens), to_frames(clips), strict=True):
        figures.add("tokenizer_psnr", psnr(video / 255, target / 255))
        figures.add("tokenizer_ssim", ssim(video / 255, target / 255))
    return tokens


def _measure_prior(
    bundle: ModelBundle,
    clips: Tensor,
    labels: Tensor,
    tokens: Tensor,
    rng: np.random.Generator,
    figures: Figures,
) -> None:
    """Adds the figures of the bundle's kind of transformer; a bundle may have none."""
    if bundle.card.causal:
        causal_prior.measure(bundle, clips, labels, tokens, figures)
    elif bundle.card.family:
        masked_prior.measure(bundle, clips, tokens, rng, figures)


def _pixels(bundle: ModelBundle, tokens: Tensor) -> NDArray[np.uint8]:
    return to_frames(bundle.tokenizer.decode(tokens))


def _token_statistics(bundle: ModelBundle, tokens: Tensor) -> dict[str, float]:
    """Codes in use, and the best that knowing these very tokens' frequencies can do."""
    counts = torch.bincount(tokens.flatten(), minlength=bundle.tokenizer.codebook_size).double()
    chance = counts / counts.sum()
    entropy = float(-torch.xlogy(chance, chance).sum())
    return {
        "codebook_usage": float((counts > 0).double().mean()),
        "codebook_perplexity": float(np.exp(entropy)),
        "unigram_cross_entropy": entropy,
        "unigram_accuracy": float(chance.max()),
    }


def write_metrics(bundle: Path, metrics: Mapping[str, float]) -> None:
    """Puts figures in a bundle's card, rounded to four digits after the point."""
    card = ModelCard.read(bundle)
    rounded = {name: round(value, 4) for name, value in metrics.items()}
    replace(card, metrics=rounded).write(bundle)


def as_table(metrics: Mapping[str, float]) -> str:
    """The figures as Markdown: one line each, and one table of the holes where there were any."""
    lines = ["| figure | value |", "| --- | ---: |"]
    single = {k: v for k, v in metrics.items() if k.split("_")[0] not in HOLE_TASKS}
    lines += [f"| {name.replace('_', ' ')} | {value:.3f} |" for name, value in single.items()]
    if len(single) < len(metrics):
        lines += ["", *_table_of_holes(metrics)]
    return "\n".join(lines)


def _table_of_holes(metrics: Mapping[str, float]) -> Iterator[str]:
    ways = ("model", *BASELINES)
    yield "| inside the hole | " + " | ".join(ways) + " |"
    yield "| --- |" + " ---: |" * len(ways)
    for task in HOLE_TASKS:
        for unit, digits in (("psnr", 2), ("ssim", 3)):
            row = [f"{metrics.get(f'{task}_{unit}_{way}', math.nan):.{digits}f}" for way in ways]
            yield f"| {task} {unit.upper()} | " + " | ".join(row) + " |"


def as_json(metrics: Mapping[str, float]) -> str:
    return json.dumps(dict(metrics), indent=2)
