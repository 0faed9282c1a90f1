"""Losses of the MAGVIT tokenizer without its discriminator (arXiv 2212.05199; authors' code).

total = reconstruction + 0.25 · commitment + 1.0 · codebook + 0.1 · entropy
"""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor

from core.models.quantizer import VectorQuantizer
from core.training.recipe import LossWeights

_TINY = 1e-5


@dataclass(frozen=True, eq=False)
class Quantized:
    """What the decoder reads in training, and what the quantiser adds to the loss.

    Attributes:
        features: (b, D, t, h, w): codebook rows whose gradient goes to the encoder's features.
        tokens: int64 (b, t, h, w).
        terms: weighted scalar losses "commitment", "codebook", "entropy".
    """

    features: Tensor
    tokens: Tensor
    terms: dict[str, Tensor]


def quantize(features: Tensor, quantizer: VectorQuantizer, weights: LossWeights) -> Quantized:
    """Nearest codes, straight through, with the three losses of the quantiser in float32."""
    b, d, t, h, w = features.shape
    rows = features.float().movedim(1, -1).reshape(-1, d)
    distances = quantizer.distances(rows)
    tokens = distances.argmin(1)
    codes = quantizer.codebook.float()[tokens]
    terms = {
        "commitment": weights.commitment * F.mse_loss(rows, codes.detach()),
        "codebook": weights.codebook * F.mse_loss(codes, rows.detach()),
    }
    if weights.entropy:
        terms["entropy"] = weights.entropy * entropy_loss(distances, weights.entropy_temperature)
    through = rows + (codes - rows).detach()
    grid = through.view(b, t, h, w, d).movedim(-1, 1).to(features.dtype)
    return Quantized(grid, tokens.view(b, t, h, w), terms)


def entropy_loss(distances: Tensor, temperature: float) -> Tensor:
    """Mean entropy of each vector's soft assignment, less the entropy of the mean assignment.

    Low when every vector is sure of its code and all codes are used alike.

    Args:
        distances: squared distances (n, K).
    """
    logits = -distances / temperature
    chances = logits.softmax(1)
    certain = -(chances * (logits + _TINY).log_softmax(1)).sum(1).mean()
    mean = chances.mean(0)
    return certain + (mean * (mean + _TINY).log()).sum()


def reconstruction(video: Tensor, target: Tensor, weights: LossWeights) -> dict[str, Tensor]:
    """Weighted "l2" (as published), "l1" and "chroma" (ours), means over all elements, in float32.

    Both videos are (b, 3, T, H, W).
    """
    video, target = video.float(), target.float()
    terms = {"l2": weights.l2 * F.mse_loss(video, target)}
    if weights.l1:
        terms["l1"] = weights.l1 * F.l1_loss(video, target)
    if weights.chroma:
        error = video - target
        terms["chroma"] = weights.chroma * (error - error.mean(1, keepdim=True)).abs().mean()
    return terms


def token_loss(logits: Tensor, targets: Tensor, weights: Tensor, smoothing: float) -> Tensor:
    """Cross-entropy over the codes, weighted mean per clip, then the mean over clips.

    Args:
        logits: (b, t, h, w, K); targets: int64 (b, t, h, w); weights: float (b, t, h, w).
        smoothing: each target is (1 - smoothing) · one-hot + smoothing / K.
    """
    each = F.cross_entropy(
        logits.flatten(0, -2), targets.flatten(), reduction="none", label_smoothing=smoothing
    )
    each, weights = each.view_as(weights).flatten(1), weights.flatten(1)
    return ((each * weights).sum(1) / (weights.sum(1) + 1e-8)).mean()
