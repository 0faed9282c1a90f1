"""The training loop: the steps of a phase → updates.

A run that was stopped or killed goes on from its newest checkpoint with the very same steps; see
`core.training.run_folder` for what it writes. With several processes each sees its share of a
step's batch, all take the same steps, and the first one alone writes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from core.errors import UserError
from core.requests import TrainUpdate
from core.runs.asking import asked
from core.training import processes
from core.training.checkpoints import KEPT, Checkpoint, load_checkpoint, save_checkpoint
from core.training.computing import CPU, Computing
from core.training.data import Footage
from core.training.held_out import HeldOut, fixed_batch
from core.training.learner import Misfit
from core.training.loading import Examples, Loader
from core.training.phases import Phase
from core.training.recipe import Recipe
from core.training.report import Report
from core.training.run_folder import SAMPLES, forget_after
from core.training.samples import CLIPS, write_samples
from core.training.steps import moved, take_step
from core.training.stopping import StopSignals

REPORT_EVERY = 10
"""Steps, where the recipe does not say."""


@dataclass(frozen=True)
class Plan:
    """What the loop takes from a recipe: see the fields of the same names there.

    Attributes:
        rate: frames per second of sample clips.
        shows_start: report, and show, how the phase does before its first step: how well the
            bundle does that the training begins with.
        device, parts: see `Computing`.
    """

    seed: int = 0
    save_every: int = 200
    samples_every: int = 0
    held_out: int = 16
    workers: int = 0
    rate: float = 16.0
    report_every: int = 0
    checkpoints: int = KEPT
    shows_start: bool = False
    device: torch.device = CPU
    parts: int = 1

    @classmethod
    def of(cls, recipe: Recipe, computing: Computing) -> Plan:
        return cls(
            recipe.seed,
            recipe.save_every,
            recipe.samples_every,
            recipe.held_out,
            recipe.workers,
            recipe.about.rate,
            recipe.report_every,
            recipe.checkpoints,
            bool(recipe.start),
            computing.device,
            computing.parts,
        )


def run_phase(
    phase: Phase,
    footage: Footage,
    run: Path,
    plan: Plan,
    held_out: Footage | None = None,
    examples: Examples | None = None,
) -> Iterator[TrainUpdate]:
    """Does the steps of a phase that are still to be done.

    SIGINT, SIGTERM and a wish in the run's folder (see `core.runs.asking`) let the step under way
    end; then, as when the generator is closed, the steps done are saved before `KeyboardInterrupt`
    is raised.

    Args:
        held_out: footage on which the best checkpoint is chosen, and of which samples are shown;
            None chooses by the loss of the training, and shows what is trained on.
        examples: what steps see; None for the phase's own.

    Raises:
        UserError: the disk is full; a loss is not a number; a checkpoint is of other networks.
    """
    if phase.steps:
        yield from _Phase(phase, footage, run, plan, held_out).run(examples or phase.examples)


class _Phase:
    """One phase of a run, while it is trained."""

    def __init__(
        self, phase: Phase, footage: Footage, run: Path, plan: Plan, held_out: Footage | None
    ) -> None:
        self._phase, self._footage, self._run, self._plan = phase, footage, run, plan
        self._folder = run / phase.name
        self._writes = processes.rank() == 0
        self._report = Report(phase.name, phase.steps, run if self._writes else None, plan.device)
        self._shown, self._unseen = held_out or footage, held_out
        self._held_out: HeldOut | None = None
        self._best = math.inf
        self._done = self._saved = 0

    def run(self, examples: Examples) -> Iterator[TrainUpdate]:
        self._resume()
        phase, plan = self._phase, self._plan
        if self._unseen is not None and plan.held_out and self._done < phase.steps:
            self._held_out = HeldOut(phase, self._unseen, plan.held_out, plan.device)
        loader = Loader(
            self._footage,
            examples,
            range(self._done, phase.steps),
            rank=processes.rank(),
            world=processes.count(),
            parts=plan.parts,
            workers=plan.workers,
        )
        batches, report_every = iter(loader), plan.report_every or REPORT_EVERY
        with StopSignals() as stop:
            try:
                if plan.shows_start and not self._done:
                    yield self._say(loader.waited_s)
                while self._done < phase.steps:
                    self._report.add(
                        take_step(phase, next(batches), self._done, plan.seed, plan.device)
                    )
                    self._done += 1
                    if processes.any_of(stop.asked or self._asked(), plan.device):
                        raise KeyboardInterrupt
                    if any(map(self._due, (report_every, plan.save_every, plan.samples_every))):
                        yield self._say(loader.waited_s)
            except (KeyboardInterrupt, GeneratorExit):
                if self._saved < self._done:
                    self._save(best=False)
                raise
            finally:
                self._report.close()

    def _asked(self) -> bool:
        """Does someone who sees the folder want the training to end? The first process looks."""
        return self._writes and asked(self._run) is not None

    def _due(self, every: int) -> bool:
        """Is it time for what comes every so many steps, and at the end? 0 is never."""
        return bool(every) and (self._done % every == 0 or self._done == self._phase.steps)

    def _say(self, waited_s: float) -> TrainUpdate:
        """Reports, and does what is due beside. Before the first step there is nothing to save."""
        saves = self._due(self._plan.save_every)
        measured = self._held_out.measure() if saves and self._held_out else {}
        quality = measured.get("held_out_loss", self._report.smoothed)
        shows = self._due(self._plan.samples_every)
        update = self._report.write(
            self._done,
            rate=self._rate(),
            waited_s=waited_s,
            measured=measured,
            samples=self._show() if shows else (),
        )
        if saves and self._done:
            best = quality < self._best
            self._best = min(self._best, quality)
            self._save(best=best)
        return update

    def _rate(self) -> float:
        """Learning rate of the last step, of the network that ships."""
        learner = next(iter(self._phase.learners.values()), None)
        return learner.rate(self._done - 1) if learner and self._done else 0.0

    def _show(self) -> tuple[Path, ...]:
        """Writes pictures of what the averaged network does; their paths."""
        network = self._phase.shipped()
        path = self._run / SAMPLES / f"{self._phase.name}-{self._done:07}"

        def write() -> tuple[Path, ...]:
            shown = fixed_batch(self._phase, self._shown, range(CLIPS))
            rows = self._phase.pictures(network, moved(shown, self._plan.device))
            return write_samples(path, rows, self._plan.rate)

        return processes.at_first(write)

    def _save(self, *, best: bool) -> None:
        state = whole_state(self._phase)  # all processes have a part in it
        notes = self._report.notes() | {"best": self._best if self._best < math.inf else None}

        def write() -> None:
            self._report.settle()
            kept = self._plan.checkpoints
            save_checkpoint(self._folder, self._done, state, notes, best=best, kept=kept)

        processes.at_first(write)
        self._saved = self._done

    def _resume(self) -> None:
        found = load_checkpoint(self._folder)
        if found is not None:
            load_whole_state(self._phase, found, self._folder, self._plan.device)
            self._done = self._saved = found.done
            best = found.notes.get("best")
            self._best = math.inf if best is None else best
        first = processes.at_first(lambda: self._done)
        if first != self._done:
            raise UserError(
                f"This process finds {self._done} steps done in {self._folder}, the first process "
                f"{first}. All machines must see the same folder."
            )
        if self._writes:
            forget_after(self._run, self._phase.name, self._done or -1)
        self._report.resume(self._done, found.notes if found else {})


def whole_state(phase: Phase) -> dict[str, Tensor]:
    """What a checkpoint holds."""
    state = {f"phase.{name}": value for name, value in phase.state().items()}
    for learner, one in phase.learners.items():
        state |= {f"{learner}.{name}": value for name, value in one.state().items()}
    return state


def load_whole_state(
    phase: Phase, checkpoint: Checkpoint, folder: Path, device: torch.device = CPU
) -> None:
    """Raises UserError: the checkpoint is of other networks."""
    try:
        for learner, one in phase.learners.items():
            one.load_state(_part_of(checkpoint.state, learner))
    except Misfit as error:
        raise UserError(
            f"The checkpoints in {folder} are of other networks than this recipe's: {error}. Go on "
            "with the recipe that the run had before (recipe-1.toml, … in its folder), or choose "
            "another folder with --run."
        ) from error
    own = _part_of(checkpoint.state, "phase")
    phase.load_state({name: tensor.to(device) for name, tensor in own.items()})


def _part_of(state: Mapping[str, Any], part: str) -> dict[str, Any]:
    prefix = f"{part}."
    return {k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}
