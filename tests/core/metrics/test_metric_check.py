"""The Frechet video distance sees what is wrong with real footage."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from core.metrics.files import NetworkFiles
from core.metrics.frechet_squeezenet import FrechetSqueezeNet
from tests.metric_check import distances, halves, problems


@pytest.mark.slow
def test_it_grows_with_blur_shuffling_and_noise(shared: Path) -> None:
    metric = FrechetSqueezeNet.open(NetworkFiles(shared / "metrics"), torch.device("cpu"))
    assert metric is not None
    other, half = halves(shared / "train128" / "val", clips=12, size=48)

    *_, (_, found) = distances(metric, other, half)

    assert problems(found) == []
    assert found["as it is", 0.0][1] == pytest.approx(0, abs=1e-3)
