"""MAGVIT's autoregressive baseline, from a recipe to a continued clip."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from core.bundle import load_bundle
from core.conditioning import condition
from core.decoders import DECODERS
from core.jobs import train
from core.models.tokenizers.vqgan3d import VQGAN3D
from core.requests import TrainRequest
from core.sampling import SeededNoise
from core.tasks import TASKS
from core.training.data import load_footage
from core.training.loading import Loader
from core.training.raster import AutoregressivePhase
from core.training.recipe import MagvitRecipe, load_recipe

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def recipe_of_it(recipe_file: Path) -> Path:
    text = recipe_file.read_text()
    recipe_file.write_text(text + 'network = "autoregressive"\ndropout = 0.0\n')
    return recipe_file


def test_it_learns_the_next_token(recipe_of_it: Path) -> None:
    recipe = load_recipe(recipe_of_it)
    assert isinstance(recipe, MagvitRecipe)
    footage = load_footage(recipe.data, recipe.folder)
    phase = AutoregressivePhase(recipe, footage.classes, VQGAN3D(recipe.tokenizer.model))
    ((batch,),) = Loader(footage, phase.examples, range(1))

    losses = []
    for step in range(12):
        loss = phase.losses(batch, step).terms["transformer"]["loss"]
        loss.backward()
        phase.learner.update(step)
        losses.append(float(loss.detach()))

    assert losses[-1] < losses[0]
    assert phase.held_out(batch)["loss"].isfinite()


def test_a_recipe_becomes_a_bundle_that_continues_a_clip(
    recipe_of_it: Path, tmp_path: Path
) -> None:
    *_, last = train.run(TrainRequest(recipe_of_it, tmp_path / "run", tmp_path / "models"))
    assert last.bundle is not None
    bundle = load_bundle(last.bundle)
    clip = torch.rand(1, 3, 4, 16, 16)

    given = condition(TASKS["continue"], clip, bundle.tokenizer, classes=2, kept=2)
    *_, decoded = DECODERS["autoregressive"]()(bundle.transformer, given, SeededNoise([0]))

    assert bundle.card.family == "autoregressive"
    assert bundle.card.causal
    assert set(bundle.card.tasks) == {"generate", "CG", "continue", "continue-class"}
    assert not decoded.masked.any()
    assert decoded.tokens[given.given].equal(given.tokens[given.given])
    assert given.given[:, 0].all()
