"""PSNR and SSIM as MAGVIT's evaluation computes them, and both inside a region alone.

SSIM: Wang et al. 2004, on luma, 11x11 Gaussian of sigma 1.5, windows that lie wholly inside.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar, Self

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from core.clip import Frames
from core.metrics.files import NetworkFiles
from core.metrics.metric import Known

Video = NDArray[np.floating]
Exact = NDArray[np.float64]

LUMA = np.array([0.2125, 0.7154, 0.0721])
WINDOW, SIGMA = 11, 1.5
K1, K2 = 0.01, 0.03
_SMALLEST_ERROR = 1e-10  # 100 dB, for equal pictures


def psnr(video: Video, target: Video) -> float:
    """Mean over the frames, in dB. Both (T, H, W, 3) in [0, 1]."""
    error = np.square(_exact(video) - _exact(target)).mean(axis=(1, 2, 3))
    return float(_decibels(error).mean())


def ssim(video: Video, target: Video) -> float:
    """Mean over the frames. Both (T, H, W, 3) in [0, 1], at least 11 pixels a side."""
    return float(np.mean([_ssim_map(a, b).mean() for a, b in _luma_pairs(video, target)]))


def psnr_inside(video: Video, target: Video, region: NDArray[np.bool_]) -> float:
    """PSNR over all pixels of `region` (T, H, W) together, in dB: not a mean over the frames,
    because a frame may hold very few pixels of a region."""
    error = np.square(_exact(video) - _exact(target))[region].mean()
    return float(_decibels(error))


def ssim_inside(video: Video, target: Video, region: NDArray[np.bool_]) -> float:
    """Mean SSIM over the windows whose centre lies in `region` (T, H, W); NaN where none does."""
    edge = WINDOW // 2
    centres = region[:, edge:-edge, edge:-edge]
    maps = np.stack([_ssim_map(a, b) for a, b in _luma_pairs(video, target)])
    return float(maps[centres].mean()) if centres.any() else float("nan")


class _OfPixels:
    """What both metrics share: no network, and a value of each result and region."""

    rises: ClassVar[bool | None] = True
    needs: ClassVar[str] = ""

    @staticmethod
    def networks(files: NetworkFiles) -> tuple[Path, ...]:  # noqa: ARG004
        return ()

    @classmethod
    def open(cls, files: NetworkFiles, device: torch.device) -> Self:  # noqa: ARG003
        return cls()

    def __call__(
        self, results: Frames, target: Frames, regions: Sequence[Known | None] = (None,)
    ) -> Exact:
        pairs = [(result / 255, target / 255) for result in results]
        return np.array([[self._value(*pair, place) for place in regions] for pair in pairs])

    def _value(self, video: Video, target: Video, region: Known | None) -> float:
        raise NotImplementedError


class Psnr(_OfPixels):
    """Of each result: `psnr`, or `psnr_inside` of a region."""

    name: ClassVar[str] = "psnr"
    label: ClassVar[str] = "PSNR"
    digits: ClassVar[int] = 2

    def _value(self, video: Video, target: Video, region: Known | None) -> float:
        return psnr(video, target) if region is None else psnr_inside(video, target, region)


class Ssim(_OfPixels):
    """Of each result: `ssim`, or `ssim_inside` of a region."""

    name: ClassVar[str] = "ssim"
    label: ClassVar[str] = "SSIM"
    digits: ClassVar[int] = 3

    def _value(self, video: Video, target: Video, region: Known | None) -> float:
        return ssim(video, target) if region is None else ssim_inside(video, target, region)


def _exact(video: Video) -> Exact:
    return np.asarray(video, np.float64)


def _decibels(error: Exact) -> Exact:
    return -10 * np.log10(np.maximum(error, _SMALLEST_ERROR))


def _luma_pairs(video: Video, target: Video) -> Iterator[tuple[Exact, Exact]]:
    return zip(_exact(video) @ LUMA, _exact(target) @ LUMA, strict=True)


def _ssim_map(a: Exact, b: Exact) -> Exact:
    """SSIM of every window wholly inside: (H - 10, W - 10)."""
    mean_a, mean_b = _blur(a), _blur(b)
    variance_a, variance_b = _blur(a * a) - mean_a**2, _blur(b * b) - mean_b**2
    covariance = _blur(a * b) - mean_a * mean_b
    c1, c2 = K1**2, K2**2
    luminance = (2 * mean_a * mean_b + c1) / (mean_a**2 + mean_b**2 + c1)
    return luminance * (2 * covariance + c2) / (variance_a + variance_b + c2)


def _blur(picture: Exact) -> Exact:
    edge = WINDOW // 2
    kernel = cv2.getGaussianKernel(WINDOW, SIGMA, cv2.CV_64F)
    return cv2.sepFilter2D(picture, cv2.CV_64F, kernel, kernel)[edge:-edge, edge:-edge]
