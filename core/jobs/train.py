"""The training job: a recipe → updates; the tokenizer, then the transformer, then the bundle."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from core.bundle import ModelBundle
from core.cards import ModelCard, Network
from core.tasks import MASKED_TASKS
from core.training.data import Footage, load_footage
from core.training.loop import TrainUpdate, prepare_run, run_phase
from core.training.recipe import Recipe, load_recipe
from core.training.tokenizer import TokenizerPhase
from core.training.transformer import TransformerPhase


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
        UserError: the recipe or its data cannot be used.
        KeyboardInterrupt: a signal asked to stop; the run is saved and can go on.
    """
    recipe = load_recipe(request.recipe)
    prepare_run(recipe, request.recipe, request.run)
    footage = load_footage(recipe.data, recipe.folder)
    tokenizer = TokenizerPhase(recipe, footage)
    yield from run_phase(tokenizer, request.run, recipe.save_every)
    transformer = TransformerPhase(recipe, footage, tokenizer.trained)
    last = None
    for last in run_phase(transformer, request.run, recipe.save_every):
        yield last
    folder = request.models / recipe.name
    bundle_of(recipe, footage, tokenizer, transformer).save(folder, recipe.stored_as)
    steps = recipe.transformer.steps
    done = last or TrainUpdate(transformer.name, steps, steps, {}, 0.0)
    yield replace(done, bundle=folder)


def bundle_of(
    recipe: Recipe, footage: Footage, tokenizer: TokenizerPhase, transformer: TransformerPhase
) -> ModelBundle:
    """The averaged networks as they are now, with a card that has no metrics yet."""
    about = recipe.about
    card = ModelCard(
        name=recipe.name,
        title=about.title or recipe.name,
        description=about.description,
        tokenizer=Network("vqgan3d", asdict(tokenizer.trained.config)),
        transformer=Network("bidirectional", asdict(transformer.trained.config)),
        tasks=MASKED_TASKS,
        frames=recipe.frames,
        height=recipe.size,
        width=recipe.size,
        stride=tokenizer.trained.stride,
        rate=about.rate,
        licence=about.licence,
        classes=footage.classes,
        data=about.data,
        hardware=about.hardware,
        steps={"tokenizer": tokenizer.steps, "transformer": transformer.steps},
    )
    return ModelBundle(tokenizer.trained, transformer.trained, card)
