"""What a generation asks of a device, counted: encoded windows, passes, samples, pixels."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import prod

from core.cards import ModelCard
from core.jobs.windows import Windows, overlaps
from core.options import Value
from core.requests import GenerationRequest

MASKED, CAUSAL, GUESSING = "masked", "causal", "causal, guessing ahead"
"""Kinds of decoding: within one, a pass costs the same."""
READING = 0.15
"""What a known token costs beside one that is drawn: 32 of them go through at once."""


@dataclass(frozen=True)
class Work:
    """Attributes:
    networks: tells apart networks of other sizes; weights do not matter.
    kind: of decoding.
    windows: that are decoded one after the other.
    passes: through the transformer, of all windows.
    rows: samples that a pass takes at once: variations, twice as many with guidance.
    count: variations, whose pixels are made in each window.
    """

    networks: str
    kind: str
    windows: int
    passes: int
    rows: int
    count: int

    @property
    def causal(self) -> bool:
        return self.kind != MASKED


def work(request: GenerationRequest, card: ModelCard, usual: Mapping[str, Value]) -> Work:
    """What a request asks, run from its beginning.

    Args:
        usual: options of its decoder with their defaults, where the request names none.
    """
    options = {**usual, **request.options}
    windows = _windows(request, card)
    guided = bool(options.get("guidance"))
    if card.causal:
        kind = GUESSING if options.get("speculative") else CAUSAL
        passes = _token_passes(request, card, windows)
    else:
        kind, passes = MASKED, int(options.get("steps", 1)) * len(windows)
    return Work(
        networks(card), kind, len(windows), passes, request.count * (1 + guided), request.count
    )


def networks(card: ModelCard) -> str:
    """The same for models whose networks have the same sizes, however they were trained."""
    parts = card.tokenizer, card.transformer
    sizes = [*(part and asdict(part) for part in parts), card.frames, card.height, card.width]
    text = json.dumps(sizes, sort_keys=True, default=list)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def tokens(card: ModelCard) -> int:
    """Of one window."""
    clip = (card.frames, card.height, card.width)
    return prod(size // step for size, step in zip(clip, card.stride, strict=True))


def _windows(request: GenerationRequest, card: ModelCard) -> Windows:
    able = overlaps(card.frames, card.stride[0], card.context_frames, causal=card.causal)
    length = max(request.length or card.frames, card.frames)
    if not able.possible:
        return Windows(card.frames, 0, card.frames)
    return Windows(card.frames, able.nearest(request.overlap), length)


def _token_passes(request: GenerationRequest, card: ModelCard, windows: Windows) -> int:
    """A pass for each token that is drawn, and what reading the known ones before them costs."""
    a_frame = tokens(card) * card.stride[0] // card.frames
    known = request.kept // card.stride[0] * a_frame
    known += (len(windows) - 1) * (windows.overlap // card.stride[0]) * a_frame
    return len(windows) * tokens(card) - known + round(known * READING)
