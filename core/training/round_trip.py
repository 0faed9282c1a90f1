"""Encoded and decoded again: how a tokenizer of either family is measured and shown in training."""

from __future__ import annotations

from torch import Tensor

from core.clip import Frames
from core.models.tokenizers import Tokenizer
from core.pixels import as_video, to_frames
from core.training.loading import Batch


def errors(tokenizer: Tokenizer, batch: Batch) -> dict[str, Tensor]:
    """The mean squared error of pixels in [0, 1], as "loss", and its "psnr"; scalars."""
    video = as_video(batch["frames"])
    again = tokenizer.decode(tokenizer.encode(video)).float().clamp(0, 1)
    error = (again - video).pow(2).mean()
    return {"loss": error, "psnr": decibels(error)}


def rows(tokenizer: Tokenizer, batch: Batch) -> list[Frames]:
    """A batch's clips, and what is left of them: uint8 (b, T, H, W, 3) each."""
    video = as_video(batch["frames"])
    return [to_frames(video), to_frames(tokenizer.decode(tokenizer.encode(video)))]


def decibels(error: Tensor) -> Tensor:
    """PSNR of a mean squared error of pixels in [0, 1]; 100 dB where there is none."""
    return -10 * error.clamp(min=1e-10).log10()
