"""An engine that remembers what it was asked and replays updates."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from core.cards import ModelCard, Network
from core.jobs.windows import Windows
from core.options import option, schema
from core.requests import (
    BundleEntry,
    Candidate,
    Candidates,
    CandidatesRequest,
    Capabilities,
    CapabilitiesRequest,
    DecoderEntry,
    GenerationFinished,
    GenerationGrown,
    GenerationRequest,
    GenerationStarted,
    GenerationStepped,
    Imported,
    ImportRequest,
    Pixels,
    RoundTripRequest,
    StepsRequest,
    Timings,
)
from core.tasks import CAUSAL_TASKS

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
        "refine": DecoderEntry("Refine", options, transformers, refines=True),
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


def repeated(step: GenerationStepped, count: int) -> GenerationStepped:
    """A step of so many variations, which are all alike."""
    names = ("tokens", "masked", "confidence", "preview")
    arrays = {name: getattr(step, name) for name in names}
    known = {name: array for name, array in arrays.items() if array is not None}
    return replace(step, **{name: array.repeat(count, axis=0) for name, array in known.items()})


def finished(level: int = 200) -> GenerationFinished:
    clips = np.full((1, FRAMES, SIDE, SIDE, 3), level, np.uint8)
    return GenerationFinished(clips, Timings(0.1, 0.2, 0.3, 0.4), "CPU")


# ── a model that decides token after token ─────────────────────────────────────────────────────

CAUSAL_BUNDLE = "/models/causal"
CAUSAL_FRAMES, CAUSAL_STRIDE, CAUSAL_GRID = 8, (2, 4, 4), (4, 4, 4)
CAUSAL_TOTAL = 64
TOKENS_PER_STEP = 8
"""A step is reported after so many tokens: after half of a token frame."""

CAUSAL = replace(
    TINY,
    name="causal",
    title="Causal",
    transformer=Network("causal", {"heads": 2}),
    tasks=CAUSAL_TASKS,
    frames=CAUSAL_FRAMES,
    stride=CAUSAL_STRIDE,
)


@dataclass(frozen=True)
class _Temperature:
    temperature: float = option(1.0, label="Temperature", minimum=0, maximum=10)


def both_families() -> Capabilities:
    """A masked and a causal model, and decoders for each."""
    known = capabilities()
    causal = DecoderEntry("Token by token", schema(_Temperature), ("causal",))
    return replace(
        known,
        bundles=(*known.bundles, BundleEntry(CAUSAL_BUNDLE, CAUSAL)),
        decoders={**known.decoders, "autoregressive": causal},
    )


def level(frame: int) -> int:
    """The grey of a generated frame, by its number in the result."""
    return 100 + frame


def causal_updates(request: GenerationRequest) -> Iterator[object]:
    """All windows of a request, from the step after its state on."""
    windows = Windows(CAUSAL_FRAMES, request.overlap, request.length or CAUSAL_FRAMES)
    total = CAUSAL_TOTAL * len(windows)
    resumed = _done(request)
    for window in range(resumed // CAUSAL_TOTAL, len(windows)):
        first = windows.first(window)
        kept = (windows.overlap if window else request.kept) * CAUSAL_TOTAL // CAUSAL_FRAMES
        given = (np.arange(CAUSAL_TOTAL) < kept).reshape(CAUSAL_GRID)
        clips = _causal_clips(first, request.count)
        yield GenerationStarted(total, given, CAUSAL_STRIDE, np.zeros_like(clips[0]), first)
        begin = max(resumed - window * CAUSAL_TOTAL, kept)
        for done in range(begin + TOKENS_PER_STEP, CAUSAL_TOTAL + 1, TOKENS_PER_STEP):
            yield _causal_step(window * CAUSAL_TOTAL + done - 1, total, done, clips, first)
        fresh = windows.fresh(window)
        if window + 1 < len(windows):
            yield GenerationGrown(first + fresh.start, clips[:, fresh])
        else:
            timings = Timings(0.1, 0.2, 0.3, 0.4)
            yield GenerationFinished(clips[:, fresh], timings, "CPU", first + fresh.start)


def _done(request: GenerationRequest) -> int:
    """Steps that are done in the state that a request goes on from."""
    state = request.resume or request.branch
    return int(state.split()[1]) + 1 if state else 0


def _causal_clips(first: int, count: int) -> np.ndarray:
    """Frame n of variation v has the grey `level(n)` + 50 · v."""
    greys = level(first) + np.arange(CAUSAL_FRAMES) + 50 * np.arange(count)[:, None]
    shape = (count, CAUSAL_FRAMES, SIDE, SIDE, 3)
    return np.broadcast_to(greys[..., None, None, None], shape).astype(np.uint8)


def _causal_step(
    step: int, total: int, done: int, clips: np.ndarray, first: int
) -> GenerationStepped:
    """`done` tokens are decided; what is not has no pixels worth seeing: they are white."""
    shape = (len(clips), *CAUSAL_GRID)
    masked = np.broadcast_to((np.arange(CAUSAL_TOTAL) >= done).reshape(CAUSAL_GRID), shape)
    hidden = masked.repeat(2, axis=1).repeat(4, axis=2).repeat(4, axis=3)
    return GenerationStepped(
        step=step,
        total=total,
        tokens=np.zeros(shape, np.int32),
        masked=masked,
        confidence=np.where(masked, 0, 0.5).astype(np.float16),
        preview=np.where(hidden[..., None], 255, clips).astype(np.uint8),
        state=f"state {step}".encode(),
        first=first,
    )


ROUND_TRIP_LEVEL = 77


def pixels(request: StepsRequest | RoundTripRequest) -> Iterator[Pixels]:
    """A step has the level of its first token + 100, a round trip always the same."""
    if isinstance(request, StepsRequest):
        for number, tokens in enumerate(request.tokens):
            level = int(tokens[0, 0, 0]) + 100
            yield Pixels(number, np.full((FRAMES, SIDE, SIDE, 3), level, np.uint8))
    else:
        for first in range(0, request.window.frames, FRAMES):
            count = min(FRAMES, request.window.frames - first)
            yield Pixels(first, np.full((count, SIDE, SIDE, 3), ROUND_TRIP_LEVEL, np.uint8))


def candidates(request: CandidatesRequest) -> Iterator[Candidates | Pixels]:
    """Token 40 + k is the k-th likeliest, each half as likely as the one before; the third one
    stands there. A picture has the level of its number."""
    likeliest = tuple(Candidate(40 + k, 0.5 ** (k + 1)) for k in range(request.count))
    yield Candidates(likeliest, likeliest[2], 1.9)
    for number in range(request.count):
        yield Pixels(number, np.full((2, 6, 6, 3), 10 * number, np.uint8))


class ReplayingEngine:
    """Answers as an engine would, from the step after `resume`.

    Attributes:
        requests: every generation that was asked for.
        imports: every import that was asked for; `imported` answers each.
        pixels: every request for pixels; `hold_pixels`: whether it waits for ever with the answer.
        candidates: every request for candidates; `no_candidates`: why there are none, or None.
        closed: how many runs were closed before their end.
        hold_after: the number of the step before which it waits for ever, or None.
        fail_after: the number of the step before which it raises `error`, or None.
    """

    def __init__(self, answer: Capabilities | None = None) -> None:
        self.answer = answer or capabilities()
        self.requests: list[GenerationRequest] = []
        self.imports: list[ImportRequest] = []
        self.imported: Imported | Exception | None = None
        self.pixels: list[StepsRequest | RoundTripRequest] = []
        self.hold_pixels = False
        self.candidates: list[CandidatesRequest] = []
        self.no_candidates: Exception | None = None
        self.closed = 0
        self.hold_after: int | None = None
        self.fail_after: int | None = None
        self.error: Exception = RuntimeError("broken")

    async def run(self, request: object) -> AsyncGenerator[object, None]:
        if isinstance(request, CapabilitiesRequest):
            yield self.answer
            return
        if isinstance(request, StepsRequest | RoundTripRequest):
            self.pixels.append(request)
            for answer in pixels(request):
                await asyncio.sleep(0)
                if self.hold_pixels:
                    await asyncio.Event().wait()
                yield answer
            return
        if isinstance(request, CandidatesRequest):
            self.candidates.append(request)
            await asyncio.sleep(0)
            if self.no_candidates is not None:
                raise self.no_candidates
            for answer in candidates(request):
                yield answer
            return
        if isinstance(request, ImportRequest):
            self.imports.append(request)
            await asyncio.sleep(0)
            if isinstance(self.imported, Exception):
                raise self.imported
            yield self.imported
            return
        assert isinstance(request, GenerationRequest)
        self.requests.append(request)
        try:
            for update in self._updates(request):
                await asyncio.sleep(0)
                if isinstance(update, GenerationStepped | GenerationFinished):
                    await self._misbehave(update)
                yield update
        except (GeneratorExit, asyncio.CancelledError):
            self.closed += 1
            raise

    def _updates(self, request: GenerationRequest) -> Iterable[object]:
        if request.bundle == CAUSAL_BUNDLE:
            return causal_updates(request)
        first = _done(request)
        if request.branch and not request.resume:
            first -= 1  # where a branch begins is a step
        steps = (stepped(k) for k in range(first, TOTAL))
        end = finished()
        end = replace(end, clips=end.clips.repeat(request.count, axis=0))
        return [started(), *(repeated(step, request.count) for step in steps), end]

    async def _misbehave(self, update: object) -> None:
        done = update.step if isinstance(update, GenerationStepped) else -1
        if done == self.fail_after:
            self.fail_after = None
            raise self.error
        if done == self.hold_after:
            await asyncio.Event().wait()
