"""Resizing exactly as the networks of published scores expect it. Pictures are (n, c, H, W)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def tf1_bilinear(pictures: Tensor, height: int, width: int) -> Tensor:
    """As TensorFlow 1 does without options: output i lies at i · in / out, no half pixels."""
    return _along(_along(pictures, 2, height), 3, width)


def aligned_bilinear(pictures: Tensor, height: int, width: int) -> Tensor:
    """The corner pixels of both grids lie on each other."""
    return F.interpolate(pictures, (height, width), mode="bilinear", align_corners=True)


def _along(pictures: Tensor, axis: int, size: int) -> Tensor:
    length = pictures.shape[axis]
    place = torch.arange(size, device=pictures.device, dtype=torch.float32) * (length / size)
    before = place.floor().long()
    after = (before + 1).clamp(max=length - 1)
    share = (place - before).view([-1 if d == axis else 1 for d in range(4)])
    first, second = (pictures.index_select(axis, index) for index in (before, after))
    return first + (second - first) * share
