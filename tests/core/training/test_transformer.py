"""What the transformer is shown in training: tasks, labels, and clips without any condition."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
import torch

from core.models.tokenizers.vqgan3d import VQGAN3D
from core.models.transformers.bidirectional import Conditioning
from core.tasks import MASKED_TASKS, TASKS, Special
from core.training.data import load_footage
from core.training.loading import Batch, Loader
from core.training.recipe import MagvitRecipe, load_recipe
from core.training.task_examples import turns
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


@pytest.mark.parametrize("conditioning", get_args(Conditioning))
def test_every_conditioning_of_the_ablation_is_trained_and_decoded(
    recipe: MagvitRecipe, conditioning: Conditioning
) -> None:
    footage = load_footage(recipe.data, recipe.folder)
    recipe = with_training(recipe, conditioning=conditioning, drop=0.0, weights="mask")
    tokenizer = VQGAN3D(recipe.tokenizer.model)
    phase = TransformerPhase(recipe, footage.classes, tokenizer)
    ((batch,),) = Loader(footage, phase.examples, range(1))

    losses = phase.losses(batch, 0)
    losses.terms["transformer"]["loss"].backward()
    phase.learner.update(0)
    pictures = phase.pictures(phase.trained, batch)

    positions = phase.learner.network.positions
    assert phase.trained.config.conditioning == conditioning
    assert len(positions) == 2 + 128 + (129 if conditioning == "prefix" else 0)
    assert losses.terms["transformer"]["loss"].isfinite()
    assert pictures[-1].shape == (6, 4, 16, 16, 3)


def test_a_single_task_without_classes_has_the_short_sequence(recipe: MagvitRecipe) -> None:
    footage = load_footage(recipe.data, recipe.folder)
    recipe = with_training(
        recipe, tasks=("FP",), paint_share=0.0, drop=0.0, multi_task=False, classes=False
    )
    phase = TransformerPhase(recipe, footage.classes, VQGAN3D(recipe.tokenizer.model))
    ((batch,),) = Loader(footage, phase.examples, range(1))

    assert phase.tasks == ("FP",)
    assert not phase.knows_classes
    assert phase.config.length == 1 + 128
    assert not phase.config.full_generation
    assert batch["label"].eq(0).all()
    assert phase.losses(batch, 0).terms["transformer"]["loss"].isfinite()


def test_several_numbers_of_frames_are_known(recipe: MagvitRecipe) -> None:
    chosen = with_training(recipe, tasks=("FP",), paint_share=0.0, drop=0.0, known_frames=(1, 2, 3))

    batch = prepared(chosen, 12)

    # Two frames are one token: one or two known frames are a given token frame, three are two.
    assert set(batch["given"].flatten(2).all(2).sum(1).tolist()) == {1, 2}


def test_tasks_take_turns_from_step_to_step(recipe: MagvitRecipe) -> None:
    footage = load_footage(recipe.data, recipe.folder)
    recipe = with_training(recipe, per_sample=False, drop=0.0, tasks=("FI", "OPC"), paint_share=0.0)
    phase = TransformerPhase(recipe, footage.classes, VQGAN3D(recipe.tokenizer.model))
    order = turns(recipe.seed, phase.stream, (0.5, 0.5))

    for step in range(6):
        special = int(TASKS[("FI", "OPC")[order[step]]].token)
        assert int(phase.examples(footage, step, index=3)["task"]) == special


def test_pictures_can_be_made_while_training_in_bf16(recipe: MagvitRecipe) -> None:
    footage = load_footage(recipe.data, recipe.folder)
    recipe = replace(recipe, precision="bf16", frames=8)
    phase = TransformerPhase(recipe, footage.classes, VQGAN3D(recipe.tokenizer.model))
    ((batch,),) = Loader(footage, phase.examples, range(1))

    assert phase.pictures(phase.trained, batch)[-1].shape == (6, 8, 16, 16, 3)
