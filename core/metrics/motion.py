"""How much generated clips move, against real ones: 1 is as much, 0 is frozen, more boils.

The length of dense optical flow (OpenCV's DIS) between neighbouring frames, in pixels, as a mean
over all places and frames of a clip; the figure is the ratio of the means over two sets.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import ClassVar

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from core.clip import Frames
from core.metrics.files import NetworkFiles

SIDE = 128
"""Frames are enlarged to this side: the flow of small pictures is found too coarsely."""


@dataclass(frozen=True)
class Sum:
    """Of the lengths of flow of some clips."""

    count: int
    total: float

    def __add__(self, other: Sum) -> Sum:
        return Sum(self.count + other.count, self.total + other.total)


class Motion:
    """See the module's docstring."""

    name: ClassVar[str] = "motion"
    label: ClassVar[str] = "Motion (1 = as real)"
    digits: ClassVar[int] = 2
    rises: ClassVar[bool | None] = None
    compares: ClassVar[bool] = True
    needs: ClassVar[str] = ""

    @staticmethod
    def networks(files: NetworkFiles) -> tuple[Path, ...]:  # noqa: ARG004 - it needs none
        return ()

    @classmethod
    def open(cls, files: NetworkFiles, device: torch.device) -> Motion:  # noqa: ARG003
        return cls()

    def features(self, clips: Frames) -> NDArray[np.float32]:
        """(n, 1): mean flow of each clip, in pixels of its own size; 0 of a single frame."""
        return np.array([[_mean_flow(clip)] for clip in clips], np.float32)

    @staticmethod
    def summary(features: NDArray[np.float32]) -> Sum:
        return Sum(len(features), float(features.sum(dtype=np.float64)))

    @staticmethod
    def value(generated: Sum, real: Sum) -> float:
        """NaN where the real clips stand still."""
        if not real.total:
            return float("nan")
        return (generated.total / generated.count) / (real.total / real.count)


def _mean_flow(clip: NDArray[np.uint8]) -> float:
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    side = max(clip.shape[1:3])
    factor = max(1.0, SIDE / side)
    greys = [
        cv2.resize(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), None, fx=factor, fy=factor)
        for frame in clip
    ]
    lengths = [
        np.linalg.norm(flow.calc(before, after, None), axis=-1).mean() / factor
        for before, after in pairwise(greys)
    ]
    return float(np.mean(lengths)) if lengths else 0.0
