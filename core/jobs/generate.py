"""The generation job: from a request to updates, of which the last holds the clips.

    request → checked → bundle · frames of the window → condition → decode steps → pixels

Nothing slow happens before the whole request is checked.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.bundle import ModelBundle
from core.conditioning import condition
from core.decoders.state import DecodeState
from core.device import best_device, device_name, fast_dtype
from core.errors import UserError
from core.jobs.bundles import bundle_in, release
from core.jobs.plan import Plan, checked
from core.models.tokenizers import Tokenizer
from core.pixels import to_frames, to_video
from core.requests import (
    GenerationFinished,
    GenerationRequest,
    GenerationStarted,
    GenerationStepped,
    GenerationUpdate,
    Timings,
)
from core.sampling import SeededNoise
from core.tasks import fill_unknown, token_grid
from core.tokens import Condition, DecodeStep

PREVIEW_EVERY_S = 0.1
"""No preview follows the one before it sooner. Decoding pixels also takes at most half the time."""

T = TypeVar("T")


@torch.inference_mode()
def run(request: GenerationRequest) -> Generator[GenerationUpdate, None, None]:
    """Started, one Stepped per decode step that is still to do, Finished.

    Raises:
        UserError: the request cannot be met; said before any slow work where that can be known.
    """
    try:
        yield from _generate(checked(request))
    except (torch.OutOfMemoryError, MemoryError) as error:
        release()
        raise UserError(
            f"There is not enough memory on {device_name(best_device())} for this generation. "
            "Ask for fewer variations at once, or close other programs that use the device."
        ) from error


def _generate(plan: Plan) -> Iterator[GenerationUpdate]:
    request, clock = plan.request, _Clock()
    device = best_device()
    with clock.part("load"):
        bundle = bundle_in(Path(request.bundle), device)
    with clock.part("encode"):
        given = _condition(plan, bundle, device)
    total = plan.decoder.total(token_grid(request.window.grid, bundle.card.stride))
    yield GenerationStarted(
        total=total,
        given=given.given[0].cpu().numpy(),
        stride=bundle.card.stride,
        condition=fill_unknown(plan.frames, plan.known, plan.task.fill),
    )

    previews, clips = _Previews(bundle.tokenizer, clock), None
    for step, state in clock.each("transformer", _steps(plan, bundle, given, device)):
        clips = previews.of(step)
        yield _stepped(step, state, clips)
    if clips is None:  # the state to go on from was the last one already
        assert plan.state is not None
        tokens = torch.from_numpy(plan.state.tokens).to(device, torch.int64)
        clips = previews.pixels(tokens, exact=True)
    yield GenerationFinished(clips, clock.timings(), device_name(device))


def _condition(plan: Plan, bundle: ModelBundle, device: torch.device) -> Condition:
    """Encoded once, then repeated for each variation."""
    clip = to_video(plan.frames[None], device)
    one = condition(
        plan.task,
        clip.contiguous(memory_format=torch.channels_last_3d),
        bundle.tokenizer,
        painted=plan.painted,
        labels=None if plan.label is None else [plan.label],
        classes=len(plan.card.classes),
    )
    return one.repeated(plan.request.count)


def _steps(
    plan: Plan, bundle: ModelBundle, given: Condition, device: torch.device
) -> Iterator[tuple[DecodeStep, bytes]]:
    """Each decode step with the state after it."""
    state = plan.state
    noise = (
        SeededNoise.from_state(state.noise, device) if state else SeededNoise(plan.seeds, device)
    )
    for step in plan.decoder(bundle.transformer, given, noise, state):
        yield step, DecodeState.after(step, noise.state()).to_bytes()


def _stepped(
    step: DecodeStep, state: bytes, preview: NDArray[np.uint8] | None
) -> GenerationStepped:
    return GenerationStepped(
        step=step.index,
        total=step.total,
        tokens=step.tokens.to("cpu", torch.int32).numpy(),
        masked=step.masked.cpu().numpy(),
        confidence=step.confidence.to("cpu", torch.float16).numpy(),
        preview=preview,
        state=state,
    )


class _Previews:
    """Pixels of some steps: of the first, of the last, and of as many between as there is time."""

    def __init__(self, tokenizer: Tokenizer, clock: _Clock) -> None:
        self._tokenizer, self._clock = tokenizer, clock
        self._next = 0.0  # time.perf_counter() of the earliest next preview

    def of(self, step: DecodeStep) -> NDArray[np.uint8] | None:
        """Uint8 (b, T, H, W, 3), or None when the last preview is too recent."""
        if not step.last and time.perf_counter() < self._next:
            return None
        begin = time.perf_counter()
        clips = self.pixels(step.tokens, exact=step.last)
        end = time.perf_counter()
        self._next = max(begin + PREVIEW_EVERY_S, end + (end - begin))
        return clips

    def pixels(self, tokens: Tensor, *, exact: bool) -> NDArray[np.uint8]:
        """Decoded clip by clip, so that memory does not grow with the number of variations.

        Unless `exact`, in the device's fast format: good enough to look at.
        """
        dtype = fast_dtype(tokens.device)
        fast = not exact and dtype != torch.float32
        with self._clock.part("decode"), torch.autocast(tokens.device.type, dtype, enabled=fast):
            videos = (self._tokenizer.decode(grid) for grid in tokens.split(1))
            return np.concatenate([to_frames(video) for video in videos])


class _Clock:
    """Seconds of each part of the work; what the receiver of an update does is not counted."""

    def __init__(self) -> None:
        self._seconds: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        begin = time.perf_counter()
        try:
            yield
        finally:
            self._seconds[name] += time.perf_counter() - begin

    def each(self, name: str, items: Iterator[T]) -> Iterator[T]:
        while True:
            with self.part(name):
                item = next(items, None)
            if item is None:
                return
            yield item

    def timings(self) -> Timings:
        return Timings(*(self._seconds[name] for name in Timings.__dataclass_fields__))
