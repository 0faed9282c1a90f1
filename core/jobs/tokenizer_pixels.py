"""What the tokenizer alone shows: decode steps as pixels, and a clip there and back."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import numpy as np
import torch

from core.device import best_device
from core.jobs.bundles import bundle_in
from core.jobs.previews import begun
from core.media.reading import open_clip
from core.pixels import to_frames, to_video
from core.requests import Pixels, RoundTripRequest, StepsRequest


@torch.inference_mode()
def run_steps(request: StepsRequest) -> Generator[Pixels, None, None]:
    """The pixels of each step, uint8 (T, H, W, 3).

    Of a causal decode: frames that are not begun stand still as the last one that is.

    Raises:
        UserError: there is no such bundle.
    """
    device = best_device()
    bundle = bundle_in(Path(request.bundle), device)
    for number, (tokens, masked) in enumerate(zip(request.tokens, request.masked, strict=True)):
        grid = torch.from_numpy(tokens[None]).to(device, torch.int64)
        if bundle.card.causal and not masked.all():
            grid = begun(grid, torch.from_numpy(masked[None]).to(device))
        frames = to_frames(bundle.tokenizer.decode(grid.clamp(min=0)))[0]
        missing = len(tokens) * bundle.card.stride[0] - len(frames)
        yield Pixels(number, np.concatenate([frames, np.repeat(frames[-1:], missing, axis=0)]))


@torch.inference_mode()
def run_round_trip(request: RoundTripRequest) -> Generator[Pixels, None, None]:
    """The frames of the window, encoded and decoded, as many at a time as the model takes.

    A last part that is too short stands still while it is encoded. Frames past the clip's end are
    its last one.

    Raises:
        UserError: there is no such bundle, or the clip cannot be opened.
    """
    device = best_device()
    bundle = bundle_in(Path(request.bundle), device)
    window, at_once = request.window, bundle.card.frames
    with open_clip(request.clip, request.margins) as reader:
        wanted = window.sampled(len(reader))
        for first in range(0, window.frames, at_once):
            part = wanted[first : first + at_once]
            numbers = part + part[-1:] * (at_once - len(part))
            frames = np.stack([window.to_model(reader.frame(number)) for number in numbers])
            video = to_video(frames[None], device)
            back = bundle.tokenizer.decode(bundle.tokenizer.encode(video))
            yield Pixels(first, to_frames(back)[0, : len(part)])
