"""Short generations by which a device is measured."""

from __future__ import annotations

from pathlib import Path

from core.cards import ModelCard
from core.media.reading import open_clip
from core.requests import GenerationRequest
from core.tasks import TASKS, nothing
from core.window import whole

COUNTS, STEPS = (1, 4), (4, 12)
"""Variations, and passes of a masked model: a line through two points of each."""
FREE = ("CG", "generate")
"""Tasks that need no clip."""


def probes(bundle: Path, card: ModelCard, clip: Path) -> list[GenerationRequest]:
    """What to run to measure a model; the first of them warms up. [] for one that generates
    nothing.

    Args:
        clip: for tasks that need one.
    """
    if card.causal:
        return _causal(bundle, card, clip)
    name = next((name for name in card.tasks if _simple(name)), "")
    if not name:
        return []
    return [
        _request(bundle, card, name, clip, count, steps)
        for steps, count in ((STEPS[0], 1), *((s, c) for s in STEPS for c in COUNTS))
    ]


def _causal(bundle: Path, card: ModelCard, clip: Path) -> list[GenerationRequest]:
    """Only the last token frame is decided where that can be had: the whole may take minutes."""
    wanted = ("continue", "continue-class", *FREE)
    name = next((name for name in wanted if name in card.tasks), "")
    if not name:
        return []
    return [_request(bundle, card, name, clip, count) for count in (1, *COUNTS)]


def _simple(name: str) -> bool:
    return name in TASKS and not TASKS[name].painted and not TASKS[name].continues


def _request(
    bundle: Path, card: ModelCard, name: str, clip: Path, count: int, steps: int = 0
) -> GenerationRequest:
    task, grid = TASKS[name], (card.frames, card.height, card.width)
    free = task.region is nothing
    size = (card.width, card.height)
    if not free:
        with open_clip(clip) as reader:
            size = reader.size
    return GenerationRequest(
        bundle=str(bundle),
        task=name,
        clip=None if free else str(clip),
        window=whole(size, grid),
        label=card.classes[0] if task.needs_label and card.classes else None,
        decoder="autoregressive" if card.causal else "commit",
        options={} if card.causal else {"steps": steps},
        count=count,
        kept=card.frames - card.stride[0] if task.continues else 0,
    )
