"""PSNR and SSIM against the authors' evaluation, and inside a region."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.metrics.psnr_ssim import psnr, psnr_inside, ssim, ssim_inside


def test_same_figures_as_the_authors(shared: Path) -> None:
    golden = np.load(shared / "golden/magvit/metrics.npz")
    videos, targets = golden["a_u8"] / 255, golden["b_u8"] / 255

    for video, target, decibels, similarity in zip(
        videos, targets, golden["psnr"], golden["ssim"], strict=True
    ):
        assert psnr(video, target) == pytest.approx(decibels, abs=1e-4)
        assert ssim(video, target) == pytest.approx(similarity, abs=1e-5)


def test_inside_a_region_the_rest_does_not_count() -> None:
    target = np.random.default_rng(0).random((2, 32, 32, 3))
    region = np.zeros((2, 32, 32), bool)
    region[:, 13:19, 13:19] = True
    video = np.where(region[..., None], target, 0)

    assert psnr_inside(video, target, region) == pytest.approx(100)
    assert psnr_inside(video, target, ~region) < 10


def test_whole_region_is_the_plain_figure() -> None:
    video, target = np.random.default_rng(1).random((2, 1, 20, 24, 3))
    region = np.ones((1, 20, 24), bool)

    assert psnr_inside(video, target, region) == pytest.approx(psnr(video, target))
    assert ssim_inside(video, target, region) == pytest.approx(ssim(video, target))


def test_a_region_at_the_very_edge_has_no_window() -> None:
    video = np.zeros((1, 20, 20, 3))
    region = np.zeros((1, 20, 20), bool)
    region[:, :2] = True

    assert np.isnan(ssim_inside(video, video, region))
