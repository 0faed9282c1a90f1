"""Results of a model for a task: from clips to a condition, through the decoder, to pixels."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
import torch
from numpy.typing import NDArray

from core.bundle import ModelBundle
from core.cards import ModelCard
from core.clip import Frames
from core.conditioning import condition
from core.decoders import DECODERS, Decoder
from core.errors import UserError
from core.evaluation.footage import Shown
from core.evaluation.request import EvaluateRequest
from core.metrics.baselines import BASELINES, previous_frame
from core.metrics.causal_prior import kept_frames
from core.options import with_options
from core.pixels import to_frames, to_video
from core.sampling import SeededNoise
from core.tasks import TASKS, Task, fill_unknown, known_regions
from core.tokens import Condition

USUAL_DECODER = "commit"
Fill = Callable[[Frames, NDArray[np.bool_]], Frames]


@dataclass(frozen=True, eq=False)
class Asked:
    """A task on some clips.

    Attributes:
        known: bool (n, T, H, W): pixels that the model may see.
    """

    task: Task
    given: Condition
    known: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Made:
    """Results, uint8 (n, T, H, W, 3), and the seconds that tokens and pixels took."""

    clips: Frames
    tokens_s: float
    pixels_s: float


def decoder_name(request: EvaluateRequest, card: ModelCard) -> str:
    """The one that is asked for, else the usual one of the model; "" where there is none."""
    fitting = _fitting(card)
    usual = USUAL_DECODER if USUAL_DECODER in fitting else next(iter(fitting), "")
    return request.decoder or usual


def chosen_decoder(request: EvaluateRequest, card: ModelCard) -> Decoder | None:
    """None for a tokenizer alone.

    Raises:
        UserError: there is no such decoder or option, or it does not decode this transformer.
    """
    if card.transformer is None:
        return None
    name, fitting = decoder_name(request, card), _fitting(card)
    if name not in fitting:
        raise UserError(
            f"The decoder “{name}” does not make clips with “{card.title}” on its own. "
            f"Choose {' or '.join(fitting) or 'another model'}."
        )
    decoder: Decoder = with_options(DECODERS[name], request.options)
    return decoder


def _fitting(card: ModelCard) -> list[str]:
    """Decoders that make clips with the model from nothing."""
    return [
        name
        for name in DECODERS
        if card.family in DECODERS[name].transformers and not DECODERS[name].refines
    ]


def chosen_tasks(request: EvaluateRequest, card: ModelCard) -> tuple[str, ...]:
    """Raises UserError when a task is asked for that the model does not know."""
    known = card.tasks if card.transformer else ()
    for name in request.tasks:
        if name not in known:
            raise UserError(
                f"“{card.title}” does not know task {name}. It knows: {', '.join(known) or 'none'}."
            )
    return request.tasks or known


def asked(bundle: ModelBundle, name: str, shown: Shown, device: torch.device) -> Asked:
    """What is given of the clips."""
    task, card = TASKS[name], bundle.card
    kept = kept_frames(bundle) if task.continues else 0
    parts, known = [], []
    count = len(shown.frames)
    step = 1 if task.painted else count  # one region for all, or one each
    for begin in range(0, count, step):
        rows = slice(begin, begin + step)
        painted = shown.painted[begin] if task.painted else None
        frames, labels = shown.frames[rows], shown.labels[rows]
        given = condition(
            task,
            to_video(frames, device),
            bundle.tokenizer,
            painted=painted,
            labels=labels.tolist() if task.needs_label else None,
            classes=len(card.classes),
            kept=kept,
            context_frames=card.context_frames,
        )
        pixels, _ = known_regions(task, frames.shape[1:4], card.stride, painted, kept)
        parts.append(given)
        known.append(np.broadcast_to(pixels, frames.shape[:4]))
    return Asked(task, reduce(Condition.joined, parts), np.concatenate(known))


def made(bundle: ModelBundle, decoder: Decoder, given: Condition, seeds: Sequence[int]) -> Made:
    """One result for each clip of the condition."""
    begin = time.perf_counter()
    noise = SeededNoise(seeds, given.tokens.device)
    *_, last = decoder(bundle.transformer, given, noise)
    last.tokens.cpu()  # waits for the device
    decoded = time.perf_counter()
    clips = to_frames(bundle.tokenizer.decode(last.tokens))
    return Made(clips, decoded - begin, time.perf_counter() - decoded)


def fills(task: Task, frames: tuple[int, int, int]) -> dict[str, Fill]:
    """Ways to answer a task without a model; none where nothing is known.

    "fill" is what stands in the unknown pixels when the model reads the clip, shown as the answer;
    left out where it is one of the others.
    """
    known = task.region(frames)
    if not known.any():
        return {}
    own: dict[str, Fill] = {"fill": lambda clip, seen: fill_unknown(clip, seen, task.fill)}
    whole_frames = not task.painted and bool((known.all((1, 2)) == known.any((1, 2))).all())
    others: dict[str, Fill] = {"still": previous_frame} if whole_frames else dict(BASELINES)
    return others if task.fill == "edge" else own | others
