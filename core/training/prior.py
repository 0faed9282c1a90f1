"""Training of VideoGPT's prior: the next token, given those before it (arXiv 2104.10157, 3.2).

Departs from the authors' code where the recipe says so: some clips are trained without their class
or without their first frames, so that one model can do with either, both or neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import log
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.clip import Frames
from core.decoders.autoregressive import Autoregressive
from core.models.tokenizers.vqvae import VQVAE
from core.models.transformers.causal import CausalConfig, CausalTransformer
from core.pixels import MIDDLE_GREY, as_video, to_frames
from core.sampling import SeededNoise
from core.tasks import Special, causal_tasks
from core.tokens import Condition
from core.training.computing import Computing
from core.training.data import Cut, Footage
from core.training.learner import Learner
from core.training.loading import Batch
from core.training.phases import Losses
from core.training.recipe import PriorTraining, Recipe, TransformerTraining, VideoGPTRecipe
from core.training.tokenizing import tokenize_clips, used_codes


@dataclass(frozen=True)
class PriorExamples:
    """Examples for a prior: "frames" uint8 (T, size, size, 3), "label" int64, of which
    "unlabelled" and "blind" say whether class and first frames are kept from the model.

    Attributes:
        label_drop, context_drop: chances of the two.
    """

    seed: int
    stream: int
    cut: Cut
    batch: int
    label_drop: float
    context_drop: float

    def count(self, step: int) -> int:  # noqa: ARG002 - the same at any step
        return self.batch

    def __call__(self, footage: Footage, step: int, index: int) -> Batch:
        rng = np.random.default_rng((self.seed, self.stream, step, index))
        drawn = footage.draw(rng, self.cut)
        return {
            "frames": torch.from_numpy(drawn.frames),
            "label": torch.tensor(drawn.label),
            "unlabelled": torch.tensor(rng.random() < self.label_drop),
            "blind": torch.tensor(rng.random() < self.context_drop),
        }

    def redrawn(self, step: int, index: int) -> Batch:  # noqa: ARG002 - the same for all
        """Nothing: all of an example stays when it is used again."""
        return {}

    @property
    def together(self) -> int:
        """How many of them belong into one batch."""
        return 1

    @property
    def made(self) -> dict[str, Any]:
        """All that an example depends on beside the footage, as JSON values."""
        return asdict(self)


class PriorPhase:
    """See `core.training.phases.Phase`."""

    name, network, stream = "prior", "causal", 2

    def __init__(
        self,
        recipe: VideoGPTRecipe,
        classes: tuple[str, ...],
        tokenizer: VQVAE,
        start: CausalTransformer | None = None,
        computing: Computing | None = None,
    ) -> None:
        training = recipe.prior
        torch.manual_seed(recipe.seed)
        network = start or CausalTransformer(prior_config(recipe, tokenizer, classes))
        network.codes.copy_(tokenizer.codebook.codes)
        self._drops = training.label_drop, training.context_drop
        self._begin(recipe, training, tokenizer, network, computing or Computing.of(recipe))

    def _begin(
        self,
        recipe: Recipe,
        training: PriorTraining | TransformerTraining,
        tokenizer: nn.Module,
        network: Any,
        computing: Computing,
    ) -> None:
        """Makes examples and learner for a network that says the next token."""
        self.config, self.steps = network.config, training.steps
        self._tokenizer: Any = tokenizer.to(computing.device)
        self.examples = PriorExamples(
            recipe.seed, self.stream, Cut.of(recipe), training.batch, *self._drops
        )
        self.learner = Learner(
            network,
            training.optimiser,
            self.steps,
            ema=training.ema,
            computing=computing,
            splits=True,
            low_rank=recipe.lora,
        )
        self.learners = {self.name: self.learner}

    @property
    def knows_classes(self) -> bool:
        return self.config.classes > 0

    @property
    def tasks(self) -> tuple[str, ...]:
        return causal_tasks(
            classes=self.knows_classes,
            context=self.config.context_frames > 0,
            unlabelled=self._drops[0] > 0,
            blind=self._drops[1] > 0,
        )

    @property
    def trained(self) -> nn.Module:
        return self.learner.average

    def prepare(self, batch: Batch) -> Batch:
        """The tokenizer's part."""
        config = self.config
        return tokenize_clips(self._tokenizer, batch, config.classes, config.context_frames)

    def losses(self, batch: Batch, step: int) -> Losses:  # noqa: ARG002 - the same at any step
        tokens, condition = self._asked(batch)
        loss = next_token_loss(self.learner.copy.model, tokens, condition)
        figures = {
            "bits_per_dimension": loss.detach() / log(2),
            "codes": used_codes(tokens, self.config.codebook_size),
        }
        return Losses({self.name: {"loss": loss}}, figures)

    def held_out(self, batch: Batch) -> dict[str, Tensor]:
        loss = next_token_loss(self.trained, *self._asked(batch))
        return {"loss": loss, "bits_per_dimension": loss / log(2)}

    def _asked(self, batch: Batch) -> tuple[Tensor, Condition]:
        """Tokens to say, and what the model is told."""
        prepared = self.prepare(batch)
        tokens, frames = prepared["tokens"], None
        if "first" in prepared:
            blind = prepared["blind"].view(-1, 1, 1, 1, 1)
            frames = torch.where(blind, MIDDLE_GREY, as_video(prepared["first"]))
        return tokens, clip_condition(tokens, prepared["label"], frames)

    def shipped(self) -> nn.Module:
        return self.learner.shipped()

    @torch.no_grad()
    def pictures(self, network: Any, batch: Batch) -> list[Frames]:
        """The clips, and what is generated from their classes and first frames, if anything."""
        tokens, condition = self._asked(batch)
        noise = SeededNoise(range(len(tokens)), tokens.device)
        *_, last = Autoregressive()(network, condition, noise)
        generated = self._tokenizer.decode(last.tokens)
        return [batch["frames"].cpu().numpy(), to_frames(generated)]

    def after(self, step: int) -> None:
        """Nothing."""

    def state(self) -> dict[str, Tensor]:
        return {}

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        """Nothing: all of it is the learner's."""


def next_token_loss(model: nn.Module, tokens: Tensor, condition: Condition) -> Tensor:
    """Mean cross-entropy of all tokens, in nats.

    Args:
        model: (tokens, condition) → logits (b, t, h, w, K) of each token from those before it.
    """
    return F.cross_entropy(model(tokens, condition).flatten(0, 3), tokens.flatten())


def clip_condition(tokens: Tensor, labels: Tensor, frames: Tensor | None) -> Condition:
    """What a causal model is told of clips that it shall say the tokens of.

    Args:
        frames: float (b, 3, n, H, W) in [0, 1], the first frames, for a model that looks at them.
    """
    return Condition(
        tokens,
        torch.zeros_like(tokens, dtype=torch.bool),
        torch.full_like(labels, int(Special.FULL_GENERATION)),
        labels,
        frames,
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
