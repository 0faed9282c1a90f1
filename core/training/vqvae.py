"""Training of VideoGPT's VQ-VAE with the published objective (arXiv 2104.10157, section 2.1).

Departs from the authors' code: random crops, smaller ones first where the recipe says so; and a
codebook that was loaded is trained on as it is.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from core.models.codebook import perplexity
from core.models.tokenizers.vqvae import VQVAE
from core.pixels import MIDDLE_GREY
from core.training.data import Footage, draw_crops
from core.training.phases import Learner
from core.training.recipe import VideoGPTRecipe

_STREAM = 1  # keeps the random numbers of the two phases apart
PIXEL_VARIANCE = 0.06
"""Of pixels in [-0.5, 0.5], as the authors assume it; the reconstruction error is divided by it."""


class VQVAEPhase:
    """See `core.training.phases.Phase`."""

    name, network = "vqvae", "vqvae"

    def __init__(
        self, recipe: VideoGPTRecipe, footage: Footage, start: VQVAE | None = None
    ) -> None:
        self._recipe, self._footage = recipe, footage
        self._training, self.steps = recipe.vqvae, recipe.vqvae.steps
        torch.manual_seed(recipe.seed)
        self.learner = Learner(
            start or VQVAE(self._training.model),
            self._training.optimiser,
            self.steps,
            ema=self._training.ema,
            precision=recipe.precision,
            exact=("codebook",),
        )

    @property
    def trained(self) -> VQVAE:
        average = self.learner.average
        assert isinstance(average, VQVAE)
        return average

    def step(self, step: int) -> tuple[int, dict[str, float]]:
        rng = np.random.default_rng((self._recipe.seed, _STREAM, step))
        torch.manual_seed(int(rng.integers(2**62)))  # which features codes are put on
        leg = self._training.leg_at(step)
        video = draw_crops(self._footage, rng, leg.batch, leg.size, self._recipe)
        model = self.learner.copy.model
        assert isinstance(model, VQVAE)
        pixels, tokens, terms = learning_pass(model, video, self._training.commitment)
        norm = self.learner.learn(sum(terms.values(), torch.zeros(())), step)
        error = float(F.mse_loss((pixels.detach().float() + MIDDLE_GREY).clamp(0, 1), video))
        figures = {name: float(term.detach()) for name, term in terms.items()}
        figures |= {"gradient": norm, "psnr": -10 * float(np.log10(max(error, 1e-10)))}
        size = model.codebook_size
        return leg.batch, figures | {"perplexity": float(perplexity(tokens, size))}

    def state(self) -> dict[str, Tensor]:
        return self.learner.state()

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        self.learner.load_state(state)


def learning_pass(
    model: VQVAE, video: Tensor, commitment: float
) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
    """A pass of a network in training mode; its codebook follows.

    Args:
        video: float (b, 3, T, H, W) in [0, 1].

    Returns:
        pixels about [-0.5, 0.5], tokens, and the terms of the loss, already weighted.
    """
    features = model.features(video.contiguous(memory_format=torch.channels_last_3d))
    rows = model.codebook.rows(features.detach())
    if not model.codebook.initialised:
        model.codebook.initialise(rows.to(model.codebook.codes))
    tokens, codes = model.straight_through(features)
    chosen = model.codebook.lookup(tokens)
    pixels = model.pixels(codes)
    terms = {
        "reconstruction": F.mse_loss(pixels.float(), video - MIDDLE_GREY) / PIXEL_VARIANCE,
        "commitment": commitment * F.mse_loss(features.float(), chosen.float()),
    }
    model.codebook.follow(rows, tokens.flatten())
    return pixels, tokens, terms
