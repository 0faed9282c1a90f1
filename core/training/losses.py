"""Losses of MAGVIT's networks (arXiv 2212.05199, appendix A; authors' code where it says more).

    tokenizer      reconstruction + 0.25 · commitment + 1.0 · codebook + 0.1 · entropy
                   + 0.1 · adversarial + 0.1 · perceptual (`core.training.perceptual`)
    discriminator  real + fake + 10 · R1 + LeCam
    transformer    cross-entropy of the tokens that count

Means over a whole batch enter where a loss is not linear in its clips; with several processes they
are means over all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from core.models.quantizer import VectorQuantizer
from core.models.scalar_quantizer import ScalarQuantizer
from core.training.processes import all_mean
from core.training.recipe import LossWeights

_TINY = 1e-5
LECAM_DECAY = 0.999


# ── tokenizer ──────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, eq=False)
class Quantized:
    """What the decoder reads in training, and what the quantiser adds to the loss.

    Attributes:
        features: (b, D, t, h, w): codebook rows whose gradient goes to the encoder's features.
        tokens: int64 (b, t, h, w).
        terms: weighted scalar losses "commitment", "codebook", "entropy"; of scalar quantisation
            none.
    """

    features: Tensor
    tokens: Tensor
    terms: dict[str, Tensor]


def quantize(
    features: Tensor, quantizer: VectorQuantizer | ScalarQuantizer, weights: LossWeights
) -> Quantized:
    """Nearest codes, straight through, with the three losses of the quantiser in float32."""
    if isinstance(quantizer, ScalarQuantizer):
        codes = quantizer.rounded(features.float().movedim(1, -1)).movedim(-1, 1)
        return Quantized(codes.to(features.dtype), quantizer(features.detach()), {})
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
        distances: squared distances (n, K); the mean assignment is that of all processes.
    """
    logits = -distances / temperature
    chances = logits.softmax(1)
    certain = -(chances * (logits + _TINY).log_softmax(1)).sum(1).mean()
    mean = all_mean(chances.mean(0))
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


# ── adversarial ────────────────────────────────────────────────────────────────────────────────

Adversarial = Literal["non-saturating", "hinge"]


def generator_loss(fake: Tensor, kind: Adversarial = "non-saturating") -> Tensor:
    """What the generator learns from the discriminator's logits (n,) of its videos: to raise them.

    softplus(-fake), as published; with "hinge" -fake itself.
    """
    return F.softplus(-fake).mean() if kind == "non-saturating" else -fake.mean()


def discriminator_loss(
    real: Tensor, fake: Tensor, kind: Adversarial = "non-saturating"
) -> dict[str, Tensor]:
    """Terms "real" and "fake" of logits (n,): real ones above zero, others below it.

    softplus(-real) and softplus(fake), as published; with "hinge" relu(1 - real), relu(1 + fake).
    """
    if kind == "non-saturating":
        return {"real": F.softplus(-real).mean(), "fake": F.softplus(fake).mean()}
    return {"real": F.relu(1 - real).mean(), "fake": F.relu(1 + fake).mean()}


def r1_penalty(logits: Tensor, pixels: Tensor) -> Tensor:
    """Mean over clips of the squared norm of the logits' gradient by the pixels.

    The discriminator learns from it, by a second backward pass. The authors weigh it by 10, without
    the half that others put before it.

    Args:
        logits: (n,) of real clips; pixels: the clips (b, 3, T, H, W), whose gradient is asked for.
    """
    (slope,) = torch.autograd.grad(logits.sum(), pixels, create_graph=True)
    return slope.square().flatten(1).sum(1).mean()


@dataclass(frozen=True, eq=False)
class LogitAverages:
    """Moving averages of the discriminator's mean logits, for LeCam; they begin at 0.

    Attributes:
        real, fake: float32 scalars.
    """

    real: Tensor
    fake: Tensor

    @classmethod
    def zero(cls) -> LogitAverages:
        return cls(torch.zeros(()), torch.zeros(()))

    def penalty(self, real: Tensor, fake: Tensor) -> Tensor:
        """LeCam: how far real logits are above the average of others, and these below theirs.

        Args:
            real, fake: logits (n,) of this batch.
        """
        real, fake = all_mean(real.mean()), all_mean(fake.mean())
        anchors = self.real.to(real.device), self.fake.to(fake.device)
        return F.relu(real - anchors[1]).square() + F.relu(anchors[0] - fake).square()

    @torch.no_grad()
    def followed(self, real: Tensor, fake: Tensor, decay: float = LECAM_DECAY) -> LogitAverages:
        """The averages after this batch's logits (n,)."""
        means = all_mean(real.detach().float().mean()), all_mean(fake.detach().float().mean())
        return LogitAverages(
            self.real.to(real.device).lerp(means[0], 1 - decay),
            self.fake.to(fake.device).lerp(means[1], 1 - decay),
        )

    def state(self) -> dict[str, Tensor]:
        return {"lecam.real": self.real, "lecam.fake": self.fake}

    @classmethod
    def from_state(cls, state: Mapping[str, Tensor]) -> LogitAverages:
        return cls(state["lecam.real"], state["lecam.fake"])


# ── transformer ────────────────────────────────────────────────────────────────────────────────


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
