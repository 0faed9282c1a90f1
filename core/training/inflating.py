"""A 3D-VQ that begins as an inflated 2D-VQ: tokenizer, discriminator and moving averages.

The 2D-VQ is a bundle (its averaged tokenizer alone) or the folder of a run, whose last checkpoint
has them all. Optimisers begin anew.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from core.bundle import load_bundle
from core.cards import CARD_FILE
from core.errors import UserError
from core.models.inflation import Inflation, inflate
from core.training.checkpoints import load_checkpoint
from core.training.learner import Learner

_LOG = logging.getLogger(__name__)


def inflate_learners(
    learners: Mapping[str, Learner], folder: Path, how: Inflation, phase: str
) -> None:
    """Gives learners the weights of a 2D-VQ; those that it has nothing for stay as they are.

    Args:
        learners: by their names in the checkpoint of `phase`; the first one is the tokenizer's.

    Raises:
        UserError: the folder holds no 2D-VQ.
    """
    known = _bundle_state(folder, phase) if (folder / CARD_FILE).is_file() else None
    if known is None:
        found = load_checkpoint(folder / phase)
        if found is None:
            raise UserError(
                f"{folder} holds neither a bundle nor a run with a checkpoint of a {phase}. Name "
                "the folder of a 2D-VQ as tokenizer.inflate, or train one first."
            )
        known = found.state
    for name, learner in learners.items():
        own = _below(f"{name}.", known)
        fresh = inflate(_below("network.", own), learner.network, how)
        inflate(_below("average.", own), learner.average, how)
        learner.copy.load_weights()
        if fresh:
            _LOG.warning(
                "%s in %s: nothing fits these %d parameters, they begin at random: %s",
                name,
                folder,
                len(fresh),
                ", ".join(fresh),
            )


def _bundle_state(folder: Path, phase: str) -> dict[str, Tensor]:
    """A bundle's tokenizer as a checkpoint would have it."""
    bundle = load_bundle(folder)
    if bundle.card.tokenizer.name != "vqgan2d":
        raise UserError(
            f"“{bundle.card.title}” cannot be inflated: its tokenizer is no 2D-VQ. Name another "
            "folder as tokenizer.inflate."
        )
    weights = bundle.tokenizer.state_dict()
    return {
        f"{phase}.{part}.{name}": value
        for part in ("network", "average")
        for name, value in weights.items()
    }


def _below(prefix: str, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}
