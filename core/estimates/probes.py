"""Short generations by which a device is measured."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from core.cards import ModelCard
from core.media.reading import open_clip
from core.requests import GenerationRequest
from core.tasks import TASKS, nothing
from core.window import whole

COUNTS, STEPS = (1, 4), (4, 12)
"""Variations, and passes of a masked model: a line through two points of each."""


def task_of(card: ModelCard) -> str:
    """The task to measure a model with; "" where it knows none that needs nothing painted.

    One that reads a clip, where there is any: reading takes its time, too; and of a clip that a
    causal model continues the end alone need be decided, where the whole may take minutes.
    """
    known = [name for name in card.tasks if name in TASKS and not TASKS[name].painted]
    return min(known, key=lambda name: TASKS[name].region is nothing, default="")


def plain(bundle: Path, card: ModelCard) -> GenerationRequest | None:
    """A whole clip with the usual settings; None where a model cannot be measured."""
    task = TASKS.get(task_of(card))
    if task is None:
        return None
    return GenerationRequest(
        bundle=str(bundle),
        task=task.name,
        clip=None,
        window=whole((card.width, card.height), (card.frames, card.height, card.width)),
        label=card.classes[0] if task.needs_label and card.classes else None,
        decoder="autoregressive" if card.causal else "commit",
    )


def probes(bundle: Path, card: ModelCard, clip: Path) -> list[GenerationRequest]:
    """What to run to measure a model; the first of them warms up. [] where it cannot be measured.

    Args:
        clip: for a task that needs one.
    """
    request = plain(bundle, card)
    if request is None:
        return []
    if TASKS[request.task].region is not nothing:
        with open_clip(clip) as reader:
            window = whole(reader.size, request.window.grid)
        request = replace(request, clip=str(clip), window=window)
    if TASKS[request.task].continues:
        request = replace(request, kept=card.frames - card.stride[0])
    if card.causal:
        return [replace(request, count=count) for count in (1, *COUNTS)]
    settings = [(STEPS[0], 1), *((steps, count) for steps in STEPS for count in COUNTS)]
    return [replace(request, count=count, options={"steps": steps}) for steps, count in settings]
