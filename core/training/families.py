"""The two phases of a recipe's family, one after the other, and the bundle that comes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from core.bundle import ModelBundle, load_bundle
from core.cards import ModelCard, Network
from core.errors import UserError
from core.training.computing import Computing
from core.training.prior import PriorPhase
from core.training.raster import AutoregressivePhase
from core.training.recipe import AnyRecipe, MagvitRecipe, VideoGPTRecipe
from core.training.tokenizer import TokenizerPhase
from core.training.transformer import TransformerPhase
from core.training.vocabulary import with_classes
from core.training.vqvae import VQVAEPhase

FirstPhase = TokenizerPhase | VQVAEPhase
SecondPhase = TransformerPhase | PriorPhase

SECOND_FOLDERS: Mapping[type, str] = {
    MagvitRecipe: TransformerPhase.name,
    VideoGPTRecipe: PriorPhase.name,
}
"""Where checkpoints of the second phase of a recipe are."""


@dataclass(frozen=True, eq=False)
class Start:
    """What a training begins with: networks of a bundle, or none.

    Attributes:
        classes: of the bundle, and behind them the recipe's new ones.
    """

    bundle: ModelBundle | None
    classes: tuple[str, ...]

    @property
    def tokenizer(self) -> Any:
        return self.bundle.tokenizer if self.bundle else None

    @property
    def transformer(self) -> Any:
        return self.bundle.transformer if self.bundle else None


def start_of(recipe: AnyRecipe) -> Start:
    """The bundle that a training begins with, its transformer taught the names of new classes.

    Raises:
        UserError: it cannot be read, is of another family, or cannot learn classes.
    """
    if not recipe.start:
        return Start(None, ())
    bundle = load_bundle((recipe.folder / recipe.start).resolve())
    card = bundle.card
    expected = recipe.tokenizer.network if isinstance(recipe, MagvitRecipe) else "vqvae"
    if card.tokenizer.name != expected:
        raise UserError(
            f"The recipe trains a {expected}, but it starts from “{card.title}”, whose tokenizer "
            f"is a {card.tokenizer.name}. Use a recipe of the same family."
        )
    asked = recipe.transformer.network if isinstance(recipe, MagvitRecipe) else "causal"
    if card.family not in ("", asked):
        raise UserError(
            f"The recipe trains a transformer of the kind {asked}, but that of “{card.title}” is "
            f"{card.family}. Set transformer.network, or start from another bundle."
        )
    new = tuple(name for name in recipe.new_classes if name not in card.classes)
    transformer = bundle.transformer
    if new and transformer is not None:
        transformer = with_classes(transformer, len(new), card.title)
    card = replace(card, classes=card.classes + new)
    return Start(ModelBundle(bundle.tokenizer, transformer, card), card.classes)


def first_phase(recipe: AnyRecipe, start: Start, computing: Computing) -> FirstPhase | None:
    """The tokenizer's training; None where the recipe has no step of it.

    Raises:
        UserError: then there is no tokenizer at all.
    """
    training = recipe.tokenizer if isinstance(recipe, MagvitRecipe) else recipe.vqvae
    if not training.steps:
        if start.tokenizer is None:
            raise UserError(
                "The recipe trains no tokenizer and has none to begin with: give it legs, or name "
                "a bundle by the key start."
            )
        return None
    if isinstance(recipe, MagvitRecipe):
        return TokenizerPhase(recipe, start.tokenizer, computing)
    return VQVAEPhase(recipe, start.tokenizer, computing)


def second_phase(
    recipe: AnyRecipe,
    classes: tuple[str, ...],
    tokenizer: Any,
    start: Start,
    computing: Computing,
) -> SecondPhase | None:
    """The transformer's training on a tokenizer's tokens; None where the recipe has no step."""
    if isinstance(recipe, MagvitRecipe):
        if not recipe.transformer.steps:
            return None
        if recipe.transformer.network == "autoregressive":
            return AutoregressivePhase(recipe, classes, tokenizer, start.transformer, computing)
        return TransformerPhase(recipe, classes, tokenizer, start.transformer, computing)
    if not recipe.prior.steps:
        return None
    return PriorPhase(recipe, classes, tokenizer, start.transformer, computing)


def trained_bundle(
    recipe: AnyRecipe,
    classes: tuple[str, ...],
    tokenizer: Any,
    transformer: Any,
    phases: tuple[FirstPhase | None, SecondPhase | None],
    start: Start,
) -> ModelBundle:
    """The trained networks, with a card that has no metrics yet.

    Args:
        phases: those that were trained; what was not is the start's.
    """
    about, (first, second) = recipe.about, phases
    before = start.bundle.card if start.bundle else None
    family = second.network if second else before.family if before else ""
    coder = first.network if first else _name(before)
    knows = second.knows_classes if second else bool(before and before.classes)
    card = ModelCard(
        name=recipe.name,
        title=about.title or recipe.name,
        description=about.description,
        tokenizer=Network(coder, asdict(tokenizer.config)),
        transformer=Network(family, asdict(transformer.config)) if transformer else None,
        tasks=_tasks(second, before),
        frames=recipe.frames,
        height=recipe.size,
        width=recipe.size,
        stride=tokenizer.stride,
        rate=about.rate,
        licence=about.licence,
        classes=classes if knows else (),
        data=about.data,
        hardware=about.hardware,
        steps={phase.name: phase.steps for phase in phases if phase},
        parent=before.name if before else "",
    )
    return ModelBundle(tokenizer, transformer, card)


def _name(card: ModelCard | None) -> str:
    assert card is not None  # else there would be a first phase
    return card.tokenizer.name


def _tasks(second: SecondPhase | None, before: ModelCard | None) -> tuple[str, ...]:
    if second:
        return second.tasks
    return before.tasks if before else ()
