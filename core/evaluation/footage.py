"""The clips that an evaluation shows to a model: clip i of a seed is always the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.cards import ModelCard
from core.clip import Frames
from core.errors import UserError
from core.evaluation.request import EvaluateRequest
from core.training.data import Cut, Footage, load_footage
from core.training.painting import random_region
from core.training.recipe import sources_of

CLIP, WINDOW, REGION, GUESS, NOISE = range(5)
"""Streams of chance."""


@dataclass(frozen=True, eq=False)
class Shown:
    """Some clips.

    Attributes:
        numbers: theirs, in the evaluation.
        frames: uint8 (n, T, H, W, 3); windows: further real clips, uint8 (m, T, H, W, 3).
        labels: int64 (n,); the number of classes where a class is unknown.
        painted: bool (n, T, H, W): a random region each, for painting.
    """

    numbers: range
    frames: Frames
    windows: Frames
    labels: NDArray[np.int64]
    painted: NDArray[np.bool_]


def chance(request: EvaluateRequest, stream: int, *numbers: int) -> np.random.Generator:
    return np.random.default_rng((request.seed, stream, *numbers))


def held_out(request: EvaluateRequest, card: ModelCard) -> Footage:
    """The footage; nothing is decoded yet.

    Raises:
        UserError: it cannot be used, or the model does not make squares.
    """
    if card.height != card.width:
        raise UserError(
            f"“{card.title}” makes clips of {card.width}x{card.height} pixels; only square ones "
            "can be measured."
        )
    data = request.data
    folder = data.parent if data.is_file() else Path()
    return load_footage(sources_of(data), folder, card.classes, split="val")


def shown(request: EvaluateRequest, card: ModelCard, footage: Footage, numbers: range) -> Shown:
    """The clips of these numbers, and what belongs to them."""
    cut = Cut(card.frames, card.height, request.strides, request.zoom)
    drawn = [footage.draw(chance(request, CLIP, number), cut) for number in numbers]
    further = [
        footage.draw(chance(request, WINDOW, number, window), cut).frames
        for number in numbers
        for window in range(request.windows)
    ]
    grid = (card.frames, card.height, card.width)
    return Shown(
        numbers,
        np.stack([clip.frames for clip in drawn]),
        np.stack(further) if further else np.empty((0, *grid, 3), np.uint8),
        np.array([clip.label for clip in drawn]),
        np.stack([random_region(chance(request, REGION, number), grid) for number in numbers]),
    )


def noise_seeds(request: EvaluateRequest, numbers: Sequence[int], sample: int) -> list[int]:
    """One seed per clip, for its sample of that number."""
    return [int(chance(request, NOISE, number, sample).integers(2**31)) for number in numbers]
