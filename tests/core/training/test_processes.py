"""Two processes that train together do what one does with the whole batch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.jobs import train
from core.requests import TrainRequest
from core.training.checkpoints import load_checkpoint
from core.training.report import SPEED
from tests.conftest import ROOT
from tests.core.training.test_videogpt import RECIPE as VIDEOGPT

SCRIPT = Path(__file__).with_name("train_recipes.py")
pytestmark = pytest.mark.usefixtures("one_thread")
ADVERSARIAL = """
[tokenizer.adversarial]
begin = 3
lecam = 0.1
filters = 8
multipliers = [1, 2]
"""
WHOLE = (*SPEED, "codes", "gradient", "accuracy", "psnr", "perplexity")
"""Figures that are no means over the clips of a batch: of two halves they are something else."""


def start(runs: Path, *recipes: Path, **environment: str) -> None:
    """Trains recipes in two processes."""
    command = [
        *(sys.executable, "-m", "torch.distributed.run", "--standalone"),
        *("--nproc-per-node", "2", str(SCRIPT), str(runs), *map(str, recipes)),
    ]
    settings = {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), "ACCELERATE_USE_CPU": "true"}
    done = subprocess.run(
        command,
        env=os.environ | settings | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]


def figures(run: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def agree(one: Path, two: Path, tolerance: float) -> None:
    """The losses of both runs are the same at every report."""
    assert len(figures(one)) == len(figures(two)) > 3
    for single, double in zip(figures(one), figures(two), strict=True):
        assert single.keys() == double.keys()
        for name, value in single.items():
            if name == "phase":
                assert double[name] == value
            elif not name.endswith(WHOLE):
                assert double[name] == pytest.approx(value, rel=tolerance, abs=tolerance), name


def alone(recipe: Path, runs: Path) -> None:
    """Trains a recipe in this process."""
    list(train.run(TrainRequest(recipe, runs / recipe.stem, runs / "models")))


@pytest.fixture
def magvit(recipe_file: Path) -> Path:
    text = recipe_file.read_text().replace("batch = 1", "batch = 2").replace("threads = 1", "")
    text = text.replace("save_every = 4", "save_every = 2")
    recipe_file.write_text(text.replace("batch = 6", "batch = 4\ndropout = 0.0"))
    return recipe_file


@pytest.fixture
def videogpt(recipe_file: Path) -> Path:
    text = VIDEOGPT.replace("PRECISION", "").replace("threads = 1", "")
    text = text.replace("save_every = 4", "save_every = 2")
    path = recipe_file.with_name("videogpt.toml")
    path.write_text(text.replace("[prior]", "[prior]\ndropout = 0.0\nattention_dropout = 0.0"))
    return path


@pytest.mark.slow
def test_two_processes_learn_what_one_does(magvit: Path, videogpt: Path, tmp_path: Path) -> None:
    adversarial = magvit.with_name("adversarial.toml")
    text = magvit.read_text().replace("size = 8", "size = 16").replace("steps = 12", "steps = 0")
    adversarial.write_text(text.replace("[transformer]", ADVERSARIAL + "[transformer]"))
    recipes = (magvit, videogpt, adversarial)
    start(tmp_path / "two", *recipes)

    for recipe in recipes:
        alone(recipe, tmp_path / "one")
        agree(tmp_path / "one" / recipe.stem, tmp_path / "two" / recipe.stem, 2e-4)


@pytest.mark.slow
def test_networks_in_pieces_learn_what_whole_ones_do(
    magvit: Path, videogpt: Path, tmp_path: Path
) -> None:
    cases = ((magvit, "transformer", "steps = 12"), (videogpt, "prior", "steps = 6"))
    for recipe, _, steps in cases:
        text = recipe.read_text().replace("layers = 1", "layers = 2")
        recipe.write_text(text.replace(steps, "steps = 7"))
    start(tmp_path / "two", magvit, videogpt, ACCELERATE_USE_FSDP="true", FSDP_VERSION="2")

    for recipe, phase, _ in cases:
        one, two = tmp_path / "one" / recipe.stem, tmp_path / "two" / recipe.stem
        alone(recipe, tmp_path / "one")
        agree(one, two, 2e-4)
        ours, theirs = load_checkpoint(one / phase).state, load_checkpoint(two / phase).state
        assert ours.keys() == theirs.keys()
        for name, tensor in ours.items():
            assert tensor.allclose(theirs[name], atol=2e-3), name
        recipe.write_text(recipe.read_text().replace("steps = 7", "steps = 8"))
        alone(recipe, tmp_path / "two")  # one process goes on where two stopped
        assert load_checkpoint(two / phase).done == 8
