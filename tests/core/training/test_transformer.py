"""What the transformer is shown in training: tasks, labels, and clips without any condition."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from core.models.tokenizers.vqgan3d import VQGAN3D
from core.tasks import MASKED_TASKS, TASKS, Special
from core.training.data import load_footage
from core.training.recipe import MagvitRecipe, load_recipe
from core.training.transformer import TransformerPhase


def a_phase(recipe: MagvitRecipe) -> TransformerPhase:
    footage = load_footage(recipe.data, recipe.folder)
    return TransformerPhase(recipe, footage, VQGAN3D(recipe.tokenizer.model))


@pytest.fixture
def recipe(recipe_file: Path) -> MagvitRecipe:
    return load_recipe(recipe_file)


def with_training(recipe: MagvitRecipe, **changes: object) -> MagvitRecipe:
    return replace(recipe, transformer=replace(recipe.transformer, **changes))


def test_all_tasks_are_trained_and_only_some_see_the_class(recipe: MagvitRecipe) -> None:
    phase = a_phase(recipe)

    examples = phase._tokenize(np.random.default_rng(0), 60)

    assert set(examples.task_tokens.tolist()) == {int(TASKS[name].token) for name in MASKED_TASKS}
    painted = examples.task_tokens == int(Special.INPAINTING)
    assert 0.2 < painted.float().mean() < 0.6
    assert (examples.labels[painted] == 2).all()
    free = examples.task_tokens == int(Special.FULL_GENERATION)
    assert (examples.labels[free] < 2).all()
    assert not examples.given[free].any()


def test_a_batch_can_share_its_task_as_published(recipe: MagvitRecipe) -> None:
    phase = a_phase(with_training(recipe, per_sample=False))

    examples = phase._tokenize(np.random.default_rng(0), 8)

    assert len(set(examples.task_tokens.tolist())) == 1


def test_dropped_clips_have_no_condition_at_all(recipe: MagvitRecipe) -> None:
    phase = a_phase(with_training(recipe, drop=1.0))
    rng = np.random.default_rng(0)

    examples = phase._without_condition(rng, phase._tokenize(rng, 8))

    assert not examples.given.any()
    assert examples.task_tokens.eq(int(Special.FULL_GENERATION)).all()
    assert examples.labels.eq(2).all()


def test_codes_that_look_alike_start_as_words_that_are_alike(recipe: MagvitRecipe) -> None:
    footage, tokenizer = load_footage(recipe.data, recipe.folder), VQGAN3D(recipe.tokenizer.model)
    with torch.no_grad():
        tokenizer.quantizer.codebook[1] = tokenizer.quantizer.codebook[0]

    words = TransformerPhase(recipe, footage, tokenizer).learner.network.words.weight

    assert torch.allclose(words[0], words[1])
    assert not torch.allclose(words[0], words[2], atol=1e-3)
