"""The tokenizer's losses and gradients against those of MAGVIT's authors, and their meaning."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from core.models.discriminators import Discriminator, DiscriminatorConfig
from core.models.quantizer import VectorQuantizer
from core.models.tokenizers.vqgan3d import VQGAN3D
from core.training.losses import (
    LogitAverages,
    discriminator_loss,
    entropy_loss,
    generator_loss,
    quantize,
    r1_penalty,
    reconstruction,
    token_loss,
)
from core.training.recipe import LossWeights
from tests.parity.folder import MagvitFolder


@pytest.fixture
def golden(shared: Path) -> Path:
    return shared / "golden/magvit"


@pytest.fixture
def tokenizer(golden: Path) -> VQGAN3D:
    return MagvitFolder(golden).tokenizer()


def test_same_losses_and_gradients_as_the_authors(golden: Path, tokenizer: VQGAN3D) -> None:
    expected = np.load(golden / "vq_train.npz")
    clip = np.load(golden / "vq_io.npz")["input_u8"][:1] / np.float32(255)
    video = torch.from_numpy(clip).permute(0, 4, 1, 2, 3)

    quantized = quantize(tokenizer.encoder(video), tokenizer.quantizer, LossWeights())
    decoded = tokenizer.decoder(quantized.features)
    terms = reconstruction(decoded, video, LossWeights()) | quantized.terms
    sum(terms.values(), torch.zeros(())).backward()

    names = {
        "l2": "recon_l2",
        "commitment": "e_latent_loss",
        "codebook": "q_latent_loss",
        "entropy": "entropy_loss",
    }
    for ours, theirs in names.items():
        assert float(terms[ours].detach()) == pytest.approx(float(expected[theirs]), rel=1e-4), ours
    norm = torch.stack([p.grad.norm() for p in tokenizer.parameters() if p.grad is not None]).norm()
    assert float(norm) == pytest.approx(float(expected["global_grad_norm"]), rel=1e-3)
    gradient = tokenizer.quantizer.codebook.grad
    assert gradient is not None
    np.testing.assert_allclose(gradient, expected["grad:quantizer/codebook"], atol=1e-4)


def test_entropy_is_lowest_when_sure_and_all_codes_are_used() -> None:
    sure = 10 * (1 - torch.eye(8))

    all_used = entropy_loss(sure, 0.01)
    one_used = entropy_loss(sure[:1].expand(8, 8), 0.01)
    unsure = entropy_loss(torch.zeros(8, 8), 0.01)

    assert float(all_used) == pytest.approx(-np.log(8), abs=1e-3)
    assert float(one_used) == pytest.approx(0, abs=1e-3)
    assert float(unsure) == pytest.approx(0, abs=1e-3)


def test_gradient_goes_straight_through_the_codes() -> None:
    torch.manual_seed(0)
    features = torch.randn(1, 4, 1, 2, 2, requires_grad=True)
    weights = LossWeights(commitment=0, codebook=0, entropy=0)

    quantized = quantize(features, VectorQuantizer(16, 4), weights)
    (quantized.features * 3).sum().backward()

    assert torch.equal(features.grad, torch.full_like(features, 3))


def test_tokens_of_weight_zero_do_not_count() -> None:
    logits = torch.zeros(1, 1, 1, 2, 4)
    logits[..., 1, 3] = 100  # the second token is wrong, and not asked for
    targets = torch.tensor([[[[0, 0]]]])
    weights = torch.tensor([[[[1.0, 0.0]]]])

    loss = token_loss(logits, targets, weights, smoothing=0)

    assert float(loss) == pytest.approx(np.log(4), abs=1e-5)


def test_chroma_is_what_grey_cannot_explain() -> None:
    target = torch.rand(1, 3, 2, 4, 4)
    weights = LossWeights(chroma=1.0)

    brighter = reconstruction(target + 0.25, target, weights)
    redder = reconstruction(target + torch.tensor([0.3, 0, 0]).view(1, 3, 1, 1, 1), target, weights)

    assert float(brighter["chroma"]) == pytest.approx(0, abs=1e-6)
    assert float(redder["chroma"]) == pytest.approx((0.2 + 0.1 + 0.1) / 3, abs=1e-6)


# ── adversarial ────────────────────────────────────────────────────────────────────────────────

SMALL = DiscriminatorConfig(filters=2, multipliers=(2, 2), shape=(4, 8, 8))


def test_generator_and_discriminator_want_the_opposite() -> None:
    real, fake = torch.tensor([1.5, -0.5]), torch.tensor([0.25, -2.0])

    judged, made = discriminator_loss(real, fake), generator_loss(fake)

    expected = [math.log1p(math.exp(-1.5)), math.log1p(math.exp(0.5))]
    assert float(judged["real"]) == pytest.approx(np.mean(expected))
    expected = [math.log1p(math.exp(0.25)), math.log1p(math.exp(-2))]
    assert float(judged["fake"]) == pytest.approx(np.mean(expected))
    expected = [math.log1p(math.exp(-0.25)), math.log1p(math.exp(2))]
    assert float(made) == pytest.approx(np.mean(expected))


def test_hinge_losses_stop_at_one() -> None:
    judged = discriminator_loss(torch.tensor([2.0, 0.5]), torch.tensor([-3.0, 1.0]), "hinge")

    assert {name: float(term) for name, term in judged.items()} == {"real": 0.25, "fake": 1.0}
    assert float(generator_loss(torch.tensor([-3.0, 1.0]), "hinge")) == 1.0


def test_r1_is_the_squared_slope_of_each_clip() -> None:
    slopes = torch.tensor([3.0, 4.0]).view(1, 2, 1, 1, 1)

    pixels = torch.rand(5, 2, 1, 2, 1, requires_grad=True)

    penalty = r1_penalty((pixels * slopes).flatten(1).sum(1), pixels)

    assert float(penalty) == pytest.approx(2 * (9 + 16))


def test_r1_teaches_the_discriminator_what_finite_differences_say() -> None:
    torch.manual_seed(0)
    model, video = Discriminator(SMALL).double(), torch.rand(2, 3, 4, 8, 8).double()
    weight, pixels = model.blocks[0].conv1.weight, video.requires_grad_()

    r1_penalty(model(pixels), pixels).backward()
    step = 1e-6 * torch.randn_like(weight)
    before = r1_penalty(model(pixels), pixels).item()
    with torch.no_grad():
        weight += step
    change = r1_penalty(model(pixels), pixels).item() - before

    assert weight.grad is not None
    assert float((weight.grad * step).sum()) == pytest.approx(change, rel=1e-3)


def test_lecam_pulls_logits_towards_the_averages_of_the_others() -> None:
    averages = LogitAverages(real=torch.tensor(1.0), fake=torch.tensor(-1.0))

    penalty = averages.penalty(torch.tensor([0.0, 1.0]), torch.tensor([-2.0, -1.0]))
    inside = averages.penalty(torch.tensor([-2.0]), torch.tensor([2.0]))

    assert float(penalty) == pytest.approx((0.5 + 1) ** 2 + (1 + 1.5) ** 2)
    assert float(inside) == 0


def test_averages_of_logits_begin_at_zero_and_follow() -> None:
    averages = LogitAverages.zero().followed(torch.tensor([1.0, 3.0]), torch.tensor([-4.0]))

    assert float(averages.real) == pytest.approx(0.001 * 2)
    assert float(averages.fake) == pytest.approx(0.001 * -4)
    assert LogitAverages.from_state(averages.state()).fake == averages.fake
