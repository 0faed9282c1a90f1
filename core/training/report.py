"""What a training says of itself: means over some steps, to the run folder and to whoever asked."""

from __future__ import annotations

import json
import math
import os
import resource
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import torch

from core.requests import TrainUpdate
from core.training.disk import explained
from core.training.run_folder import EVENTS, METRICS
from core.training.steps import Step

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

SPEED = ("samples_per_second", "seconds", "waiting", "memory")
"""What a report says of the machine; two runs of one recipe have all else alike."""
SMOOTHING = 0.9
"""Of the loss that says which checkpoint is the best where no footage is held out."""


class Report:
    """Adds up steps of a phase and reports their means.

    Args:
        run: the run's folder; None in a process that writes nothing.
    """

    def __init__(self, phase: str, total: int, run: Path | None, device: torch.device) -> None:
        self._phase, self._total, self._run, self._device = phase, total, run, device
        self._sums: dict[str, tuple[float, int]] = {}
        self._smoothed: float | None = None
        self._events: SummaryWriter | None = None
        self._seconds = 0.0  # of each step since the last report
        self._restart(0, 0.0)

    def resume(self, done: int, notes: Mapping[str, Any]) -> None:
        """Goes on after `done` steps, with what `notes` remembered."""
        self._sums = {
            name: (total, count) for name, (total, count) in notes.get("sums", {}).items()
        }
        self._smoothed = notes.get("smoothed")
        self._restart(done, 0.0)
        if self._run is not None:
            from torch.utils.tensorboard import SummaryWriter  # takes a while to load

            self._events = SummaryWriter(str(self._run / EVENTS / self._phase), purge_step=done + 1)

    def notes(self) -> dict[str, Any]:
        """What a checkpoint must remember so that the next report says the same."""
        return {"sums": self._sums, "smoothed": self._smoothed}

    def add(self, step: Step) -> None:
        self._clips += step.clips
        for name, value in step.figures.items():
            total, count = self._sums.get(name, (0.0, 0))
            self._sums[name] = total + value, count + 1
        before = step.loss if self._smoothed is None else self._smoothed
        self._smoothed = SMOOTHING * before + (1 - SMOOTHING) * step.loss

    @property
    def smoothed(self) -> float:
        """The loss, as a moving average; NaN before the first step."""
        return math.nan if self._smoothed is None else self._smoothed

    def write(
        self,
        done: int,
        *,
        rate: float,
        waited_s: float,
        measured: Mapping[str, float],
        samples: tuple[Path, ...],
    ) -> TrainUpdate:
        """Reports the steps since the last report.

        Args:
            rate: the learning rate. waited_s: for data, in all so far.
            measured: figures of this moment, beside the means.
            samples: pictures that were just written.

        Raises:
            UserError: the disk is full.
        """
        means = {name: total / count for name, (total, count) in self._sums.items()}
        figures = {k: v for k, v in (means | dict(measured)).items() if math.isfinite(v)}
        seconds = max(time.perf_counter() - self._start, 1e-9)
        self._seconds = seconds / (done - self._done) if done > self._done else 0.0
        update = TrainUpdate(
            phase=self._phase,
            step=done,
            total=self._total,
            figures=figures,
            samples_per_second=self._clips / seconds,
            rate=rate,
            eta_s=(self._total - done) * self._seconds,
            waiting=min((waited_s - self._waited) / seconds, 1.0),
            memory=most_memory(self._device),
            samples=samples,
        )
        self._write_line(update)
        self._sums = {}
        self._restart(done, waited_s)
        return update

    def settle(self) -> None:
        """Waits until the disk has all lines."""
        if self._run is not None and (self._run / METRICS).exists():
            with explained(self._run / METRICS), (self._run / METRICS).open("rb") as file:
                os.fsync(file.fileno())

    def close(self) -> None:
        if self._events is not None and self._run is not None:
            with explained(self._run / EVENTS):
                self._events.close()

    def _restart(self, done: int, waited_s: float) -> None:
        self._done, self._waited, self._clips = done, waited_s, 0
        self._start = time.perf_counter()

    def _write_line(self, update: TrainUpdate) -> None:
        if self._run is None:
            return
        line: dict[str, Any] = {"phase": update.phase, "step": update.step, "rate": update.rate}
        line |= {name: round(value, 6) for name, value in update.figures.items()}
        values = (update.samples_per_second, self._seconds, update.waiting, update.memory)
        speed = {name: round(value, 4) for name, value in zip(SPEED, values, strict=True)}
        path = self._run / METRICS
        with explained(path), path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line | speed) + "\n")
        with explained(self._run / EVENTS):
            self._write_events(update)

    def _write_events(self, update: TrainUpdate) -> None:
        assert self._events is not None
        phase, step = update.phase, update.step
        speed = {"rate": update.rate, "samples_per_second": update.samples_per_second}
        for name, value in {**update.figures, **speed}.items():
            self._events.add_scalar(f"{phase}/{name}", value, step)
        for path in update.samples:
            if path.suffix == ".png":
                picture = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
                self._events.add_image(f"{phase}/samples", picture, step, dataformats="HWC")


def most_memory(device: torch.device) -> int:
    """Bytes in use at most so far: of the device, or of this process where it is the CPU."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
