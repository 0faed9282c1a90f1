"""The training loop: a recipe and a run folder → updates; the last one names the bundle.

    <run>/recipe.toml                  what is being done
    <run>/metrics.jsonl                one line per report: phase, step, terms of the loss
    <run>/tokenizer/, transformer/     the last checkpoints of each phase

A run that was stopped or killed goes on from its newest checkpoint with the very same steps.
"""

from __future__ import annotations

import json
import shutil
import signal
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor

from core.training.checkpoints import load_checkpoint, save_checkpoint
from core.training.data import Footage
from core.training.loading import Batch, Loader
from core.training.phases import Losses, Phase
from core.training.recipe import Recipe

REPORT_EVERY = 10


@dataclass(frozen=True)
class TrainUpdate:
    """Where a training run is.

    Attributes:
        phase: "tokenizer" or "transformer".
        step: steps done of `total`.
        figures: terms of the loss and other figures, means since the last update.
        samples_per_second: clips, since the last update.
        bundle: where the trained model was saved; in the last update alone.
    """

    phase: str
    step: int
    total: int
    figures: dict[str, float]
    samples_per_second: float
    bundle: Path | None = None


def run_phase(
    phase: Phase, footage: Footage, run: Path, save_every: int, seed: int = 0
) -> Iterator[TrainUpdate]:
    """Does the steps of a phase that are still to be done.

    SIGINT and SIGTERM let the step under way end; then, as when the generator is closed, the
    steps done are saved before `KeyboardInterrupt` is raised.
    """
    folder = run / phase.name
    done = saved = _resume(phase, folder)
    report = _Report(phase, run / "metrics.jsonl", done)
    batches = iter(Loader(footage, phase.examples, range(done, phase.steps)))
    with StopSignals() as stop:
        try:
            while done < phase.steps:
                report.add(*take_step(phase, next(batches), done, seed))
                done += 1
                stop.check()
                if done % save_every == 0 or done == phase.steps:
                    save_checkpoint(folder, done, whole_state(phase))
                    saved = done
                if done % REPORT_EVERY == 0 or done == phase.steps:
                    yield report.write(done)
        except (KeyboardInterrupt, GeneratorExit):
            if saved < done:
                save_checkpoint(folder, done, whole_state(phase))
            raise


def take_step(
    phase: Phase, parts: Sequence[Batch], step: int, seed: int = 0
) -> tuple[int, dict[str, float]]:
    """One step of all learners. → clips seen; terms of the losses and other figures.

    Raises:
        UserError: a gradient is not a number; no weight has moved.
    """
    clips, figures = 0, dict[str, float]()
    for number, part in enumerate(parts):
        torch.manual_seed(hash((seed, phase.stream, step, number)))
        losses = phase.losses(part, step)
        terms = [term for one in losses.terms.values() for term in one.values()]
        (sum(terms, torch.zeros(())) / len(parts)).backward()
        clips += len(next(iter(part.values())))
        for name, value in _named(losses).items():
            figures[name] = figures.get(name, 0.0) + float(value) / len(parts)
    for name, learner in phase.learners.items():
        figures[_below(phase, name, "gradient")] = learner.update(step)
    phase.after(step)
    return clips, figures


def _named(losses: Losses) -> dict[str, Tensor | float]:
    """All scalars by name."""
    terms = {name: value for one in losses.terms.values() for name, value in one.items()}
    return {name: value.detach() for name, value in terms.items()} | dict(losses.figures)


def _below(phase: Phase, learner: str, name: str) -> str:
    """The first learner's figures have plain names."""
    return name if learner == next(iter(phase.learners)) else f"{learner}_{name}"


def whole_state(phase: Phase) -> dict[str, Tensor]:
    """What a checkpoint holds."""
    state = {f"phase.{name}": value for name, value in phase.state().items()}
    for learner, one in phase.learners.items():
        state |= {f"{learner}.{name}": value for name, value in one.state().items()}
    return state


def load_whole_state(phase: Phase, state: Mapping[str, Tensor]) -> None:
    for learner, one in phase.learners.items():
        one.load_state(_part_of(state, learner))
    phase.load_state(_part_of(state, "phase"))


def _part_of(state: Mapping[str, Tensor], part: str) -> dict[str, Tensor]:
    prefix = f"{part}."
    return {k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}


class StopSignals:
    """While it is entered, SIGINT and SIGTERM are noted instead of breaking into a step.

    Outside the main thread signals cannot be handled, and are left as they are.
    """

    def __init__(self) -> None:
        self._asked = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def check(self) -> None:
        """Raises KeyboardInterrupt when a signal has come."""
        if self._asked:
            raise KeyboardInterrupt

    def _note(self, *_: object) -> None:
        self._asked = True


def _resume(phase: Phase, folder: Path) -> int:
    found = load_checkpoint(folder)
    if found is None:
        return 0
    done, state = found
    load_whole_state(phase, state)
    return done


class _Report:
    """Collects the figures of some steps and writes their means as one line of JSON."""

    def __init__(self, phase: Phase, path: Path, done: int) -> None:
        self._phase, self._path, self._done = phase, path, done
        self._sums: dict[str, float] = {}
        self._clips, self._start = 0, time.perf_counter()

    def add(self, clips: int, figures: dict[str, float]) -> None:
        self._clips += clips
        for name, value in figures.items():
            self._sums[name] = self._sums.get(name, 0.0) + value

    def write(self, done: int) -> TrainUpdate:
        figures = {name: total / (done - self._done) for name, total in self._sums.items()}
        rate = self._clips / (time.perf_counter() - self._start)
        update = TrainUpdate(self._phase.name, done, self._phase.steps, figures, rate)
        line = {"phase": update.phase, "step": done, "samples_per_second": round(rate, 2)}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line | {k: round(v, 6) for k, v in figures.items()}) + "\n")
        self._sums, self._done, self._clips = {}, done, 0
        self._start = time.perf_counter()
        return update


def prepare_run(recipe: Recipe, recipe_path: Path, run: Path) -> None:
    """Makes the run folder with a copy of the recipe, and sets the number of threads."""
    run.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(recipe_path, run / "recipe.toml")
    if recipe.threads:
        torch.set_num_threads(recipe.threads)
