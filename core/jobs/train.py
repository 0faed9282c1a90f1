"""The training job: a recipe → updates; the tokenizer, then the transformer, then the bundle."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from core.bundle import ModelBundle, load_bundle
from core.cards import ModelCard, Network
from core.errors import UserError
from core.training.data import Footage, load_footage
from core.training.loop import TrainUpdate, prepare_run, run_phase
from core.training.prior import PriorPhase
from core.training.recipe import AnyRecipe, MagvitRecipe, load_recipe
from core.training.tokenizer import TokenizerPhase
from core.training.transformer import TransformerPhase
from core.training.vqvae import VQVAEPhase


@dataclass(frozen=True)
class TrainRequest:
    """What to train, and where.

    Attributes:
        recipe: a TOML file, see `core.training.recipe`.
        run: folder of checkpoints and metrics; a run that is there already goes on.
        models: the bundle is written to `models`/<the recipe's name>.
    """

    recipe: Path
    run: Path
    models: Path


def run(request: TrainRequest) -> Iterator[TrainUpdate]:
    """Trains; the last update names the bundle.

    Raises:
        UserError: the recipe, its data or the bundle that it starts from cannot be used.
        KeyboardInterrupt: a signal asked to stop; the run is saved and can go on.
    """
    recipe = load_recipe(request.recipe)
    prepare_run(recipe, request.recipe, request.run)
    start = _start(recipe)
    classes = start.card.classes if start else ()
    footage = load_footage(recipe.data, recipe.folder, classes)
    tokenizer = _tokenizer_phase(recipe, start)
    yield from run_phase(tokenizer, footage, request.run, recipe.save_every, recipe.seed)
    transformer = _transformer_phase(recipe, footage.classes, tokenizer, start)
    last = None
    for last in run_phase(transformer, footage, request.run, recipe.save_every, recipe.seed):
        yield last
    folder = request.models / recipe.name
    _bundle(recipe, footage, tokenizer, transformer).save(folder, recipe.stored_as)
    steps = transformer.steps
    done = last or TrainUpdate(transformer.name, steps, steps, {}, 0.0)
    yield replace(done, bundle=folder)


def _start(recipe: AnyRecipe) -> ModelBundle | None:
    """The bundle that the training begins with, if any."""
    if not recipe.start:
        return None
    bundle = load_bundle((recipe.folder / recipe.start).resolve())
    expected = recipe.tokenizer.network if isinstance(recipe, MagvitRecipe) else "vqvae"
    if bundle.card.tokenizer.name != expected:
        raise UserError(
            f"The recipe trains a {expected}, but it starts from “{bundle.card.title}”, whose "
            f"tokenizer is a {bundle.card.tokenizer.name}. Use a recipe of the same family."
        )
    return bundle


def _tokenizer_phase(recipe: AnyRecipe, start: ModelBundle | None) -> TokenizerPhase | VQVAEPhase:
    network = start.tokenizer if start else None
    if isinstance(recipe, MagvitRecipe):
        return TokenizerPhase(recipe, network)
    return VQVAEPhase(recipe, network)


def _transformer_phase(
    recipe: AnyRecipe,
    classes: tuple[str, ...],
    tokenizer: TokenizerPhase | VQVAEPhase,
    start: ModelBundle | None,
) -> TransformerPhase | PriorPhase:
    network = start.transformer if start else None
    if isinstance(recipe, MagvitRecipe):
        assert isinstance(tokenizer, TokenizerPhase)
        return TransformerPhase(recipe, classes, tokenizer.trained, network)
    assert isinstance(tokenizer, VQVAEPhase)
    return PriorPhase(recipe, classes, tokenizer.trained, network)


def _bundle(
    recipe: AnyRecipe,
    footage: Footage,
    tokenizer: TokenizerPhase | VQVAEPhase,
    transformer: TransformerPhase | PriorPhase,
) -> ModelBundle:
    """The trained networks as they are now, with a card that has no metrics yet."""
    about, networks = recipe.about, (tokenizer.trained, transformer.trained)
    card = ModelCard(
        name=recipe.name,
        title=about.title or recipe.name,
        description=about.description,
        tokenizer=Network(tokenizer.network, asdict(networks[0].config)),
        transformer=Network(transformer.network, asdict(networks[1].config)),
        tasks=transformer.tasks,
        frames=recipe.frames,
        height=recipe.size,
        width=recipe.size,
        stride=networks[0].stride,
        rate=about.rate,
        licence=about.licence,
        classes=footage.classes if transformer.knows_classes else (),
        data=about.data,
        hardware=about.hardware,
        steps={phase.name: phase.steps for phase in (tokenizer, transformer)},
    )
    return ModelBundle(*networks, card)
