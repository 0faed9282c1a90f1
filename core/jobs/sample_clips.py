"""The samples job: what a bundle makes of a clip, as a small file per task in its own folder.

Each file shows what the model was given beside what it made of that, at twice the model's size.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core.cards import SAMPLES_FOLDER, ModelCard
from core.errors import UserError
from core.jobs import generate
from core.mask_shapes import ellipse
from core.masks import MaskTrack
from core.media.format_options import CodedOptions
from core.media.reading import open_clip
from core.media.writing import write_clip
from core.provenance import provenance
from core.requests import GenerationFinished, GenerationRequest
from core.tasks import TASKS, Known, known_regions, nothing
from core.window import Window, whole

Picture = NDArray[np.uint8]

SHOWN = ("paint", "FP", "FI", "OPV", "CG", "continue", "generate")
"""Tasks of which there is a sample, of those that the model knows."""
SCALE, GAP_PX = 2, 4
UNKNOWN = 40
"""Grey of what the model was not given."""
QUALITY = 60


def run(bundle: Path, clip: Path, seed: int = 0) -> Generator[Path, None, None]:
    """Writes the files, replacing older ones; yields each path when it is there.

    Raises:
        UserError: the bundle generates nothing, or the clip cannot be opened.
    """
    card = ModelCard.read(bundle)
    tasks = [name for name in SHOWN if name in card.tasks]
    if not tasks:
        raise UserError(f"“{card.title}” knows no task of which a sample could be made.")
    folder = bundle / SAMPLES_FOLDER
    folder.mkdir(exist_ok=True)
    for name in tasks:
        request = _request(bundle, card, name, clip, seed)
        path = folder / f"{name}.mp4"
        for _ in write_clip(
            _pictures(request, card),
            path,
            writer="mp4",
            rate=Fraction(card.rate).limit_denominator(1000),
            options=CodedOptions(QUALITY),
            tag=provenance(request).to_tag(),
        ):
            continue
        yield path


def _request(bundle: Path, card: ModelCard, name: str, clip: Path, seed: int) -> GenerationRequest:
    task, grid = TASKS[name], (card.frames, card.height, card.width)
    with open_clip(clip) as reader:
        window = whole(reader.size, grid)
        painted = _oval(window, reader.size) if task.painted else None
    half = max(card.frames // 2 // card.stride[0], 1) * card.stride[0]
    labels = [label for label in card.classes if label in clip.stem] or list(card.classes)
    return GenerationRequest(
        bundle=str(bundle),
        task=name,
        clip=None if task.region is nothing else str(clip),
        window=window,
        painted=painted,
        label=labels[0] if task.needs_label and labels else None,
        decoder="autoregressive" if card.causal else "commit",
        seed=seed,
        kept=(card.context_frames or half) if task.continues else 0,
    )


def _oval(window: Window, size: tuple[int, int]) -> MaskTrack:
    """The middle of the window, on every frame."""
    left, top = window.left + window.width // 3, window.top + window.height // 4
    mask = ellipse(size, (left, top), (left + window.width // 3, top + window.height // 2))
    return MaskTrack(*size).painted(0, mask)


def _pictures(request: GenerationRequest, card: ModelCard) -> Generator[Picture, None, None]:
    with closing(generate.run(request, watched=False)) as updates:
        finished = next(update for update in updates if isinstance(update, GenerationFinished))
    if request.clip is None:
        yield from map(_enlarged, finished.clips[0])
        return
    frames, known = _given(request, card)
    for frame, seen, made in zip(frames, known[..., None], finished.clips[0], strict=True):
        gap = np.full((len(frame), GAP_PX, 3), UNKNOWN, np.uint8)
        sides = np.where(seen, frame, np.uint8(UNKNOWN)), gap, np.where(seen, frame, made)
        yield _enlarged(np.hstack(sides))


def _given(request: GenerationRequest, card: ModelCard) -> tuple[Picture, Known]:
    """The window's frames, uint8 (T, H, W, 3), and what the model sees of them, bool (T, H, W)."""
    window, task = request.window, TASKS[request.task]
    with open_clip(request.clip or "") as reader:
        frames = [window.to_model(reader.frame(n)) for n in window.sampled(len(reader))]
    painted = None
    if request.painted is not None:
        mask = window.mask_to_model(request.painted.at(window.first))
        painted = np.broadcast_to(mask, window.grid)
    known, _ = known_regions(task, window.grid, card.stride, painted, request.kept)
    return np.stack(frames), known


def _enlarged(picture: Picture) -> Picture:
    enlarged: Picture = cv2.resize(picture, None, fx=SCALE, fy=SCALE, interpolation=cv2.INTER_CUBIC)
    return enlarged
