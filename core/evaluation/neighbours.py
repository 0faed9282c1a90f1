"""Are generated clips copies of training clips? The nearest training clip of each, and how near.

A clip is described by how its blocks look on average: 4 x 8 x 8 blocks of 3 colours. Real clips
that were held out say how near is usual: footage repeats itself, and two walks through one corridor
are alike. A model that remembers its training clips comes nearer to them than held-out clips do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from core.bundle import load_bundle
from core.clip import Frames
from core.device import best_device
from core.errors import UserError
from core.evaluation.footage import held_out, noise_seeds, shown
from core.evaluation.generating import asked, chosen_decoder, made
from core.evaluation.request import EvaluateRequest
from core.jobs.bundles import settle_numerics
from core.training.data import Footage, load_footage
from core.training.recipe import sources_of

TIMES, BLOCKS = 4, 8
EVERY = 2
"""Training clips begin at every so many frames."""
Described = NDArray[np.float32]


@dataclass(frozen=True)
class Neighbour:
    """The training clip that is nearest: its video, first frame and stride; in grey levels (root
    of the mean squared difference of blocks)."""

    video: int
    first: int
    stride: int
    distance: float


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Attributes:
    made, real: the neighbours of generated clips, and of held-out real ones.
    clips: the generated ones, uint8 (n, T, H, W, 3); nearest: their neighbours.
    names: of the training videos.
    seen: training clips that were looked at.
    """

    made: tuple[Neighbour, ...]
    real: tuple[Neighbour, ...]
    clips: Frames
    nearest: Frames
    names: tuple[str, ...]
    seen: int

    @property
    def figures(self) -> dict[str, float]:
        """Medians of both, and the share of generated clips that are nearer than all but one in
        twenty of the real ones; of clips drawn like the real ones it is 0.05."""
        made, real = (np.array([n.distance for n in found]) for found in (self.made, self.real))
        return {
            "made_median": float(np.median(made)),
            "real_median": float(np.median(real)),
            "made_least": float(made.min()),
            "real_least": float(real.min()),
            "near": float((made < np.quantile(real, 0.05)).mean()),
        }


def run(request: EvaluateRequest, training: Path, task: str) -> Iterator[int | Neighbours]:
    """The number of training videos that were looked at, and in the end what was found.

    Args:
        request: its data is the held-out footage.
        training: the footage that the model was trained on.

    Raises:
        UserError: something cannot be used.
    """
    device = best_device()
    settle_numerics(device)
    bundle = load_bundle(request.bundle, device)
    if bundle.card.transformer is None or task not in bundle.card.tasks:
        raise UserError(f"“{bundle.card.title}” does not know task {task}.")
    decoder = chosen_decoder(request, bundle.card)
    assert decoder is not None
    footage, made_clips, real_clips = held_out(request, bundle.card), [], []
    for numbers in request.chunks:
        clips = shown(request, bundle.card, footage, numbers)
        with torch.inference_mode():
            given = asked(bundle, task, clips, device).given
            made_clips.append(made(bundle, decoder, given, noise_seeds(request, numbers, 0)).clips)
        real_clips.append(clips.frames)
    generated = np.concatenate(made_clips)
    search = _Search(
        np.stack([described(clip) for clip in (*generated, *np.concatenate(real_clips))]),
        bundle.card.frames,
        request.strides,
    )
    known = load_footage(sources_of(training), Path(), split="train")
    for number in range(len(known)):
        search.look_at(number, known)
        yield number + 1
    found = tuple(search.neighbours)
    count, size = len(generated), bundle.card.height
    yield Neighbours(
        made=found[:count],
        real=found[count:],
        clips=generated,
        nearest=np.stack([_clip(known, one, bundle.card.frames, size) for one in found[:count]]),
        names=known.names,
        seen=search.seen,
    )


def described(clip: Frames) -> Described:
    """Block means of a clip uint8 (T, H, W, 3), T a multiple of 4: (4 · 8 · 8 · 3,)."""
    frames = np.stack([_small(frame, BLOCKS) for frame in clip])
    return frames.reshape(TIMES, -1, *frames.shape[1:]).mean(1).reshape(-1)


def _small(frame: NDArray[np.uint8], side: int) -> Described:
    return cv2.resize(frame, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32)


class _Search:
    """The nearest training clip so far of each of some described clips."""

    def __init__(self, wanted: Described, frames: int, strides: int) -> None:
        self._wanted, self._frames, self._strides = wanted, frames, strides
        self.neighbours = [Neighbour(-1, 0, 1, float("inf"))] * len(wanted)
        self.seen = 0

    def look_at(self, number: int, footage: Footage) -> None:
        """All clips of a video, from every `EVERY`-th frame, at every stride."""
        video = footage.videos[number]
        frames = np.stack([_small(_square(f), BLOCKS) for f in video.frames(range(len(video)))])
        for stride in range(1, self._strides + 1):
            starts = range(0, len(frames) - (self._frames - 1) * stride, EVERY)
            if not len(starts):
                continue
            picked = np.arange(self._frames).reshape(TIMES, -1) * stride
            clips = np.stack([frames[start + picked].mean(1).reshape(-1) for start in starts])
            self._compare(number, np.array(starts), stride, clips)
            self.seen += len(starts)

    def _compare(self, number: int, starts: NDArray, stride: int, clips: Described) -> None:
        squares = (clips**2).sum(1) + (self._wanted**2).sum(1)[:, None]
        distances = np.maximum(squares - 2 * self._wanted @ clips.T, 0)
        nearest = distances.argmin(1)
        for place, column in enumerate(nearest):
            distance = float(np.sqrt(distances[place, column] / clips.shape[1]))
            if distance < self.neighbours[place].distance:
                self.neighbours[place] = Neighbour(number, int(starts[column]), stride, distance)


def _clip(footage: Footage, place: Neighbour, frames: int, size: int) -> Frames:
    numbers = [place.first + k * place.stride for k in range(frames)]
    squares = (_square(frame) for frame in footage.videos[place.video].frames(numbers))
    return np.stack([cv2.resize(s, (size, size), interpolation=cv2.INTER_AREA) for s in squares])


def _square(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The middle of a frame."""
    height, width = frame.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return np.ascontiguousarray(frame[top : top + side, left : left + side])
