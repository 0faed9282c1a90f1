"""The border between clips and networks: uint8 frames outside, float videos in [0, 1] inside."""

from __future__ import annotations

from math import ceil

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

MIDDLE_GREY = 0.5
"""VideoGPT's networks compute with pixels around 0, from which this is taken away."""


def to_video(frames: NDArray[np.uint8], device: torch.device | str = "cpu") -> Tensor:
    """uint8 (b, T, H, W, 3) → float32 (b, 3, T, H, W) in [0, 1], on the device."""
    return as_video(torch.from_numpy(frames).to(device))


def as_video(frames: Tensor) -> Tensor:
    """uint8 (b, T, H, W, 3) → float32 (b, 3, T, H, W) in [0, 1], where the frames are."""
    return frames.permute(0, 4, 1, 2, 3).float() / 255


def to_frames(video: Tensor) -> NDArray[np.uint8]:
    """Float (b, 3, T, H, W), about [0, 1] → uint8 (b, T, H, W, 3); what lies outside is cut."""
    levels = video.float().clamp(0, 1).mul(255).round().to(torch.uint8)
    return levels.permute(0, 2, 3, 4, 1).cpu().numpy()


def fit_like_videogpt(
    frames: NDArray[np.uint8], resolution: int, count: int | None = None
) -> Tensor:
    """A clip as VideoGPT's authors feed it to their networks, but in [0, 1].

    The first frames; the shorter side scaled to the resolution, without averaging where it
    shrinks; the middle square of that.

    Args:
        frames: uint8 (n, H, W, 3).
        count: number of frames that are kept; None keeps all.

    Returns:
        float32 (3, count, resolution, resolution).
    """
    video = to_video(frames[None, :count])[0].movedim(1, 0)
    height, width = video.shape[2:]
    scale = resolution / min(height, width)
    size = (
        (resolution, ceil(width * scale)) if height < width else (ceil(height * scale), resolution)
    )
    video = F.interpolate(video, size, mode="bilinear", align_corners=False)
    top, left = ((side - resolution) // 2 for side in size)
    return video[:, :, top : top + resolution, left : left + resolution].movedim(1, 0)
