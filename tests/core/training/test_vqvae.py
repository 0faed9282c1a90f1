"""The VQ-VAE's variants are trained from the keys of a recipe."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from core.training.recipe import VideoGPTRecipe, load_recipe
from core.training.vqvae import VQVAEPhase

RECIPE = """
name = "variant"
frames = 4
size = 16

[[data]]
folder = "videos"

[vqvae.model]
hidden = 16
res_layers = 1
embedding_dim = 8
codebook_size = 16
stride = [2, 4, 4]
codebooks = {codebooks}
axial_attention = {attention}
[[vqvae.legs]]
steps = 20
size = 16
batch = 4
[vqvae.optimiser]
rate = 3e-3

[prior]
steps = 0
"""


@pytest.mark.parametrize("attention", ["true", "false"])
@pytest.mark.parametrize("codebooks", [1, 2])
def test_codebooks_and_axial_attention(tmp_path: Path, codebooks: int, attention: str) -> None:
    path = tmp_path / "variant.toml"
    path.write_text(RECIPE.format(codebooks=codebooks, attention=attention))
    recipe = load_recipe(path)
    assert isinstance(recipe, VideoGPTRecipe)
    phase = VQVAEPhase(recipe)
    frames = torch.randint(256, (4, 1, 1, 1, 3), dtype=torch.uint8).expand(4, 4, 16, 16, 3)

    losses = []
    for step in range(phase.steps):
        terms = phase.losses({"frames": frames}, step).terms["vqvae"]
        loss = torch.stack(list(terms.values())).sum()
        loss.backward()
        phase.learner.update(step)
        losses.append(float(loss.detach()))

    assert losses[-1] < 0.8 * losses[0]
    assert phase.learner.network.encode(torch.rand(1, 3, 4, 16, 16)).shape == (
        1,
        2,
        4,
        4 * codebooks,
    )
    has_attention = any("attention" in name for name, _ in phase.learner.network.named_parameters())
    assert has_attention == (attention == "true")
