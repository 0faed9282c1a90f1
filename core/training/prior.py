"""Training of VideoGPT's prior: the next token, given those before it (arXiv 2104.10157, 3.2).

Departs from the authors' code where the recipe says so: some clips are trained without their class
or without their first frames, so that one model can do with either, both or neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import log

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from core.models.tokenizers.vqvae import VQVAE
from core.models.transformers.causal import CausalConfig, CausalTransformer
from core.pixels import MIDDLE_GREY
from core.tasks import Special, causal_tasks
from core.tokens import Condition
from core.training.data import Cut, Footage
from core.training.phases import Learner
from core.training.recipe import VideoGPTRecipe

_STREAM = 2  # keeps the random numbers of the two phases apart


class PriorPhase:
    """See `core.training.phases.Phase`."""

    name, network = "prior", "causal"

    def __init__(
        self,
        recipe: VideoGPTRecipe,
        footage: Footage,
        tokenizer: VQVAE,
        start: CausalTransformer | None = None,
    ) -> None:
        self._recipe, self._footage, self._tokenizer = recipe, footage, tokenizer
        self._training, self.steps = recipe.prior, recipe.prior.steps
        torch.manual_seed(recipe.seed)
        network = start or CausalTransformer(prior_config(recipe, tokenizer, footage.classes))
        network.codes.copy_(tokenizer.codebook.codes)
        self.config = network.config
        self.learner = Learner(
            network,
            self._training.optimiser,
            self.steps,
            ema=self._training.ema,
            precision=recipe.precision,
        )

    @property
    def knows_classes(self) -> bool:
        return self.config.classes > 0

    @property
    def tasks(self) -> tuple[str, ...]:
        return causal_tasks(
            classes=self.knows_classes,
            context=self.config.context_frames > 0,
            unlabelled=self._training.label_drop > 0,
            blind=self._training.context_drop > 0,
        )

    @property
    def trained(self) -> CausalTransformer:
        average = self.learner.average
        assert isinstance(average, CausalTransformer)
        return average

    def step(self, step: int) -> tuple[int, dict[str, float]]:
        rng = np.random.default_rng((self._recipe.seed, _STREAM, step))
        torch.manual_seed(int(rng.integers(2**62)))  # dropout
        tokens, condition = self._examples(rng)
        model = self.learner.copy.model
        assert isinstance(model, CausalTransformer)
        loss = next_token_loss(model, tokens, condition)
        norm = self.learner.learn(loss, step)
        nats = float(loss.detach())
        figures = {"loss": nats, "bits_per_dimension": nats / log(2), "gradient": norm}
        return self._training.batch, figures

    def _examples(self, rng: np.random.Generator) -> tuple[Tensor, Condition]:
        """Tokens of random clips (b, t, h, w), and what is told of each clip."""
        recipe, training, config = self._recipe, self._training, self.config
        cut = Cut(recipe.frames, recipe.size, recipe.strides, recipe.zoom)
        clips, labels = self._footage.draw(rng, training.batch, cut)
        with torch.no_grad():
            tokens = self._tokenizer.encode(clips)
        unlabelled = torch.from_numpy(rng.random(len(clips)) < training.label_drop)
        condition = clip_condition(tokens, clips, labels.masked_fill(unlabelled, config.classes))
        if not config.context_frames:
            return tokens, condition
        blind = torch.from_numpy(rng.random(len(clips)) < training.context_drop)
        frames = clips[:, :, : config.context_frames]
        frames = torch.where(blind.view(-1, 1, 1, 1, 1), MIDDLE_GREY, frames)
        return tokens, replace(condition, frames=frames)

    def state(self) -> dict[str, Tensor]:
        return self.learner.state()

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        self.learner.load_state(state)


def next_token_loss(model: CausalTransformer, tokens: Tensor, condition: Condition) -> Tensor:
    """Mean cross-entropy of all tokens, in nats."""
    return F.cross_entropy(model(tokens, condition).flatten(0, 3), tokens.flatten())


def clip_condition(tokens: Tensor, clips: Tensor, labels: Tensor, frames: int = 0) -> Condition:
    """What a causal model is told of clips that it shall say the tokens of."""
    return Condition(
        tokens,
        torch.zeros(tokens.shape, dtype=torch.bool),
        torch.full((len(tokens),), int(Special.FULL_GENERATION)),
        labels,
        clips[:, :, :frames] if frames else None,
    )


def prior_config(
    recipe: VideoGPTRecipe, tokenizer: VQVAE, classes: tuple[str, ...]
) -> CausalConfig:
    """The recipe's sizes, for that tokenizer."""
    training, codes = recipe.prior, tokenizer.config
    t, h, w = tokenizer.stride
    return CausalConfig(
        codebook_size=codes.codebook_size,
        embedding_dim=codes.embedding_dim // codes.codebooks,
        codebooks=codes.codebooks,
        grid=(recipe.frames // t, recipe.size // h, recipe.size // w),
        hidden=training.hidden,
        heads=training.heads,
        layers=training.layers,
        mlp=training.mlp,
        classes=len(classes) if training.classes else 0,
        context_frames=training.context_frames,
        context_size=(recipe.size, recipe.size),
        context_depths=training.context_depths,
        context_widths=training.context_widths,
        attention=training.attention,
        dropout=training.dropout,
        attention_dropout=training.attention_dropout,
    )
