"""The generation job: from a request to updates, of which the last holds the clips.

    request → checked → bundle · frames of the window → condition → decode steps → pixels

Nothing slow happens before the whole request is checked. A result longer than the model's clips is
made window by window (`core.jobs.windows`); what is kept between two windows is the tokens and
pixels of one.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.bundle import ModelBundle
from core.decoders.state import DecodeState
from core.device import device_name, device_of
from core.errors import OutOfMemory
from core.jobs.bundles import bundle_in, release
from core.jobs.clock import Clock
from core.jobs.given import Decoded, given_of, window_before
from core.jobs.peak import begin_peak, peak
from core.jobs.plan import Plan, checked
from core.jobs.previews import Previews
from core.jobs.windows import faded_in
from core.requests import (
    GenerationFinished,
    GenerationGrown,
    GenerationRequest,
    GenerationStarted,
    GenerationStepped,
    GenerationUpdate,
)
from core.sampling import SeededNoise
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
            f"There is not enough memory on {device_name(device_of(request.device))} for this "
            "generation. Ask for fewer variations at once, or close other programs that use the "
            "device."
        ) from error


def _generate(plan: Plan, watched: bool) -> Iterator[GenerationUpdate]:
    clock, device = Clock(), device_of(plan.request.device)
    begin_peak(device)
    with clock.part("load"):
        bundle = bundle_in(Path(plan.request.bundle), device)
    previews = Previews(bundle.tokenizer, clock, causal=plan.card.causal, watched=watched)
    before = window_before(plan, previews, device)
    for number in range(plan.state.window if plan.state else 0, len(plan.windows)):
        with clock.part("encode"):
            given, shown = given_of(plan, number, before, bundle, device)
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
            yield GenerationFinished(
                clips,
                clock.timings(),
                device_name(device),
                first,
                memory=peak(device),
                whole=plan.state is None or plan.request.refine is not None,
            )


def _steps(
    plan: Plan, number: int, bundle: ModelBundle, given: Condition, before: Decoded | None
) -> Iterator[tuple[DecodeStep, bytes]]:
    """Each decode step of a window with the state after it."""
    state, device = plan.state_in(number), given.tokens.device
    noise = (
        SeededNoise.from_state(state.noise, device)
        if state
        else SeededNoise(plan.seeds(number), device)
    )
    past = before.tokens.to("cpu", torch.int32).numpy() if before else None
    pinned = state.pinned if state else None
    for step in plan.decoder(bundle.transformer, given, noise, state):
        yield step, DecodeState.after(step, noise.state(), number, past, pinned).to_bytes()


class _Pixels:
    """Pixels of a window's steps, uint8 (b, T, H, W, 3); they fade from the window before where
    both have frames and either may show them."""

    def __init__(self, plan: Plan, previews: Previews, before: Decoded | None) -> None:
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
) -> Generator[GenerationStepped, None, Decoded]:
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
    return Decoded(tokens, clips)
