"""Runs of trainings without a training: folders as one writes them, and a window that sees them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.cards import list_bundles
from core.machine import host
from core.requests import BundleEntry, FinetuneRequest
from core.runs.life import Life, write_life
from core.runs.plan import Asked
from core.training.samples import write_samples
from studio.panels.fine_tune_dialog import FineTuneDialog
from studio.panels.main_window import MainWindow
from tests.studio.fakes import ReplayingEngine, capabilities

RECIPE = """name = "mine"
[transformer]
steps = 40
"""


def engine_with(models: Path) -> ReplayingEngine:
    """An engine that knows the models of a folder."""
    found = list_bundles(models)
    entries = tuple(BundleEntry(str(path), card) for path, card in found)  # type: ignore[arg-type]
    return ReplayingEngine(replace(capabilities(), bundles=entries))


def a_run(folder: Path, state: str = "paused", *, steps: int = 20, **life: object) -> Path:
    """A run of another time: reports, samples and checkpoints up to a step."""
    request = FinetuneRequest("/models/tiny", ("/clips/a.mp4",), folder, folder.parent, "mine")
    Asked(request, "Tiny").write()
    (folder / "recipe.toml").write_text(RECIPE)
    write_life(folder, Life(state, machine=host(), step=steps, **life))  # type: ignore[arg-type]
    lines = [
        {"phase": "transformer", "step": step, "loss": 3 / (step + 1), "rate": 1e-4, "codes": 0.5}
        for step in range(1, steps + 1)
    ]
    lines[-1]["held_out_loss"] = 0.5
    text = "".join(json.dumps(line | {"seconds": 2.0, "memory": 10**9}) + "\n" for line in lines)
    (folder / "metrics.jsonl").write_text(text)
    (folder / "transformer").mkdir()
    for step in (10, 20):
        (folder / "transformer" / f"step-{step:07}.safetensors").write_bytes(b"weights")
    for step in (0, 10, 20):
        write_a_sample(folder, step)
    return folder


def write_a_sample(run: Path, step: int) -> None:
    """Four clips of 24 pixels in three ways, of which the last has the level 10 · step."""
    ways = [np.full((4, 3, 24, 24, 3), level, np.uint8) for level in (40, 80, 10 * step)]
    (run / "samples").mkdir(exist_ok=True)
    write_samples(run / "samples" / f"transformer-{step:07}", ways, 8.0)


def dialog_of(window: MainWindow) -> FineTuneDialog:
    """The dialog, opened from the menu."""
    window.actions_["finetune"].trigger()
    assert window.trainings is not None
    return window.trainings
