"""The next lower setting of a generation that does not fit, or that ran out of memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from core.cards import ModelCard
from core.options import Value
from core.requests import GenerationRequest

Fits = Callable[[GenerationRequest], bool]


@dataclass(frozen=True)
class Lower:
    """Attributes:
    request: with one setting lower.
    words: what is lower, for a button: "4 variations instead of 8".
    """

    request: GenerationRequest
    words: str


def lower(
    request: GenerationRequest, card: ModelCard, usual: Mapping[str, Value], fits: Fits
) -> Lower | None:
    """The first lower setting that fits; the last where none does; None where nothing is lower.

    Args:
        usual: options of its decoder with their defaults.
        fits: whether there is room for a request, as far as anybody knows.
    """
    steps = list(_steps(request, card, usual))
    return next((step for step in steps if fits(step.request)), steps[-1] if steps else None)


def _steps(
    request: GenerationRequest, card: ModelCard, usual: Mapping[str, Value]
) -> Iterator[Lower]:
    """Fewer variations, no guidance, one window; each beside what was lowered before."""
    start = replace(request, resume=None)
    count = start.count
    while count > 1:
        count //= 2
        start = replace(start, count=count)
        words = f"{count} variations" if count > 1 else "One variation"
        yield Lower(start, f"{words} instead of {request.count}")
    if {**usual, **start.options}.get("guidance"):
        start = replace(start, options={**start.options, "guidance": 0.0})
        yield Lower(start, "Without guidance")
    if start.length > card.frames:
        start = replace(start, length=0, overlap=0)
        yield Lower(start, f"{card.frames} frames instead of {request.length}")
