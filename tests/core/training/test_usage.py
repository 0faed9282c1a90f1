"""Codes that die are put to use again: on tiny footage nearly all of a codebook is used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from core.models import codebook
from core.models.tokenizers.vqvae import VQVAEConfig
from core.pixels import as_video
from core.training.loading import Batch
from core.training.recipe import (
    Leg,
    LossWeights,
    MagvitRecipe,
    Optimiser,
    VideoGPTRecipe,
    VQVAETraining,
    load_recipe,
)
from core.training.tokenizer import TokenizerPhase
from core.training.vqvae import VQVAEPhase

CODES, STEPS, COUNTED = 128, 60, 10
OPTIMISER = Optimiser(rate=1e-3, warmup=5, decay=10)

pytestmark = pytest.mark.usefixtures("one_thread")


def footage(step: int) -> Batch:
    """Clips of plain colours with a slope across."""
    noise = torch.Generator().manual_seed(step)
    colour = torch.randint(0, 4, (2, 1, 1, 1, 3), generator=noise) * 80
    slope = torch.arange(16).view(1, 1, 1, 16, 1) * torch.randint(
        1, 8, (2, 1, 1, 1, 1), generator=noise
    )
    frames = (colour + slope).expand(2, 4, 16, 16, 3).clamp(0, 255)
    return {"frames": frames.to(torch.uint8)}


def usage(phase: TokenizerPhase | VQVAEPhase, encode: Callable[[Tensor], Tensor]) -> float:
    """Share of the codes that are used in the last of some steps of training."""
    used = torch.zeros(CODES, dtype=torch.bool)
    for step in range(STEPS):
        batch = footage(step)
        terms = [t for one in phase.losses(batch, step).terms.values() for t in one.values()]
        torch.stack(terms).sum().backward()
        phase.learner.update(step)
        phase.after(step)
        if step >= STEPS - COUNTED:
            used[encode(as_video(batch["frames"])).flatten()] = True
    return float(used.float().mean())


@pytest.mark.parametrize(("every", "enough"), [(10, True), (0, False)])
def test_codes_of_a_3d_vq(recipe_file: Path, every: int, enough: bool) -> None:
    recipe = load_recipe(recipe_file)
    assert isinstance(recipe, MagvitRecipe)
    torch.manual_seed(0)
    training = replace(
        recipe.tokenizer,
        model=replace(recipe.tokenizer.model, codebook_size=CODES),
        legs=(Leg(STEPS, 16, 2),),
        losses=LossWeights(entropy=0.0),
        optimiser=OPTIMISER,
        quantize_from=0,
        revive_every=every,
    )
    phase = TokenizerPhase(replace(recipe, tokenizer=training))

    assert (usage(phase, phase.learner.network.encode) > 0.9) == enough


@pytest.mark.parametrize(("least", "enough"), [(codebook.LEAST_COUNT, True), (0.0, False)])
def test_codes_of_a_vqvae(
    recipe_file: Path, monkeypatch: pytest.MonkeyPatch, least: float, enough: bool
) -> None:
    monkeypatch.setattr(codebook, "LEAST_COUNT", least)
    magvit = load_recipe(recipe_file)
    model = VQVAEConfig(
        hidden=16, res_layers=1, embedding_dim=8, codebook_size=CODES, stride=(2, 2, 2)
    )
    training = VQVAETraining(model, legs=(Leg(STEPS, 16, 2),), optimiser=OPTIMISER)
    recipe = VideoGPTRecipe(name="small", data=magvit.data, vqvae=training, prior=None)  # type: ignore[arg-type]
    torch.manual_seed(0)
    phase = VQVAEPhase(recipe)

    assert (usage(phase, phase.learner.network.encode) > 0.9) == enough
