"""The generation job: from a request to updates, of which the last holds the clips.

    request → checked → bundle · frames of the window → condition → decode steps → pixels

Nothing slow happens before the whole request is checked. A result longer than the model's clips is
made window by window; what is kept between two windows is the tokens and pixels of one.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.bundle import ModelBundle
from core.conditioning import condition, continuation
from core.decoders.state import DecodeState
from core.device import best_device, device_name
from core.errors import UserError
from core.jobs.bundles import bundle_in, release
from core.jobs.clock import Clock
from core.jobs.plan import Plan, checked
from core.jobs.previews import Previews
from core.pixels import to_video
from core.requests import (
    GenerationFinished,
    GenerationGrown,
    GenerationRequest,
    GenerationStarted,
    GenerationStepped,
    GenerationUpdate,
)
from core.sampling import SeededNoise
from core.tasks import fill_unknown
from core.tokens import Condition, DecodeStep


@torch.inference_mode()
def run(
    request: GenerationRequest, *, watched: bool = True
) -> Generator[GenerationUpdate, None, None]:
    """For each window Started, one Stepped per reported decode step that is still to do, and Grown
    with its new frames; for the last window Finished instead.

    Args:
        watched: are previews of steps wanted? Without them it is a little faster.

    Raises:
        UserError: the request cannot be met; said before any slow work where that can be known.
    """
    try:
        yield from _generate(checked(request), watched)
    except (torch.OutOfMemoryError, MemoryError) as error:
        release()
        raise UserError(
            f"There is not enough memory on {device_name(best_device())} for this generation. "
            "Ask for fewer variations at once, or close other programs that use the device."
        ) from error


@dataclass(frozen=True, eq=False)
class _Window:
    """A decoded window: tokens int64 (b, t, h, w), clips uint8 (b, T, H, W, 3)."""

    tokens: Tensor
    clips: NDArray[np.uint8]


def _generate(plan: Plan, watched: bool) -> Iterator[GenerationUpdate]:
    clock, device = Clock(), best_device()
    with clock.part("load"):
        bundle = bundle_in(Path(plan.request.bundle), device)
    previews = Previews(bundle.tokenizer, clock, causal=plan.card.causal, watched=watched)
    before = _window_before(plan, previews, device)
    for number in range(plan.state.window if plan.state else 0, len(plan.windows)):
        with clock.part("encode"):
            if before is None:
                given, shown = _from_the_clip(plan, bundle, device)
            else:
                given, shown = _going_on(plan, before, device)
        yield GenerationStarted(
            total=len(plan.windows) * plan.steps,
            given=given.given[0].cpu().numpy(),
            stride=bundle.card.stride,
            condition=shown,
            first=plan.windows.first(number),
        )
        steps = clock.each("transformer", _steps(plan, number, bundle, given, before))
        before = yield from _stepped(plan, number, steps, previews, device)
        fresh = plan.windows.fresh(number)
        first, clips = plan.windows.first(number) + fresh.start, before.clips[:, fresh]
        if number + 1 < len(plan.windows):
            yield GenerationGrown(first, clips)
        else:
            yield GenerationFinished(clips, clock.timings(), device_name(device), first)


def _window_before(plan: Plan, previews: Previews, device: torch.device) -> _Window | None:
    """What the window goes on from in which a saved state lies; None in the first."""
    if plan.state is None or plan.state.before is None:
        return None
    tokens = torch.from_numpy(plan.state.before).to(device, torch.int64)
    return _Window(tokens, previews.exact(tokens))


def _from_the_clip(
    plan: Plan, bundle: ModelBundle, device: torch.device
) -> tuple[Condition, NDArray[np.uint8]]:
    """The first window's condition, and the filled clip behind it, uint8 (T, H, W, 3).

    Encoded once, then repeated for each variation.
    """
    clip = to_video(plan.frames[None], device)
    one = condition(
        plan.task,
        clip.contiguous(memory_format=torch.channels_last_3d),
        bundle.tokenizer,
        painted=plan.painted,
        labels=plan.labels(1),
        classes=len(plan.card.classes),
        kept=plan.request.kept,
        context_frames=plan.card.context_frames,
    )
    filled = fill_unknown(plan.frames, plan.known, plan.task.fill)
    return one.repeated(plan.request.count), filled


def _going_on(
    plan: Plan, before: _Window, device: torch.device
) -> tuple[Condition, NDArray[np.uint8]]:
    """A further window's condition, and the frames behind it, of which the last stands still."""
    overlap, looked_at = plan.windows.overlap, plan.card.context_frames
    frames = before.clips[:, -overlap:]
    given = continuation(
        plan.task,
        before.tokens,
        overlap // plan.card.stride[0],
        labels=plan.labels(plan.request.count),
        classes=len(plan.card.classes),
        frames=to_video(frames[:, :looked_at], device) if looked_at else None,
    )
    still = np.repeat(frames[0, -1:], plan.windows.frames - overlap, axis=0)
    return given, np.concatenate([frames[0], still])


def _steps(
    plan: Plan, number: int, bundle: ModelBundle, given: Condition, before: _Window | None
) -> Iterator[tuple[DecodeStep, bytes]]:
    """Each decode step of a window with the state after it."""
    state, device = plan.state_in(number), given.tokens.device
    noise = (
        SeededNoise.from_state(state.noise, device)
        if state
        else SeededNoise(plan.seeds(number), device)
    )
    past = before.tokens.to("cpu", torch.int32).numpy() if before else None
    for step in plan.decoder(bundle.transformer, given, noise, state):
        yield step, DecodeState.after(step, noise.state(), number, past).to_bytes()


def _stepped(
    plan: Plan,
    number: int,
    steps: Iterator[tuple[DecodeStep, bytes]],
    previews: Previews,
    device: torch.device,
) -> Generator[GenerationStepped, None, _Window]:
    """Reports the steps of a window and returns what has come of it."""
    clips: NDArray[np.uint8] | None = None
    for step, state in steps:
        tokens, clips = step.tokens, previews.of(step)
        yield GenerationStepped(
            step=number * plan.steps + step.index,
            total=len(plan.windows) * plan.steps,
            tokens=tokens.to("cpu", torch.int32).numpy(),
            masked=step.masked.cpu().numpy(),
            confidence=step.confidence.to("cpu", torch.float16).numpy(),
            preview=clips,
            state=state,
            first=plan.windows.first(number),
        )
    if clips is None:  # the state to go on from was the last one already
        last = plan.state_in(number)
        assert last is not None
        tokens = torch.from_numpy(last.tokens).to(device, torch.int64)
        clips = previews.exact(tokens)
    return _Window(tokens, clips)
