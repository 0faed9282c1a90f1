"""The border between clips and networks: uint8 frames outside, float videos in [0, 1] inside."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def to_video(frames: NDArray[np.uint8], device: torch.device | str = "cpu") -> Tensor:
    """uint8 (b, T, H, W, 3) → float32 (b, 3, T, H, W) in [0, 1], on the device."""
    return torch.from_numpy(frames).to(device).permute(0, 4, 1, 2, 3).float() / 255


def to_frames(video: Tensor) -> NDArray[np.uint8]:
    """Float (b, 3, T, H, W), about [0, 1] → uint8 (b, T, H, W, 3); what lies outside is cut."""
    levels = video.float().clamp(0, 1).mul(255).round().to(torch.uint8)
    return levels.permute(0, 2, 3, 4, 1).cpu().numpy()
