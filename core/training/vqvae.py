"""Training of VideoGPT's VQ-VAE with the published objective (arXiv 2104.10157, section 2.1).

Departs from the authors' code: random crops, smaller ones first where the recipe says so; and a
codebook that was loaded is trained on as it is.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.clip import Frames
from core.models.codebook import perplexity
from core.models.tokenizers.vqvae import VQVAE
from core.pixels import MIDDLE_GREY, as_video
from core.training import round_trip
from core.training.computing import Computing
from core.training.data import Crops, Cut
from core.training.learner import Learner
from core.training.loading import Batch
from core.training.phases import Losses
from core.training.processes import all_rows, all_sum, from_first
from core.training.recipe import VideoGPTRecipe
from core.training.tokenizing import used_codes

PIXEL_VARIANCE = 0.06
"""Of pixels in [-0.5, 0.5], as the authors assume it; the reconstruction error is divided by it."""


class VQVAEPhase:
    """See `core.training.phases.Phase`."""

    name, network, stream = "vqvae", "vqvae", 1

    def __init__(
        self, recipe: VideoGPTRecipe, start: VQVAE | None = None, computing: Computing | None = None
    ) -> None:
        self._training, self.steps = recipe.vqvae, recipe.vqvae.steps
        self.examples = Crops(recipe.seed, self.stream, Cut.of(recipe), self._training)
        torch.manual_seed(recipe.seed)
        self.learner = Learner(
            start or VQVAE(self._training.model),
            self._training.optimiser,
            self.steps,
            ema=self._training.ema,
            computing=computing or Computing.of(recipe),
            exact=("codebook",),
        )
        self.learners = {self.name: self.learner}

    @property
    def trained(self) -> VQVAE:
        average = self.learner.average
        assert isinstance(average, VQVAE)
        return average

    def losses(self, batch: Batch, step: int) -> Losses:  # noqa: ARG002 - the same at any step
        video, model = as_video(batch["frames"]), self.learner.copy.model
        assert isinstance(model, VQVAE)
        pixels, tokens, terms = learning_pass(model, video, self._training.commitment)
        error = F.mse_loss((pixels.detach().float() + MIDDLE_GREY).clamp(0, 1), video)
        figures = {
            "psnr": round_trip.decibels(error),
            "perplexity": perplexity(tokens, model.codebook_size),
            "codes": used_codes(tokens, model.codebook_size),
        }
        return Losses({self.name: terms}, figures)

    def held_out(self, batch: Batch) -> dict[str, Tensor]:
        return round_trip.errors(self.trained, batch)

    def shipped(self) -> nn.Module:
        return self.learner.shipped()

    @torch.no_grad()
    def pictures(self, network: nn.Module, batch: Batch) -> list[Frames]:
        assert isinstance(network, VQVAE)
        return round_trip.rows(network, batch)

    def after(self, step: int) -> None:
        """Nothing: the codebook followed already, at the losses."""

    def state(self) -> dict[str, Tensor]:
        return {}

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        """Nothing: all of it is the learner's."""


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
    codebook = model.codebook
    rows = codebook.rows(features.detach())
    if not codebook.initialised:
        codebook.initialise(from_first(codebook.spares(all_rows(rows))))
    tokens, codes = model.straight_through(features)
    chosen = codebook.lookup(tokens)
    pixels = model.pixels(codes)
    terms = {
        "reconstruction": F.mse_loss(pixels.float(), video - MIDDLE_GREY) / PIXEL_VARIANCE,
        "commitment": commitment * F.mse_loss(features.float(), chosen.float()),
    }
    counts, sums = codebook.tally(rows, tokens.flatten())
    codebook.follow(all_sum(counts), all_sum(sums), from_first(codebook.spares(all_rows(rows))))
    return pixels, tokens, terms
