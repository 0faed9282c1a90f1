"""Frames outside, videos inside."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.pixels import fit_like_videogpt


def ramp(height: int, width: int, frames: int = 3) -> np.ndarray:
    """Brighter to the right, and from frame to frame."""
    row = np.linspace(0, 200, width)[None, None, :, None] + np.arange(frames)[:, None, None, None]
    return np.broadcast_to(row, (frames, height, width, 3)).astype(np.uint8)


@pytest.mark.parametrize("size", [(24, 40), (40, 24), (32, 32), (33, 33), (7, 200)])
def test_any_clip_becomes_a_square_of_the_resolution(size: tuple[int, int]) -> None:
    video = fit_like_videogpt(ramp(*size), 32, 2)

    assert (video.shape, video.dtype) == ((3, 2, 32, 32), torch.float32)
    assert video.min() >= 0
    assert video.max() <= 1


def test_a_clip_of_that_size_stays_as_it_is() -> None:
    clip = ramp(32, 32)

    video = fit_like_videogpt(clip, 32)

    assert (video * 255).round().byte().numpy().transpose(1, 2, 3, 0).tolist() == clip.tolist()


def test_the_middle_is_kept() -> None:
    video = fit_like_videogpt(ramp(32, 96), 32)

    assert video[0, 0, 16, 16] == pytest.approx(100 / 255, abs=0.01)


def test_a_size_that_rounding_makes_one_too_large_is_cut() -> None:
    assert fit_like_videogpt(ramp(25, 25), 224).shape == (3, 3, 224, 224)
