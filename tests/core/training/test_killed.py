"""Runs that are killed, at any moment, and go on: the curve is that of a run that never stopped."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from core.training.checkpoints import load_checkpoint
from core.training.report import SPEED
from tests.conftest import ROOT

KILLS = 2


def start(recipe: Path, run: Path, **settings: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "core", "train", str(recipe), "--resume", "--json-lines"]
    return subprocess.Popen(
        [*command, "--run", str(run), "--models", str(recipe.parent / "models")],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"} | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def curve(run: Path) -> list[dict[str, float]]:
    """All lines, but for how fast they came; a half one would not be JSON."""
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [{k: v for k, v in line.items() if k not in SPEED} for line in lines]


@pytest.fixture
def recipe(recipe_file: Path) -> Path:
    text = recipe_file.read_text().replace("steps = 12", "steps = 24")
    recipe_file.write_text(text.replace("save_every = 4", "save_every = 3\nsamples_every = 5"))
    return recipe_file


@pytest.mark.slow
def test_killed_at_any_moment_the_curve_goes_on(recipe: Path) -> None:
    straight, killed = recipe.parent / "straight", recipe.parent / "killed"
    assert start(recipe, straight).wait() == 0
    chance = random.Random(5)

    for _ in range(KILLS):
        process = start(recipe, killed)
        assert process.stdout is not None
        process.stdout.readline()  # the first report of this attempt
        time.sleep(chance.uniform(0, 1))  # the moment is what is tested
        process.kill()
        process.communicate()
    assert start(recipe, killed).wait() == 0

    assert curve(killed) == curve(straight)
    assert not list(killed.rglob("*.partial"))
    for phase in ("tokenizer", "transformer"):
        ours, theirs = load_checkpoint(killed / phase), load_checkpoint(straight / phase)
        assert ours.state.keys() == theirs.state.keys()
        assert all(ours.state[name].equal(theirs.state[name]) for name in ours.state)


@pytest.mark.slow
def test_a_signal_saves_first(recipe: Path) -> None:
    run = recipe.parent / "run"
    recipe.write_text(recipe.read_text().replace("save_every = 3", "save_every = 1000"))
    recipe.write_text(recipe.read_text().replace("steps = 24", "steps = 2000"))
    process = start(recipe, run)
    assert process.stdout is not None
    reported: dict[str, Any] = {"phase": ""}
    while reported["phase"] != "transformer":
        reported = json.loads(process.stdout.readline())
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate()

    assert process.returncode == 130, errors
    assert load_checkpoint(run / "transformer").done >= reported["step"] > 0
