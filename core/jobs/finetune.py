"""The fine-tuning job: a bundle and clips → a recipe in the run's folder → its training."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from statistics import mean

import torch

from core.cards import ModelCard
from core.device import device_name
from core.errors import UserError
from core.jobs import train
from core.requests import FinetuneRequest, TrainRequest, TrainUpdate
from core.runs.estimate import USED, Measured
from core.training import processes
from core.training.computing import Computing
from core.training.data import Footage, load_footage
from core.training.disk import write_whole
from core.training.families import first_phase, second_phase, start_of
from core.training.finetuning import recipe_values
from core.training.loading import Loader
from core.training.loop import whole_state
from core.training.phases import Phase
from core.training.recipe import DataSource, load_recipe
from core.training.recipe_text import as_toml
from core.training.report import most_memory
from core.training.run_folder import RECIPE, begun
from core.training.steps import take_step

TRIED_STEPS = 4
"""Steps that are timed and forgotten, to know how many fit into some minutes, after one more."""


def run(request: FinetuneRequest) -> Generator[TrainUpdate, None, None]:
    """Trains; the last update names the bundle.

    Raises:
        UserError: the bundle or the clips cannot be used, or as `core.jobs.train.run`.
    """
    from accelerate import Accelerator  # takes a while to load

    device = Accelerator().device  # from here on the processes know of each other
    recipe = request.run / RECIPE
    if processes.count() > 1 and not request.steps:
        raise UserError("Several processes cannot time steps. Say how many with --steps.")
    if not request.steps and not begun(request.run):
        yield TrainUpdate("", 0, 0, message="Timing a few steps, to know how many fit.")

    def write() -> None:
        if not begun(request.run):  # a run that goes on keeps its recipe
            write_whole(
                recipe, lambda partial: partial.write_text(_recipe(request, recipe, device))
            )

    processes.at_first(write)
    asked = TrainRequest(recipe, request.run, request.models, request.resume)
    yield from train.run(asked)


def keep(request: FinetuneRequest, *, best: bool) -> Path:
    """Writes the bundle of a run as it is, and leaves the run as it is; its folder.

    Args:
        best: take the best checkpoint instead of the newest.

    Raises:
        UserError: there is no checkpoint yet.
    """
    recipe = request.run / RECIPE
    if not begun(request.run):
        raise UserError(
            f"The run in {request.run} has not taken a step yet: there is nothing to keep."
        )
    return train.bundle_now(TrainRequest(recipe, request.run, request.models), best=best)


def estimate(request: FinetuneRequest) -> Measured:
    """Takes a few steps of each part and forgets them; nothing is written.

    Raises:
        UserError: the bundle or the clips cannot be used.
    """
    from accelerate import Accelerator

    began = time.perf_counter()
    device = Accelerator().device
    card = ModelCard.read(Path(request.bundle))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / RECIPE
        steps = dict.fromkeys(_parts(request, card), TRIED_STEPS + 1)
        path.write_text(_text(request, card, steps, device), "utf-8")
        trials = _trials(path, device)
    stepping = sum(sum(trial.seconds) for trial in trials.values())
    return Measured(
        _named(device),
        {part: trial.seconds for part, trial in trials.items()},
        time.perf_counter() - began - stepping,
        most_memory(device),
        max(trial.checkpoint for trial in trials.values()),
    )


@dataclass(frozen=True)
class _Trial:
    """What a few steps of a part said: seconds of each, and bytes of a checkpoint."""

    seconds: tuple[float, ...]
    checkpoint: int


def _recipe(request: FinetuneRequest, path: Path, device: torch.device) -> str:
    """The text of the recipe."""
    card = ModelCard.read(Path(request.bundle))
    parts = _parts(request, card)
    if request.steps:
        return _text(request, card, dict.fromkeys(parts, request.steps), device)
    tried = _text(request, card, dict.fromkeys(parts, TRIED_STEPS + 1), device)
    write_whole(path, lambda partial: partial.write_text(tried))
    room = request.minutes * 60 * USED / len(parts)
    trials = _trials(path, device).items()
    steps = {part: max(int(room / mean(trial.seconds)), 1) for part, trial in trials}
    return _text(request, card, steps, device)


def _text(
    request: FinetuneRequest, card: ModelCard, steps: Mapping[str, int], device: torch.device
) -> str:
    new, count = _new_classes(request, card), processes.count()
    hardware = _named(device) if count == 1 else f"{count} × {_named(device)}"
    return as_toml(recipe_values(request, card, new, steps, count, hardware))


def _named(device: torch.device) -> str:
    """A device, for people."""
    return device_name(device).partition(",")[0]  # the format is that of generating


def _parts(request: FinetuneRequest, card: ModelCard) -> tuple[str, ...]:
    """What learns."""
    parts = ("tokenizer", "prior") if request.part == "both" else (request.part,)
    if "prior" in parts and card.transformer is None:
        raise UserError(f"“{card.title}” is a tokenizer alone: it has no prior to train.")
    if request.lora and "prior" not in parts:
        raise UserError("Adapters (lora) are for the prior; a tokenizer learns whole.")
    return parts


def _new_classes(request: FinetuneRequest, card: ModelCard) -> Sequence[str]:
    """Names that the bundle does not know; none where it can learn none."""
    if card.causal and not card.classes:
        return ()
    sources = [DataSource(str(Path(clip).resolve()), request.class_name) for clip in request.clips]
    found = load_footage(sources, Path()).classes
    return [name for name in found if name not in card.classes]


def _trials(recipe_path: Path, device: torch.device) -> dict[str, _Trial]:
    """A few steps of each part."""
    recipe = load_recipe(recipe_path)
    computing, start = replace(Computing.of(recipe), device=device), start_of(recipe)
    footage = load_footage(recipe.data, recipe.folder, start.classes)
    first = first_phase(recipe, start, computing)
    tokenizer = first.shipped() if first else start.tokenizer
    second = second_phase(recipe, footage.classes, tokenizer, start, computing)
    found: dict[str, Phase | None] = {"tokenizer": first, "prior": second}
    return {part: _tried(phase, footage, device) for part, phase in found.items() if phase}


def _tried(phase: Phase, footage: Footage, device: torch.device) -> _Trial:
    ends = []
    for step, parts in enumerate(Loader(footage, phase.examples, range(TRIED_STEPS + 1))):
        take_step(phase, parts, step, device=device)
        ends.append(time.perf_counter())
    seconds = tuple(end - begin for begin, end in pairwise(ends))
    size = sum(tensor.nbytes for tensor in whole_state(phase).values())
    return _Trial(seconds, size)
