"""How much clips move, against others: frozen is 0, twice as fast is about 2."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from core.metrics.motion import Motion


def drifting(step: float, count: int = 3, side: int = 64, frames: int = 6) -> np.ndarray:
    """Clips of a smooth texture that moves sideways by so many pixels a frame."""
    clips = []
    for seed in range(count):
        noise = np.random.default_rng(seed).integers(0, 256, (side, 2 * side), np.uint8)
        texture = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 2), None, 0, 255, cv2.NORM_MINMAX)
        shift = [np.float32([[1, 0, -step * k], [0, 1, 0]]) for k in range(frames)]
        moved = [cv2.warpAffine(texture, m, (2 * side, side))[:, :side] for m in shift]
        clips.append(np.stack(moved)[..., None].repeat(3, -1))
    return np.stack(clips)


def summary(step: float) -> object:
    return Motion.summary(Motion().features(drifting(step)))


def test_flow_is_in_pixels_of_the_clip() -> None:
    assert Motion().features(drifting(2.0)).mean() == pytest.approx(2.0, rel=0.2)


def test_ratio_to_real_clips() -> None:
    assert Motion.value(summary(1.5), summary(1.5)) == 1
    assert Motion.value(summary(3.0), summary(1.5)) == pytest.approx(2, rel=0.2)
    assert Motion.value(summary(0), summary(1.5)) < 0.05


def test_parts_add_up() -> None:
    features = Motion().features(drifting(2.0, 4))

    assert Motion.summary(features[:1]) + Motion.summary(features[1:]) == Motion.summary(features)


def test_clips_that_stand_still_cannot_be_compared_with() -> None:
    still = Motion.summary(np.zeros((3, 1), np.float32))

    assert np.isnan(Motion.value(summary(1.0), still))
