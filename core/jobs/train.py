"""The training job: a recipe → updates; the tokenizer, then the transformer, then the bundle.

The same with one process or many: started by torchrun or accelerate, each process runs this job.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from core.bundle import ModelBundle
from core.errors import UserError
from core.requests import TrainRequest, TrainUpdate
from core.training import processes
from core.training.cached import examples_for
from core.training.checkpoints import load_checkpoint
from core.training.computing import Computing
from core.training.data import Footage, load_footage
from core.training.disk import explained, write_whole
from core.training.families import (
    SECOND_FOLDERS,
    FirstPhase,
    SecondPhase,
    first_phase,
    second_phase,
    start_of,
    trained_bundle,
)
from core.training.loading import Examples
from core.training.loop import Plan, load_whole_state, run_phase
from core.training.phases import Phase
from core.training.recipe import AnyRecipe, MagvitRecipe, load_recipe
from core.training.run_folder import RunFolder
from core.training.task_losses import task_losses

__all__ = ["TrainRequest", "TrainUpdate", "bundle_now", "run"]


def run(request: TrainRequest) -> Generator[TrainUpdate, None, None]:
    """Trains; the last update names the bundle.

    Raises:
        UserError: the recipe, its data or the bundle that it starts from cannot be used; the disk
            is full; a loss is not a number.
        KeyboardInterrupt: a signal asked to stop; the run is saved and can go on.
    """
    from accelerate import Accelerator  # takes a while to load

    recipe = load_recipe(request.recipe)
    computing = Computing.of(recipe, Accelerator())
    if recipe.threads:
        torch.set_num_threads(recipe.threads)
    with _run_folder(request):
        yield from _Training(recipe, computing).run(request)


def bundle_now(request: TrainRequest, *, best: bool = False) -> Path:
    """Writes the bundle of a run as it is, from its checkpoints; the run may go on meanwhile.

    Args:
        best: take the best checkpoint of the last phase instead of its newest.

    Raises:
        UserError: there is no checkpoint yet, or it is of other networks than the recipe's.
    """
    training = _Training(load_recipe(request.recipe), Computing())
    return training.bundle_now(request, best=best)


class _Training:
    """The phases of a recipe, each made when the one before is done."""

    def __init__(self, recipe: AnyRecipe, computing: Computing) -> None:
        self._recipe, self._computing = recipe, computing
        self._start = start_of(recipe)
        self._footage = load_footage(
            recipe.data, recipe.folder, self._start.classes, held_bytes=recipe.memory << 20
        )
        self._first: FirstPhase | None = None
        self._second: SecondPhase | None = None
        self._done: dict[str, int] = {}  # steps of phases whose checkpoints were loaded

    def run(self, request: TrainRequest) -> Iterator[TrainUpdate]:
        recipe, footage = self._recipe, self._footage
        plan, held_out = Plan.of(recipe, self._computing), self._held_out()
        old = self._old_footage()
        metrics = self._known(self._start.bundle, old, "before", request.run)
        if metrics:
            yield self._message("Before", metrics)
        last = TrainUpdate(recipe.name, 0, 0)
        self._first = first_phase(recipe, self._start, self._computing)
        if self._first:
            for last in run_phase(self._first, footage, request.run, plan, held_out):
                yield last
        tokenizer = self._tokenizer()
        self._second = second_phase(
            recipe, footage.classes, tokenizer, self._start, self._computing
        )
        if self._second:
            examples = yield from self._examples(self._second, tokenizer, request.run)
            for last in run_phase(self._second, footage, request.run, plan, held_out, examples):
                yield last
        bundle = self._bundle(tokenizer)
        after = self._known(bundle, old, "after", request.run)
        if after:
            yield self._message("After", after)
            bundle = replace(bundle, card=replace(bundle.card, metrics=metrics | after))
        folder = request.models / recipe.name
        processes.at_first(lambda: _write(bundle, folder, recipe))
        yield replace(last, bundle=folder, message="")

    def _examples(
        self, phase: SecondPhase, tokenizer: Any, run: Path
    ) -> Generator[TrainUpdate, None, Examples]:
        """What the second phase sees; its clips are tokenized first where the recipe says so."""
        recipe = self._recipe
        return examples_for(
            phase,
            recipe.transformer if isinstance(recipe, MagvitRecipe) else recipe.prior,
            tokenizer,
            self._footage,
            recipe_folder=recipe.folder,
            run=run,
            device=self._computing.device,
            workers=recipe.workers,
        )

    def bundle_now(self, request: TrainRequest, *, best: bool) -> Path:
        start = self._start
        first = self._first = first_phase(self._recipe, start, self._computing)
        names = SECOND_FOLDERS[type(self._recipe)]
        begun = (request.run / names).is_dir()
        if first:
            self._load(first, request.run, best=best and not begun)
        tokenizer = self._tokenizer()
        self._second = None
        if begun:
            self._second = second_phase(
                self._recipe, self._footage.classes, tokenizer, start, self._computing
            )
        if self._second:
            self._load(self._second, request.run, best=best)
        bundle = self._bundle(tokenizer)
        bundle = replace(bundle, card=replace(bundle.card, steps=self._done))
        folder = request.models / self._recipe.name
        _write(bundle, folder, self._recipe)
        return folder

    def _load(self, phase: Phase, run: Path, *, best: bool) -> None:
        found = load_checkpoint(run / phase.name, best=best)
        if found is None:
            raise UserError(
                f"The run in {run} has no {'best ' if best else ''}checkpoint of its {phase.name} "
                "yet. Wait until it has saved one."
            )
        load_whole_state(phase, found, run / phase.name)
        self._done[phase.name] = found.done

    def _tokenizer(self) -> Any:
        return self._first.shipped() if self._first else self._start.tokenizer

    def _bundle(self, tokenizer: nn.Module) -> ModelBundle:
        transformer = self._second.shipped() if self._second else self._start.transformer
        phases = (self._first, self._second)
        return trained_bundle(
            self._recipe, self._footage.classes, tokenizer, transformer, phases, self._start
        )

    def _held_out(self) -> Footage | None:
        """Footage that is not trained on; None where the recipe's data has none."""
        recipe = self._recipe
        if not recipe.held_out:
            return None
        found = load_footage(recipe.data, recipe.folder, self._footage.classes, split="val")
        return None if set(found.names) & set(self._footage.names) else found

    def _old_footage(self) -> Footage | None:
        """What is not trained on of the old footage, where it has a held-out part."""
        recipe = self._recipe
        if not recipe.old:
            return None
        return load_footage(recipe.old, recipe.folder, self._start.classes, split="val")

    def _known(
        self, bundle: ModelBundle | None, old: Footage | None, when: str, run: Path
    ) -> dict[str, float]:
        """How well each task goes on footage of the old kind; measured once, in the first process,
        and kept in the run's folder."""
        if old is None or bundle is None or bundle.transformer is None or processes.rank():
            return {}
        path = run / f"old-footage-{when}.json"
        if not path.exists():
            losses = task_losses(bundle, old, self._computing.device, self._recipe.seed)
            named = {f"{task}_loss_{when}": round(loss, 4) for task, loss in losses.items()}
            write_whole(path, lambda partial: partial.write_text(json.dumps(named, indent=2)))
        return dict(json.loads(path.read_text("utf-8")))

    def _message(self, when: str, losses: Mapping[str, float]) -> TrainUpdate:
        named = ", ".join(f"{name.split('_')[0]} {loss:.3f}" for name, loss in losses.items())
        text = f"{when} the training, losses on the old footage by task: {named}"
        return TrainUpdate(self._recipe.name, 0, 0, dict(losses), message=text)


def _write(bundle: ModelBundle, folder: Path, recipe: AnyRecipe) -> None:
    """Writes the bundle, and removes what a process left that was killed while it wrote one."""
    for left in folder.parent.glob(f".{folder.name}-*"):
        shutil.rmtree(left)
    with explained(folder):
        bundle.save(folder, recipe.stored_as)


@contextmanager
def _run_folder(request: TrainRequest) -> Iterator[None]:
    """The run's folder, held by the first process."""
    held: list[RunFolder] = []

    def hold() -> None:
        held.append(RunFolder(request.run, request.recipe, resume=request.resume))

    processes.at_first(hold)
    try:
        yield
    finally:
        for folder in held:
            folder.close()
