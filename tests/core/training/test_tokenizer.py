"""The legs of the tokenizer's training."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from core.training.data import load_footage
from core.training.recipe import Leg, load_recipe
from core.training.tokenizer import TokenizerPhase

LEARNING, ALONE = Leg(3, 16, 2), Leg(3, 16, 2, decoder_only=True)


@pytest.fixture
def phase(recipe_file: Path) -> TokenizerPhase:
    recipe = load_recipe(recipe_file)
    training = replace(recipe.tokenizer, legs=(LEARNING, ALONE), quantize_from=0)
    footage = load_footage(recipe.data, recipe.folder)
    return TokenizerPhase(replace(recipe, tokenizer=training), footage)


def test_a_decoder_that_learns_alone_leaves_the_tokens_as_they_are(phase: TokenizerPhase) -> None:
    clips = torch.rand(4, 3, 4, 16, 16)
    for step in range(LEARNING.steps):
        phase.step(step)
    tokens = phase.trained.encode(clips)
    pictures = phase.trained.decode(tokens)

    for step in range(LEARNING.steps, phase.steps):
        phase.step(step)

    assert phase.trained.encode(clips).equal(tokens)
    assert not phase.trained.decode(tokens).equal(pictures)


def test_encoder_and_decoder_both_learn_in_other_legs(phase: TokenizerPhase) -> None:
    before = {name: value.clone() for name, value in phase.trained.state_dict().items()}

    phase.step(0)

    after = phase.trained.state_dict()
    for part in ("encoder.conv_in.weight", "decoder.conv_out.weight", "quantizer.codebook"):
        assert not after[part].equal(before[part]), part
