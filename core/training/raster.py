"""Training of MAGVIT's autoregressive baseline: the next token of a 3D-VQ, in raster order.

It is VideoGPT's objective with another network and another tokenizer; the recipe's [transformer]
says `network = "autoregressive"`. What is given of a clip are its first tokens.
"""

from __future__ import annotations

import torch

from core.models.tokenizers.vqgan3d import VQGAN3D
from core.models.transformers.autoregressive import (
    AutoregressiveConfig,
    AutoregressiveTransformer,
)
from core.training.computing import Computing
from core.training.prior import PriorPhase
from core.training.recipe import MagvitRecipe


class AutoregressivePhase(PriorPhase):
    """See `core.training.phases.Phase`."""

    name, network, stream = "transformer", "autoregressive", 2

    def __init__(
        self,
        recipe: MagvitRecipe,
        classes: tuple[str, ...],
        tokenizer: VQGAN3D,
        start: AutoregressiveTransformer | None = None,
        computing: Computing | None = None,
    ) -> None:
        training = recipe.transformer
        torch.manual_seed(recipe.seed)
        network = start or AutoregressiveTransformer(autoregressive_config(recipe, classes))
        self._drops = training.drop, 0.0
        self._begin(recipe, training, tokenizer, network, computing or Computing.of(recipe))


def autoregressive_config(recipe: MagvitRecipe, classes: tuple[str, ...]) -> AutoregressiveConfig:
    """The recipe's sizes."""
    sizes = recipe.transformer_config(len(classes))
    return AutoregressiveConfig(
        codebook_size=sizes.codebook_size,
        classes=sizes.classes,
        grid=sizes.grid,
        layers=sizes.layers,
        hidden=sizes.hidden,
        mlp=sizes.mlp,
        heads=sizes.heads,
        dropout=sizes.dropout,
    )
