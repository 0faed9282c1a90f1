"""The comparison job: decoders on the same held-out clips → quality against time.

For each clip every decoder runs at every number of steps, in a random order, so that whatever else
the machine does slows all of them alike. What is measured is kept in a folder, clip by clip: a
comparison that was stopped goes on, and more clips, decoders or steps add to it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from core.cards import ModelCard
from core.decoders import DECODERS, Decoder
from core.errors import UserError
from core.jobs.bench import REFINED, Bench
from core.jobs.comparison import Clip, Comparison, Trial
from core.metrics.files import NetworkFiles
from core.options import Value, with_options
from core.tasks import TASKS

SETUP_FILE, CLIPS_FOLDER = "setup.json", "clips"


@dataclass(frozen=True)
class Line:
    """A decoder with some of its options: a line of the plot.

    Attributes:
        name: in the table, such as "halton:order=2d".
        options: without the number of steps.
    """

    name: str
    decoder: str
    options: Mapping[str, Value] = field(default_factory=dict)

    @property
    def before(self) -> int:
        """Steps of the result that it refines."""
        return DECODERS[REFINED]().steps if DECODERS[self.decoder].refines else 0

    def at(self, steps: int, card: ModelCard) -> Decoder:
        """The decoder with so many steps.

        Raises:
            UserError: it is unknown, decodes no such model, or an option is wrong.
        """
        chosen = DECODERS[self.decoder]
        if card.family not in chosen.transformers or card.causal:
            raise UserError(
                f"“{self.decoder}” at a number of steps cannot decode “{card.title}”, whose "
                f"transformer is {card.family or 'missing'}. Masked decoders are compared, on a "
                "masked transformer."
            )
        decoder: Decoder = with_options(chosen, {**self.options, "steps": steps})
        return decoder


@dataclass(frozen=True)
class CompareRequest:
    """What to compare.

    Attributes:
        bundle: the model's folder; its transformer is a masked one.
        data: a TOML file with [[data]] sections, or a folder of videos.
        out: the folder for what is measured.
        lines: the others are compared with the first.
        tasks: the clips take them in turn.
        clips: how many; the same ones for the same seed.
        networks: folder with SqueezeNet 1.1 and the heads of LPIPS; None leaves their figures out.
        threads: of the CPU; 0 leaves the choice to torch.
    """

    bundle: Path
    data: Path
    out: Path
    lines: tuple[Line, ...]
    steps: tuple[int, ...]
    tasks: tuple[str, ...] = ("IPC", "OPC", "FP", "paint")
    clips: int = 24
    seed: int = 0
    networks: Path | None = None
    threads: int = 0


@dataclass(frozen=True)
class CompareUpdate:
    """`fraction` done in 0..1, and what was measured; `result` comes with the last one alone."""

    fraction: float
    text: str
    result: Comparison | None = None


@torch.inference_mode()
def run(request: CompareRequest) -> Iterator[CompareUpdate]:
    """Measures what the folder does not hold yet: an update after each decode, then the result.

    Raises:
        UserError: model, footage, decoder, option or task cannot be used, or the folder holds a
            comparison on other clips.
    """
    card = ModelCard.read(request.bundle)
    decoders = {
        Trial(line.name, steps, line.before): line.at(steps, card)
        for line in request.lines
        for steps in request.steps
    }
    _check(request, card)
    store = _Store.opened(request)
    if request.threads:
        torch.set_num_threads(request.threads)
    files = NetworkFiles(folder=request.networks)
    bench = Bench(request.bundle, request.data, files, request.tasks, request.seed)
    clips = []
    for number in range(request.clips):
        clip = store.read(number)
        for share, trial in _complete(clip, number, decoders, bench):
            fraction = (number + share) / request.clips
            yield CompareUpdate(fraction, f"clip {number + 1} of {request.clips}: {trial}")
        store.write(number, clip)
        clips.append(clip)
    about = f"{request.clips} clips of {request.data.name}: {bench.about}"
    yield CompareUpdate(1.0, "", Comparison(tuple(decoders), tuple(clips), about))


def _complete(
    clip: Clip, number: int, decoders: Mapping[Trial, Decoder], bench: Bench
) -> Iterator[tuple[float, Trial]]:
    """Measures what a clip lacks: the share that is done, and what was measured last."""
    missing = [trial for trial in decoders if not clip.has(trial, bench.figures)]
    if not missing:
        return
    sample = bench.sample(number)
    clip.meet(sample.frames)
    clip.real = bench.features(sample.frames)
    turns = np.random.default_rng(number).permutation(len(missing))
    for done, trial in enumerate((missing[turn] for turn in turns), start=1):
        clip.add(trial, *bench.measure(sample, decoders[trial]))
        yield done / len(missing), trial


def _check(request: CompareRequest, card: ModelCard) -> None:
    if request.clips < 1:
        raise UserError(f"Decoders are compared on one clip at least, not on {request.clips}.")
    for name in request.tasks:
        if name not in TASKS or name not in card.tasks or TASKS[name].needs_label:
            known = [task for task in card.tasks if not TASKS[task].needs_label]
            raise UserError(
                f"“{card.title}” is not compared on a task “{name}”. Choose among "
                f"{', '.join(known)}."
            )


class _Store:
    """The folder with what was measured: one file per clip, and on which clips it was."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / CLIPS_FOLDER

    @classmethod
    def opened(cls, request: CompareRequest) -> _Store:
        """Raises UserError when the folder holds a comparison on other clips."""
        setup = {
            "bundle": str(request.bundle.resolve()),
            "data": str(request.data.resolve()),
            "tasks": list(request.tasks),
            "seed": request.seed,
        }
        store = cls(request.out)
        file = request.out / SETUP_FILE
        store._folder.mkdir(parents=True, exist_ok=True)
        if file.exists() and json.loads(file.read_text("utf-8")) != setup:
            raise UserError(
                f"{request.out} holds a comparison of another model, or on other footage, tasks or "
                "another seed. Choose another folder with --out."
            )
        _write(file, setup)
        return store

    def read(self, number: int) -> Clip:
        """What is known of a clip."""
        file = self._file(number)
        return Clip(**json.loads(file.read_text("utf-8"))) if file.exists() else Clip()

    def write(self, number: int, clip: Clip) -> None:
        _write(self._file(number), asdict(clip))

    def _file(self, number: int) -> Path:
        return self._folder / f"{number:04d}.json"


def _write(file: Path, data: Any) -> None:
    """Whole or not at all."""
    partial = file.with_name(f".{file.name}.partial")
    partial.write_text(json.dumps(data), "utf-8")
    os.replace(partial, file)
