"""The generation job: from a request to updates, of which the last holds the clips.

    request → checked → bundle · frames of the window → condition → decode steps → pixels

Nothing slow happens before the whole request is checked. A result longer than the model's clips is
made window by window (`core.jobs.windows`); what is kept between two windows is the tokens and
pixels of one.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.bundle import ModelBundle
from core.conditioning import condition, continuation
from core.decoders.state import DecodeState
from core.device import best_device, device_name
from core.errors import OutOfMemory
from core.jobs.bundles import bundle_in, release
from core.jobs.clock import Clock
from core.jobs.plan import Plan, checked
from core.jobs.previews import Previews
from core.jobs.windows import faded_in
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
from core.tasks import Known, fill_unknown
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
        plan = checked(request)
        with closing(plan.footage):
            yield from _generate(plan, watched)
    except (torch.OutOfMemoryError, MemoryError) as error:
        release()
        raise OutOfMemory(
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
            elif plan.card.causal:
                given, shown = _going_on(plan, before, device)
            else:
                given, shown = _carried_over(plan, number, before, bundle, device)
        yield GenerationStarted(
            total=len(plan.windows) * plan.steps,
            given=given.given[0].cpu().numpy(),
            stride=bundle.card.stride,
            condition=shown,
            first=plan.windows.first(number),
        )
        steps = clock.each("transformer", _steps(plan, number, bundle, given, before))
        before = yield from _stepped(plan, number, steps, _Pixels(plan, previews, before), device)
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
    frames, painted = plan.footage.of(0)
    one = _condition(plan, frames, painted, bundle, device)
    filled = fill_unknown(frames, plan.known(painted), plan.task.fill)
    return one.repeated(plan.request.count), filled


def _condition(
    plan: Plan,
    frames: NDArray[np.uint8],
    painted: Known | None,
    bundle: ModelBundle,
    device: torch.device,
    carried: int = 0,
) -> Condition:
    """What is given of one clip, uint8 (T, H, W, 3); see `core.conditioning.condition`."""
    clip = to_video(frames[None], device)
    return condition(
        plan.task,
        clip.contiguous(memory_format=torch.channels_last_3d),
        bundle.tokenizer,
        painted=painted,
        labels=plan.labels(1),
        classes=len(plan.card.classes),
        kept=plan.request.kept,
        context_frames=plan.card.context_frames,
        carried=carried,
    )


def _going_on(
    plan: Plan, before: _Window, device: torch.device
) -> tuple[Condition, NDArray[np.uint8]]:
    """A further window's condition for a causal model: the last tokens of the one before. With it
    the frames behind it, of which the last stands still."""
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


def _carried_over(
    plan: Plan, number: int, before: _Window, bundle: ModelBundle, device: torch.device
) -> tuple[Condition, NDArray[np.uint8]]:
    """A further window's condition for a masked model, and the filled clip of the first variation.

    In the frames that it shares with the window before, what that has generated is known.
    """
    overlap = plan.windows.overlap
    frames, painted = plan.footage.of(plan.windows.first(number))
    wanted = ~plan.known(painted)[:overlap, ..., None]
    conditions = []
    for clip in before.clips:
        carried = frames.copy()
        np.copyto(carried[:overlap], clip[-overlap:], where=wanted)
        conditions.append(_condition(plan, carried, painted, bundle, device, overlap))
        if len(conditions) == 1:
            filled = fill_unknown(carried, plan.known(painted, overlap), plan.task.fill)
    return reduce(Condition.joined, conditions), filled


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


class _Pixels:
    """Pixels of a window's steps, uint8 (b, T, H, W, 3); they fade from the window before where
    both have frames and either may show them."""

    def __init__(self, plan: Plan, previews: Previews, before: _Window | None) -> None:
        self._previews = previews
        fading = before is not None and plan.windows.faded
        self._before = before.clips[:, -plan.windows.overlap :] if fading and before else None

    def of(self, step: DecodeStep) -> NDArray[np.uint8] | None:
        """None when it is not time for a preview."""
        clips = self._previews.of(step)
        return None if clips is None else self._joined(clips)

    def exact(self, tokens: Tensor) -> NDArray[np.uint8]:
        return self._joined(self._previews.exact(tokens))

    def _joined(self, clips: NDArray[np.uint8]) -> NDArray[np.uint8]:
        if self._before is None:
            return clips
        pairs = zip(self._before, clips, strict=True)
        return np.stack([faded_in(before, clip) for before, clip in pairs])


def _stepped(
    plan: Plan,
    number: int,
    steps: Iterator[tuple[DecodeStep, bytes]],
    pixels: _Pixels,
    device: torch.device,
) -> Generator[GenerationStepped, None, _Window]:
    """Reports the steps of a window and returns what has come of it."""
    clips: NDArray[np.uint8] | None = None
    for step, state in steps:
        tokens, clips = step.tokens, pixels.of(step)
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
        clips = pixels.exact(tokens)
    return _Window(tokens, clips)
