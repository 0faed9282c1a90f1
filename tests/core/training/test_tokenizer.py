"""The legs of the tokenizer's training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from core.training.data import load_footage
from core.training.loading import Loader
from core.training.recipe import Leg, load_recipe
from core.training.steps import take_step
from core.training.tokenizer import TokenizerPhase

LEARNING, ALONE = Leg(3, 16, 2), Leg(3, 16, 2, decoder_only=True)


@pytest.fixture
def phase(recipe_file: Path) -> TokenizerPhase:
    recipe = load_recipe(recipe_file)
    training = replace(recipe.tokenizer, legs=(LEARNING, ALONE), quantize_from=0)
    return TokenizerPhase(replace(recipe, tokenizer=training))


@pytest.fixture
def steps(recipe_file: Path, phase: TokenizerPhase) -> Callable[[range], None]:
    recipe = load_recipe(recipe_file)
    footage = load_footage(recipe.data, recipe.folder)

    def take(numbers: range) -> None:
        for step, parts in zip(numbers, Loader(footage, phase.examples, numbers), strict=True):
            take_step(phase, parts, step)

    return take


def test_a_decoder_that_learns_alone_leaves_the_tokens_as_they_are(
    phase: TokenizerPhase, steps: Callable[[range], None]
) -> None:
    clips = torch.rand(4, 3, 4, 16, 16)
    steps(range(LEARNING.steps))
    tokens = phase.trained.encode(clips)
    pictures = phase.trained.decode(tokens)

    steps(range(LEARNING.steps, phase.steps))

    assert phase.trained.encode(clips).equal(tokens)
    assert not phase.trained.decode(tokens).equal(pictures)


def test_encoder_and_decoder_both_learn_in_other_legs(
    phase: TokenizerPhase, steps: Callable[[range], None]
) -> None:
    before = {name: value.clone() for name, value in phase.trained.state_dict().items()}

    steps(range(1))

    after = phase.trained.state_dict()
    for part in ("encoder.conv_in.weight", "decoder.conv_out.weight", "quantizer.codebook"):
        assert not after[part].equal(before[part]), part


def test_scalar_quantisation_learns_without_losses_of_its_own(recipe_file: Path) -> None:
    recipe = load_recipe(recipe_file)
    model = replace(recipe.tokenizer.model, levels=(4, 4), embedding_dim=2, codebook_size=16)
    training = replace(
        recipe.tokenizer, model=model, legs=(LEARNING,), quantize_from=0, revive_every=2
    )
    phase = TokenizerPhase(replace(recipe, tokenizer=training))
    footage = load_footage(recipe.data, recipe.folder)
    weights = phase.trained.encoder.conv_in.weight.clone()
    terms: set[str] = set()

    for step, parts in zip(range(3), Loader(footage, phase.examples, range(3)), strict=True):
        terms |= take_step(phase, parts, step).figures.keys()

    assert not terms & {"commitment", "codebook", "entropy"}
    assert not phase.trained.encoder.conv_in.weight.equal(weights)
