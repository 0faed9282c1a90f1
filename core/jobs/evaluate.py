"""The evaluation job: a bundle on footage that it was not trained on → figures.

Tokenizer: PSNR, SSIM, codebook usage. Prior: accuracy and cross-entropy on masked tokens, against
the best that token frequencies alone can do. Holes: PSNR and SSIM inside them, against baselines.
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
from core.conditioning import condition
from core.decoders.masked import Commit
from core.metrics.baselines import BASELINES
from core.metrics.psnr_ssim import psnr, psnr_inside, ssim, ssim_inside
from core.pixels import to_frames
from core.sampling import SeededNoise
from core.tasks import TASKS, known_regions
from core.tokens import Condition
from core.training.data import Cut, load_footage
from core.training.masking import commit_inputs, mask_ratio
from core.training.painting import random_region
from core.training.recipe import load_sources

HOLE_TASKS = ("IPC", "OPC", "paint")


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
    figures, tokens = _Figures(), []
    for begin in range(0, request.clips, request.batch):
        rng = np.random.default_rng((request.seed, begin))
        torch.manual_seed(request.seed + begin)
        count = min(request.batch, request.clips - begin)
        clips, _ = footage.draw(rng, count, cut)
        tokens.append(_measure_tokenizer(bundle, clips, figures))
        for name in HOLE_TASKS if bundle.transformer is not None else ():
            painted = random_region(rng, _shape(clips)) if TASKS[name].painted else None
            given = condition(
                TASKS[name], clips, bundle.tokenizer, painted=painted, classes=len(card.classes)
            )
            _measure_prior(bundle, given, tokens[-1], figures)
            _measure_hole(bundle, name, clips, given, painted, figures)
        done = min(begin + request.batch, request.clips)
        if done < request.clips:
            yield EvaluateUpdate(done / request.clips, {})
    yield EvaluateUpdate(1.0, figures.means() | _token_statistics(bundle, torch.cat(tokens)))


class _Figures:
    """Figures by name, averaged at the end. NaN, "nothing to measure here", does not count."""

    def __init__(self) -> None:
        self._values: dict[str, list[float]] = {}

    def add(self, name: str, value: float) -> None:
        if not math.isnan(value):
            self._values.setdefault(name, []).append(value)

    def means(self) -> dict[str, float]:
        return {name: float(np.mean(values)) for name, values in self._values.items()}


def _measure_tokenizer(bundle: ModelBundle, clips: Tensor, figures: _Figures) -> Tensor:
    """Adds reconstruction figures; the clips' tokens."""
    tokens = bundle.tokenizer.encode(clips)
    for video, target in zip(_pixels(bundle, tokens), to_frames(clips), strict=True):
        figures.add("tokenizer_psnr", psnr(video / 255, target / 255))
        figures.add("tokenizer_ssim", ssim(video / 255, target / 255))
    return tokens


def _measure_prior(
    bundle: ModelBundle, given: Condition, tokens: Tensor, figures: _Figures
) -> None:
    """Adds accuracy and cross-entropy on the tokens that COMMIT selects at random ratios, and on
    those of them that have no hint ("masked")."""
    ratio = mask_ratio(torch.rand(len(tokens)))
    commit = commit_inputs(
        tokens, given.tokens, given.given, torch.rand(tokens.shape), ratio, weights="mask+refine"
    )
    surprise = -bundle.transformer.logits(commit.inputs, given).log_softmax(-1)
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
    figures: _Figures,
) -> None:
    """Adds PSNR and SSIM inside the unknown region: of the model and of each baseline."""
    known, _ = known_regions(TASKS[name], _shape(clips), bundle.tokenizer.stride, painted)
    generated = _pixels(bundle, generate(bundle, given))
    for target, video in zip(to_frames(clips), generated, strict=True):
        results = {"model": np.where(known[..., None], target, video)}
        results |= {key: fill(target, known) for key, fill in BASELINES.items()}
        for key, result in results.items():
            pair = result / 255, target / 255
            figures.add(f"{name}_psnr_{key}", psnr_inside(*pair, ~known))
            figures.add(f"{name}_ssim_{key}", ssim_inside(*pair, ~known))


def generate(bundle: ModelBundle, given: Condition, seed: int = 0) -> Tensor:
    """Tokens of a decode with the default options, clip i with the seed `seed` + i."""
    noise = SeededNoise(range(seed, seed + len(given.labels)))
    *_, last = Commit()(bundle.transformer, given, noise)
    return last.tokens


def _shape(clips: Tensor) -> tuple[int, int, int]:
    _, _, frames, height, width = clips.shape
    return frames, height, width


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
    """The figures as Markdown: one line each, and one table of the holes."""
    ways = ("model", *BASELINES)
    lines = ["| figure | value |", "| --- | ---: |"]
    single = {k: v for k, v in metrics.items() if k.split("_")[0] not in HOLE_TASKS}
    lines += [f"| {name.replace('_', ' ')} | {value:.3f} |" for name, value in single.items()]
    lines += ["", "| inside the hole | " + " | ".join(ways) + " |"]
    lines += ["| --- |" + " ---: |" * len(ways)]
    for task in HOLE_TASKS:
        for unit, digits in (("psnr", 2), ("ssim", 3)):
            row = [f"{metrics.get(f'{task}_{unit}_{way}', math.nan):.{digits}f}" for way in ways]
            lines.append(f"| {task} {unit.upper()} | " + " | ".join(row) + " |")
    return "\n".join(lines)


def as_json(metrics: Mapping[str, float]) -> str:
    return json.dumps(dict(metrics), indent=2)
