"""What the transformer is shown in training: tasks, labels, and clips without any condition."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from core.models.tokenizers.vqgan3d import VQGAN3D
from core.tasks import MASKED_TASKS, TASKS, Special
from core.training.data import load_footage
from core.training.loading import Batch, Loader
from core.training.recipe import MagvitRecipe, load_recipe
from core.training.transformer import TransformerPhase


def prepared(recipe: MagvitRecipe, clips: int) -> Batch:
    """The first step's batch, as the transformer learns from it."""
    footage = load_footage(recipe.data, recipe.folder)
    recipe = with_training(recipe, batch=clips)
    tokenizer = VQGAN3D(recipe.tokenizer.model)
    phase = TransformerPhase(recipe, footage.classes, tokenizer)
    ((batch,),) = Loader(footage, phase.examples, range(1))
    return phase.prepare(batch)


@pytest.fixture
def recipe(recipe_file: Path) -> MagvitRecipe:
    return load_recipe(recipe_file)


def with_training(recipe: MagvitRecipe, **changes: object) -> MagvitRecipe:
    return replace(recipe, transformer=replace(recipe.transformer, **changes))


def test_all_tasks_are_trained_and_only_some_see_the_class(recipe: MagvitRecipe) -> None:
    batch = prepared(with_training(recipe, drop=0.0), 60)

    assert set(batch["task"].tolist()) == {int(TASKS[name].token) for name in MASKED_TASKS}
    painted = batch["task"] == int(Special.INPAINTING)
    assert 0.2 < painted.float().mean() < 0.6
    assert (batch["label"][painted] == 2).all()
    free = batch["task"] == int(Special.FULL_GENERATION)
    assert (batch["label"][free] < 2).all()
    assert not batch["given"][free].any()


def test_a_batch_can_share_its_task_as_published(recipe: MagvitRecipe) -> None:
    batch = prepared(with_training(recipe, per_sample=False, drop=0.0), 8)

    assert len(set(batch["task"].tolist())) == 1


def test_dropped_clips_have_no_condition_at_all(recipe: MagvitRecipe) -> None:
    batch = prepared(with_training(recipe, drop=1.0), 8)

    assert not batch["given"].any()
    assert batch["task"].eq(int(Special.FULL_GENERATION)).all()
    assert batch["label"].eq(2).all()


def test_codes_that_look_alike_start_as_words_that_are_alike(recipe: MagvitRecipe) -> None:
    tokenizer = VQGAN3D(recipe.tokenizer.model)
    with torch.no_grad():
        tokenizer.quantizer.codebook[1] = tokenizer.quantizer.codebook[0]

    words = TransformerPhase(recipe, ("a", "b"), tokenizer).learner.network.words.weight

    assert torch.allclose(words[0], words[1])
    assert not torch.allclose(words[0], words[2], atol=1e-3)
