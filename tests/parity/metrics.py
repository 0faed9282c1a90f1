"""PSNR, SSIM and the resizing before I3D and C3D against the golden vectors."""

from __future__ import annotations

import torch
from numpy.typing import NDArray
from torch import Tensor

from core.metrics.psnr_ssim import psnr, ssim
from core.metrics.resizing import aligned_bilinear, tf1_bilinear
from tests.parity.folder import Arrays, MagvitFolder
from tests.parity.report import Report


def check_metrics(_: MagvitFolder, arrays: Arrays, report: Report) -> None:
    pairs = list(zip(arrays["a_u8"] / 255, arrays["b_u8"] / 255, strict=True))
    report.close("metrics psnr", [psnr(*pair) for pair in pairs], arrays["psnr"], 1e-4)
    report.close("metrics ssim", [ssim(*pair) for pair in pairs], arrays["ssim"], 1e-5)
    for key, source, resized in (
        ("tf1_bilinear_224", arrays["tf1_bilinear_in_u8"], tf1_bilinear),
        (
            "c3d_aligned_112",
            arrays["a_u8"][:1, : arrays["c3d_aligned_112"].shape[1]],
            aligned_bilinear,
        ),
    ):
        height, width = arrays[key].shape[2:4]
        ours = resized(_pictures(source), height, width).permute(0, 2, 3, 1)
        report.close(f"metrics {key}", ours.view(arrays[key].shape), arrays[key], 1e-5)


def _pictures(frames: NDArray) -> Tensor:
    """uint8 (n, T, H, W, 3) → float32 (n · T, 3, H, W) in [0, 1]."""
    return torch.from_numpy(frames).flatten(0, 1).permute(0, 3, 1, 2).float() / 255
