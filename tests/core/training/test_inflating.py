"""A 3D-VQ that begins as the 2D-VQ of a run or of a bundle."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from core.bundle import ModelBundle
from core.cards import ModelCard, Network
from core.errors import UserError
from core.jobs import train
from core.models.tokenizers.vqgan2d import VQGAN2D
from core.requests import TrainRequest
from core.training.checkpoints import save_checkpoint
from core.training.loading import Batch
from core.training.recipe import AdversarialTraining, MagvitRecipe, load_recipe
from core.training.tokenizer import SomeFrames, TokenizerPhase

FLAT = 'network = "vqgan2d"\nframes_per_clip = 2\n'
JUDGE = AdversarialTraining(filters=2, multipliers=(2, 2))


def recipe_of(path: Path, text: str) -> MagvitRecipe:
    path.write_text(text)
    recipe = load_recipe(path)
    assert isinstance(recipe, MagvitRecipe)
    legs = recipe.tokenizer.legs[1:]
    training = replace(recipe.tokenizer, adversarial=JUDGE, legs=legs, quantize_from=0)
    return replace(recipe, tokenizer=training)


@pytest.fixture
def flat(recipe_file: Path) -> MagvitRecipe:
    text = recipe_file.read_text().replace("temporal_down = [true]\n", "")
    path = recipe_file.with_name("flat.toml")
    return recipe_of(path, text.replace("[tokenizer]\n", f"[tokenizer]\n{FLAT}"))


@pytest.fixture
def deep(recipe_file: Path) -> MagvitRecipe:
    text = recipe_file.read_text()
    path = recipe_file.with_name("deep.toml")
    return recipe_of(path, text.replace("[tokenizer]\n", '[tokenizer]\ninflate = "2d"\n'))


def learn(phase: TokenizerPhase, frames: int, steps: int = 2) -> None:
    for step in range(steps):
        batch: Batch = {"frames": torch.randint(256, (2, frames, 16, 16, 3), dtype=torch.uint8)}
        terms = [t for one in phase.losses(batch, step).terms.values() for t in one.values()]
        torch.stack(terms).sum().backward()
        for learner in phase.learners.values():
            learner.update(step)
        phase.after(step)


def test_a_tokenizer_of_frames_learns_from_some_of_each_clip(flat: MagvitRecipe) -> None:
    phase = TokenizerPhase(flat)
    before = phase.learner.network.encoder.conv_in.weight.clone()

    learn(phase, frames=2)

    assert isinstance(phase.examples, SomeFrames)
    assert isinstance(phase.trained, VQGAN2D)
    assert not phase.learner.network.encoder.conv_in.weight.equal(before)
    assert phase.trained.encode(torch.rand(1, 3, 3, 16, 16)).shape == (1, 3, 8, 8)


def test_a_run_gives_network_average_and_discriminator(
    flat: MagvitRecipe, deep: MagvitRecipe, caplog: pytest.LogCaptureFixture
) -> None:
    trained = TokenizerPhase(flat)
    learn(trained, frames=2)
    state = {
        f"{name}.{key}": value
        for name, learner in trained.learners.items()
        for key, value in learner.state().items()
    }
    save_checkpoint(flat.folder / "2d" / "tokenizer", 2, state)

    with caplog.at_level(logging.WARNING):
        phase = TokenizerPhase(deep)

    for name, learner in phase.learners.items():
        theirs = trained.learners[name]
        for ours, flat_one in (
            (learner.network, theirs.network),
            (learner.average, theirs.average),
        ):
            middle = ours.get_parameter(_first(name)).detach()[:, :, 1]
            assert middle.equal(flat_one.get_parameter(_first(name)).detach()[:, :, 0])
        assert not learner.moments(learner.network.get_parameter(_first(name)))
    assert phase.learner.copy.model is phase.learner.network
    assert not caplog.records  # four frames are one after two halvings: all fits


def _first(learner: str) -> str:
    return "encoder.conv_in.weight" if learner == "tokenizer" else "conv_in.weight"


def test_what_does_not_fit_is_said(
    flat: MagvitRecipe, deep: MagvitRecipe, caplog: pytest.LogCaptureFixture
) -> None:
    one_block = replace(JUDGE, multipliers=(2,))
    flat, deep = (
        replace(r, tokenizer=replace(r.tokenizer, adversarial=one_block)) for r in (flat, deep)
    )
    state = {
        f"discriminator.{key}": value
        for key, value in TokenizerPhase(flat).learners["discriminator"].state().items()
    }
    save_checkpoint(flat.folder / "2d" / "tokenizer", 2, state)

    with caplog.at_level(logging.WARNING):
        TokenizerPhase(deep)

    assert "discriminator" in caplog.text
    assert "hidden.weight" in caplog.text


def test_a_bundle_gives_the_tokenizer(flat: MagvitRecipe, deep: MagvitRecipe) -> None:
    tokenizer = VQGAN2D(flat.tokenizer.model)
    sizes = {"filters": 32, "multipliers": [1, 1], "res_blocks": 1}
    card = ModelCard(
        name="flat",
        title="Flat",
        description="",
        tokenizer=Network("vqgan2d", sizes | {"embedding_dim": 8, "codebook_size": 16}),
        transformer=None,
        tasks=(),
        frames=4,
        height=16,
        width=16,
        stride=tokenizer.stride,
        rate=10.0,
        licence="none",
    )
    ModelBundle(tokenizer, None, card).save(flat.folder / "2d")

    phase = TokenizerPhase(deep)

    assert phase.trained.quantizer.codebook.equal(tokenizer.quantizer.codebook)
    kernel = phase.trained.decoder.conv_out.weight
    assert kernel[:, :, 1].equal(tokenizer.decoder.conv_out.weight[:, :, 0])


def test_a_folder_without_either_is_refused(deep: MagvitRecipe) -> None:
    with pytest.raises(UserError, match="2D-VQ"):
        TokenizerPhase(deep)


@pytest.mark.slow
def test_a_3d_vq_is_trained_from_the_run_of_a_2d_vq(recipe_file: Path, tmp_path: Path) -> None:
    text = (
        recipe_file.read_text().replace("size = 8", "size = 16").replace("steps = 12", "steps = 2")
    )
    text += "\n[tokenizer.adversarial]\nfilters = 4\nlecam = 0.01\n"
    flat, deep = recipe_file.with_name("flat.toml"), recipe_file.with_name("deep.toml")
    one = text.replace("temporal_down = [true]\n", "")
    flat.write_text(one.replace("[tokenizer]\n", f"[tokenizer]\n{FLAT}"))
    deep.write_text(text.replace("[tokenizer]\n", '[tokenizer]\ninflate = "run"\n'))

    *_, first = train.run(TrainRequest(flat, recipe_file.parent / "run", tmp_path / "flat"))
    *_, last = train.run(TrainRequest(deep, tmp_path / "deep-run", tmp_path / "deep"))

    assert first.bundle is not None
    assert last.bundle is not None
    assert ModelCard.read(first.bundle).stride == (1, 2, 2)
    assert ModelCard.read(last.bundle).tokenizer.name == "vqgan3d"
    said = (tmp_path / "deep-run" / "metrics.jsonl").read_text().splitlines()[0]
    assert {"adversarial", "r1", "lecam", "discriminator_gradient"} <= json.loads(said).keys()
