"""An engine that remembers what it was asked and replays updates."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

import numpy as np

from core.cards import ModelCard, Network
from core.options import option, schema
from core.requests import (
    BundleEntry,
    Capabilities,
    CapabilitiesRequest,
    DecoderEntry,
    GenerationFinished,
    GenerationRequest,
    GenerationStarted,
    GenerationStepped,
    Timings,
)

FRAMES, SIDE = 4, 16
STRIDE = (2, 8, 8)
GRID = (2, 2, 2)
TOTAL = 4

TINY = ModelCard(
    name="tiny",
    title="Tiny",
    description="for tests",
    tokenizer=Network("none", {}),
    transformer=Network("none", {}),
    tasks=("paint", "FP", "CG"),
    frames=FRAMES,
    height=SIDE,
    width=SIDE,
    stride=STRIDE,
    rate=25.0,
    licence="none",
    classes=("cat", "dog"),
)


@dataclass(frozen=True)
class _Steps:
    steps: int = option(TOTAL, label="Steps", minimum=1, maximum=64)


def capabilities(card: ModelCard = TINY) -> Capabilities:
    options, transformers = schema(_Steps), ("none",)
    decoders = {
        "commit": DecoderEntry("COMMIT", options, transformers),
        "maskgit": DecoderEntry("MaskGIT", options, transformers),
    }
    return Capabilities("CPU", 1 << 30, (BundleEntry("/models/tiny", card),), decoders)


def started(total: int = TOTAL) -> GenerationStarted:
    condition = np.full((FRAMES, SIDE, SIDE, 3), 7, np.uint8)
    return GenerationStarted(total, np.zeros(GRID, bool), STRIDE, condition)


def stepped(step: int, total: int = TOTAL, *, preview: bool = True) -> GenerationStepped:
    """Step k decides the first (k + 1) / total of the tokens; its preview has the level 10 · k."""
    masked = np.ones((1, *GRID), bool)
    masked.reshape(-1)[: round((step + 1) / total * masked.size)] = False
    picture = np.full((1, FRAMES, SIDE, SIDE, 3), 10 * step, np.uint8)
    return GenerationStepped(
        step=step,
        total=total,
        tokens=np.full((1, *GRID), step, np.int32),
        masked=masked,
        confidence=np.full((1, *GRID), 0.5, np.float16),
        preview=picture if preview else None,
        state=f"state {step}".encode(),
    )


def finished(level: int = 200) -> GenerationFinished:
    clips = np.full((1, FRAMES, SIDE, SIDE, 3), level, np.uint8)
    return GenerationFinished(clips, Timings(0.1, 0.2, 0.3, 0.4), "CPU")


class ReplayingEngine:
    """Answers as an engine would, from the step after `resume`.

    Attributes:
        requests: every generation that was asked for.
        closed: how many runs were closed before their end.
        hold_after: the number of steps after which it waits for ever, or None.
        fail_after: the number of steps after which it raises `error`, or None.
    """

    def __init__(self, answer: Capabilities | None = None) -> None:
        self.answer = answer or capabilities()
        self.requests: list[GenerationRequest] = []
        self.closed = 0
        self.hold_after: int | None = None
        self.fail_after: int | None = None
        self.error: Exception = RuntimeError("broken")

    async def run(self, request: object) -> AsyncGenerator[object, None]:
        if isinstance(request, CapabilitiesRequest):
            yield self.answer
            return
        assert isinstance(request, GenerationRequest)
        self.requests.append(request)
        first = int(request.resume.split()[1]) + 1 if request.resume else 0
        try:
            for update in self._updates(first):
                await asyncio.sleep(0)
                if isinstance(update, GenerationStepped | GenerationFinished):
                    await self._misbehave(update)
                yield update
        except (GeneratorExit, asyncio.CancelledError):
            self.closed += 1
            raise

    def _updates(self, first: int) -> Sequence[object]:
        return [started(), *(stepped(k) for k in range(first, TOTAL)), finished()]

    async def _misbehave(self, update: object) -> None:
        done = update.step if isinstance(update, GenerationStepped) else TOTAL
        if done == self.fail_after:
            self.fail_after = None
            raise self.error
        if done == self.hold_after:
            await asyncio.Event().wait()
