"""The discriminators have the published sizes, and judge clips or frames."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from core.models import discriminators
from core.models.discriminators import Discriminator, DiscriminatorConfig

SMALL = DiscriminatorConfig(filters=4, multipliers=(2, 2), shape=(4, 8, 8))


@pytest.mark.parametrize(
    ("config", "total"),
    [
        (discriminators.MAGVIT_B, 15_339_457),
        (discriminators.MAGVIT_L, 61_341_569),
        (discriminators.MAGVIT_B_64, 11_734_465),
        (discriminators.MAGVIT_L_64, 46_922_625),
        (replace(discriminators.MAGVIT_B, per_frame=True), 5_972_545),
        (replace(discriminators.MAGVIT_L, per_frame=True), 23_880_833),
    ],
    ids=["B", "L", "B-64", "L-64", "2D-B", "2D-L"],
)
def test_discriminators_have_the_published_sizes(config: DiscriminatorConfig, total: int) -> None:
    with torch.device("meta"):
        assert sum(weight.numel() for weight in Discriminator(config).parameters()) == total


@pytest.mark.parametrize("shape", [(4, 8, 8), (1, 8, 12), (5, 7, 9)])
def test_one_logit_per_clip_whatever_the_size(shape: tuple[int, int, int]) -> None:
    model = Discriminator(replace(SMALL, shape=shape))

    assert model(torch.rand(2, 3, *shape)).shape == (2,)


def test_a_judge_of_frames_does_not_see_the_others() -> None:
    model = Discriminator(replace(SMALL, per_frame=True))
    video = torch.rand(2, 3, 4, 8, 8)
    changed = video.clone()
    changed[1, :, 2] = 0

    before, after = model(video).view(2, 4), model(changed).view(2, 4)

    assert before[0].allclose(after[0])
    assert (before[1] != after[1]).tolist() == [False, False, True, False]
