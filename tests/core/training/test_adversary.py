"""A discriminator beside the tokenizer: who learns from what, when, and what is remembered."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from core.training.adversary import discriminator_config
from core.training.loading import Batch
from core.training.losses import generator_loss
from core.training.phases import Losses
from core.training.recipe import (
    AdversarialTraining,
    Leg,
    MagvitRecipe,
    Optimiser,
    TokenizerTraining,
    load_recipe,
)
from core.training.tokenizer import TokenizerPhase

LEGS = (Leg(40, 16, 2),)
ALL = AdversarialTraining(weight=0.1, lecam=0.01, filters=4)


@pytest.fixture
def recipe(recipe_file: Path) -> MagvitRecipe:
    recipe = load_recipe(recipe_file)
    assert isinstance(recipe, MagvitRecipe)
    return with_training(recipe, legs=LEGS, quantize_from=0, adversarial=ALL)


def with_training(recipe: MagvitRecipe, **changes: object) -> MagvitRecipe:
    return replace(recipe, tokenizer=replace(recipe.tokenizer, **changes))


def batch(seed: int = 0) -> Batch:
    noise = torch.Generator().manual_seed(seed)
    return {"frames": torch.randint(256, (2, 4, 16, 16, 3), generator=noise, dtype=torch.uint8)}


def take_step(phase: TokenizerPhase, step: int) -> Losses:
    losses = phase.losses(batch(step), step)
    total(losses).backward()
    for learner in phase.learners.values():
        learner.update(step)
    phase.after(step)
    return losses


def total(losses: Losses) -> Tensor:
    return torch.stack([term for one in losses.terms.values() for term in one.values()]).sum()


def touched(network: nn.Module) -> set[str]:
    """Parameters that have a gradient."""
    return {
        name
        for name, weight in network.named_parameters()
        if weight.grad is not None and weight.grad.any()
    }


def test_each_network_learns_from_its_own_terms_alone(recipe: MagvitRecipe) -> None:
    phase = TokenizerPhase(recipe)
    tokenizer, judge = (learner.network for learner in phase.learners.values())

    losses = phase.losses(batch(), 0)
    losses.terms["tokenizer"]["adversarial"].backward(retain_graph=True)

    assert touched(judge) == set()
    assert "decoder.conv_in.weight" in touched(tokenizer)
    assert "encoder.conv_in.weight" in touched(tokenizer)
    tokenizer.zero_grad()

    torch.stack(list(losses.terms["discriminator"].values())).sum().backward()

    assert touched(tokenizer) == set()
    assert touched(judge) >= {"conv_in.weight", "blocks.1.shortcut.weight", "verdict.bias"}


def test_the_terms_are_the_published_ones(recipe: MagvitRecipe) -> None:
    phase = TokenizerPhase(recipe)

    losses = phase.losses(batch(), 0)

    tokenizer, judge = losses.terms["tokenizer"], losses.terms["discriminator"]
    assert set(tokenizer) == {"l2", "commitment", "codebook", "entropy", "adversarial"}
    assert set(judge) == {"real", "fake", "r1", "lecam"}
    adversarial = float(tokenizer["adversarial"].detach())
    logits = losses.figures["logit_fake"]
    assert isinstance(logits, Tensor)
    assert adversarial == pytest.approx(0.1 * float(generator_loss(logits.view(1))), rel=1e-2)


def test_the_discriminator_waits_for_its_first_step(recipe: MagvitRecipe) -> None:
    late = with_training(recipe, adversarial=replace(ALL, begin=2))
    phase = TokenizerPhase(late)
    judge = phase.learners["discriminator"].network
    before = {name: weight.clone() for name, weight in judge.state_dict().items()}

    first, second = take_step(phase, 0), take_step(phase, 1)
    unmoved = all(weight.equal(before[name]) for name, weight in judge.state_dict().items())
    third = take_step(phase, 2)

    assert [set(one.terms) for one in (first, second)] == [{"tokenizer"}] * 2
    assert unmoved
    assert set(third.terms) == {"tokenizer", "discriminator"}
    assert not judge.conv_in.weight.equal(before["conv_in.weight"])


def test_a_discriminator_learns_to_tell(recipe: MagvitRecipe) -> None:
    fast = Optimiser(rate=1e-3, betas=(0.0, 0.99), warmup=0, decay=0)
    judge = replace(ALL, weight=1e-6, r1=0.0, filters=8, optimiser=fast)
    still = Optimiser(rate=1e-9)
    phase = TokenizerPhase(with_training(recipe, adversarial=judge, optimiser=still))

    first, *_, last = (take_step(phase, step) for step in range(30))

    told = [
        float(sum(one.terms["discriminator"][n] for n in ("real", "fake")).detach())
        for one in (first, last)
    ]
    assert told[1] < 0.7 * told[0]


def test_moving_averages_of_the_logits_survive_a_checkpoint(recipe: MagvitRecipe) -> None:
    phase, other = TokenizerPhase(recipe), TokenizerPhase(recipe)
    losses = take_step(phase, 0)

    other.load_state(phase.state())

    assert float(other.state()["lecam.real"]) == pytest.approx(
        0.001 * float(losses.figures["logit_real"])
    )


@pytest.mark.parametrize(("size", "multipliers"), [(128, (2, 4, 4, 4, 4)), (64, (2, 4, 4, 4))])
def test_its_depth_is_as_published(size: int, multipliers: tuple[int, ...]) -> None:
    training = TokenizerTraining(model=None, legs=(), adversarial=ALL)  # type: ignore[arg-type]

    config = discriminator_config(training, (16, size, size))

    assert config.multipliers == multipliers


def test_a_section_brings_it_and_two_sizes_are_refused(recipe_file: Path) -> None:
    text = recipe_file.read_text()
    recipe_file.write_text(text + "[tokenizer.adversarial]\nbegin = 6\n")
    recipe = load_recipe(recipe_file)
    assert isinstance(recipe, MagvitRecipe)
    assert recipe.tokenizer.adversarial.weight == 0.1

    recipe_file.write_text(text + "[tokenizer.adversarial]\nbegin = 5\n")
    with pytest.raises(Exception, match="one size of clips"):
        load_recipe(recipe_file)
