"""The fine-tuning job: a bundle and clips → a recipe in the run's folder → its training."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from pathlib import Path

from core.cards import ModelCard
from core.errors import UserError
from core.jobs import train
from core.requests import FinetuneRequest, TrainRequest, TrainUpdate
from core.training import processes
from core.training.computing import Computing
from core.training.data import Footage, load_footage
from core.training.disk import write_whole
from core.training.families import first_phase, second_phase, start_of
from core.training.finetuning import recipe_values
from core.training.loading import Loader
from core.training.phases import Phase
from core.training.recipe import DataSource, load_recipe
from core.training.recipe_text import as_toml
from core.training.run_folder import RECIPE, begun
from core.training.steps import take_step

TRIED_STEPS = 4
"""Steps that are timed and forgotten, to know how many fit into some minutes, after one more."""
USED = 0.9
"""Share of the minutes that is for steps; the rest is for loading, checkpoints and samples."""


def run(request: FinetuneRequest) -> Generator[TrainUpdate, None, None]:
    """Trains; the last update names the bundle.

    Raises:
        UserError: the bundle or the clips cannot be used, or as `core.jobs.train.run`.
    """
    from accelerate import Accelerator  # takes a while to load

    Accelerator()  # from here on the processes know of each other
    recipe = request.run / RECIPE
    if processes.count() > 1 and not request.steps:
        raise UserError("Several processes cannot time steps. Say how many with --steps.")

    def write() -> None:
        if not begun(request.run):  # a run that goes on keeps its recipe
            write_whole(recipe, lambda partial: partial.write_text(_recipe(request, recipe)))

    processes.at_first(write)
    asked = TrainRequest(recipe, request.run, request.models, request.resume)
    yield from train.run(asked)


def _recipe(request: FinetuneRequest, path: Path) -> str:
    """The text of the recipe."""
    card = ModelCard.read(Path(request.bundle))
    parts = ("tokenizer", "prior") if request.part == "both" else (request.part,)
    if "prior" in parts and card.transformer is None:
        raise UserError(f"“{card.title}” is a tokenizer alone: it has no prior to train.")
    if request.lora and "prior" not in parts:
        raise UserError("Adapters (lora) are for the prior; a tokenizer learns whole.")
    new = _new_classes(request, card)
    steps = dict.fromkeys(parts, request.steps or TRIED_STEPS + 1)
    text = as_toml(recipe_values(request, card, new, steps))
    if request.steps:
        return text
    write_whole(path, lambda partial: partial.write_text(text))
    for part, seconds in _step_seconds(path).items():
        steps[part] = max(int(request.minutes * 60 * USED / len(parts) / seconds), 1)
    return as_toml(recipe_values(request, card, new, steps))


def _new_classes(request: FinetuneRequest, card: ModelCard) -> Sequence[str]:
    """Names that the bundle does not know; none where it can learn none."""
    if card.causal and not card.classes:
        return ()
    sources = [DataSource(str(Path(clip).resolve()), request.class_name) for clip in request.clips]
    found = load_footage(sources, Path()).classes
    return [name for name in found if name not in card.classes]


def _step_seconds(recipe_path: Path) -> dict[str, float]:
    """How long a step of each part takes here."""
    recipe = load_recipe(recipe_path)
    computing, start = Computing.of(recipe), start_of(recipe)
    footage = load_footage(recipe.data, recipe.folder, start.classes)
    first = first_phase(recipe, start, computing)
    tokenizer = first.shipped() if first else start.tokenizer
    second = second_phase(recipe, footage.classes, tokenizer, start, computing)
    found: dict[str, Phase | None] = {"tokenizer": first, "prior": second}
    return {part: _timed(phase, footage) for part, phase in found.items() if phase}


def _timed(phase: Phase, footage: Footage) -> float:
    ends = []
    for step, parts in enumerate(Loader(footage, phase.examples, range(TRIED_STEPS + 1))):
        take_step(phase, parts, step)
        ends.append(time.perf_counter())
    return (ends[-1] - ends[0]) / TRIED_STEPS
