"""The discriminator that learns beside a tokenizer (MAGVIT, section 3.1 and appendix A.1).

Both learn from one forward pass with the same weights: neither waits for the other, and no gradient
of one reaches the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor
from torch.func import functional_call

from core.models.discriminators import Discriminator, DiscriminatorConfig
from core.training.computing import Computing
from core.training.learner import Learner
from core.training.losses import (
    LogitAverages,
    discriminator_loss,
    generator_loss,
    r1_penalty,
)
from core.training.recipe import TokenizerTraining

LEAST_SIDE = 4
"""Pixels of a clip's side that the published sizes leave after the blocks."""


class Adversary:
    """A discriminator, its learner, and moving averages of its logits.

    Attributes:
        learner: always in float32: its R1 penalty is a gradient of a gradient.
    """

    def __init__(
        self, training: TokenizerTraining, shape: tuple[int, int, int], computing: Computing
    ) -> None:
        self.settings = training.adversarial
        exact = replace(computing, precision="float32", compiled=False, recomputed=False)
        network = Discriminator(discriminator_config(training, shape))
        self.learner = Learner(
            network, self.settings.optimiser, training.steps, ema=0.0, computing=exact
        )
        self._averages = LogitAverages.zero()
        self._logits: list[tuple[Tensor, Tensor]] = []  # of this step's parts: real, fake

    def takes_part(self, step: int) -> bool:
        return step >= self.settings.begin

    def tokenizer_terms(self, fake: Tensor) -> dict[str, Tensor]:
        """What the tokenizer learns from the verdict on its clips (b, 3, T, H, W)."""
        model = self.learner.copy.model
        settled = {name: weight.detach() for name, weight in model.named_parameters()}
        logits = functional_call(model, settled, (fake.float(),))
        return {
            "adversarial": self.settings.weight * generator_loss(logits, self.settings.loss),
        }

    @torch.enable_grad()
    def own_terms(self, real: Tensor, fake: Tensor) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """What the discriminator learns from real clips and from the tokenizer's; and figures."""
        settings, model = self.settings, self.learner.copy.model
        pixels = real.detach().float().requires_grad_()
        real_logits, fake_logits = model(pixels), model(fake.detach().float())
        terms = discriminator_loss(real_logits, fake_logits, settings.loss)
        if settings.r1:
            terms["r1"] = settings.r1 * r1_penalty(real_logits, pixels)
        if settings.lecam:
            terms["lecam"] = settings.lecam * self._averages.penalty(real_logits, fake_logits)
        self._logits.append((real_logits.detach(), fake_logits.detach()))
        figures = {
            "logit_real": real_logits.detach().mean(),
            "logit_fake": fake_logits.detach().mean(),
        }
        return terms, figures

    def after(self) -> None:
        """The averages follow the logits of this step."""
        if self._logits:
            real, fake = (torch.cat(logits) for logits in zip(*self._logits, strict=True))
            self._averages = self._averages.followed(real, fake)
        self._logits.clear()

    def state(self) -> dict[str, Tensor]:
        return self._averages.state()

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        self._averages = LogitAverages.from_state(state)


def discriminator_config(
    training: TokenizerTraining, shape: tuple[int, int, int]
) -> DiscriminatorConfig:
    """The sizes that the recipe says, or that are published for clips of this (T, H, W)."""
    settings = training.adversarial
    halvings = max(min(shape[1:]) // LEAST_SIDE, 2).bit_length() - 1
    return DiscriminatorConfig(
        filters=settings.filters or training.model.filters,
        multipliers=settings.multipliers or (2, *[4] * (halvings - 1)),
        shape=shape,
        per_frame=training.network == "vqgan2d",
    )
