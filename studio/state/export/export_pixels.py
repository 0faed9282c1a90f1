"""What an export shows that the window does not have: pixels of all steps, the round trip."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from core.comparison import Content, SideBySideOptions
from core.requests import (
    GenerationRequest,
    GenerationStepped,
    Pixels,
    RoundTripRequest,
    StepsRequest,
)
from studio.state.export.export_order import LapseStep, Order
from studio.state.takes.generation import Generation
from studio.state.takes.result import Result
from studio.state.takes.result_clips import ResultClips
from studio.state.takes.take import Runs

Frames = NDArray[np.uint8]


class ExportPixels:
    """Asks the engine for what is missing."""

    def __init__(self, engine: Runs, generation: Generation, result: Result) -> None:
        self._engine, self._generation, self._result = engine, generation, result

    def obstacle(self, content: Content) -> str:
        """Why that content cannot be shown now, or ""."""
        if content.needs == "nothing":
            return ""
        if self._result.clips is None:
            return "Nothing is generated yet."
        if content.needs == "steps" and not self._steps:
            return "The decode steps of this result are not there."
        if content.needs == "steps" and self._generation.running:
            return "A generation is running; its steps are complete when it has ended."
        return ""

    def steps(self) -> tuple[LapseStep, ...]:
        """The steps as far as there are pixels; one without shows those of the step before."""
        return tuple(
            LapseStep(self._label(step), clips)
            for number, step in enumerate(self._steps)
            if (clips := self._result.clips_of(number)) is not None
        )

    async def completed(self, order: Order) -> Order:
        """The order with all pixels that it needs.

        Raises:
            UserError: the engine cannot make them.
        """
        if order.steps:
            order = replace(order, steps=await self._all_steps(order))
        shown = order.choice.shown
        if isinstance(shown, SideBySideOptions) and shown.round_trip and order.request is not None:
            order = replace(order, round_trip=await self._round_trip(order.request))
        return order

    @property
    def _steps(self) -> tuple[GenerationStepped, ...]:
        """Those up to the one that is looked at."""
        return self._generation.steps[: self._generation.looked_at + 1]

    def _label(self, step: GenerationStepped) -> str:
        return f"{self._generation.unit.capitalize()} {step.step + 1:,} of {step.total:,}"

    async def _all_steps(self, order: Order) -> tuple[LapseStep, ...]:
        """Each step with pixels of its own, of the variation that is exported."""
        steps, request = self._steps, self._generation.request
        if request is None:
            return order.steps
        one = slice(order.variation, order.variation + 1)
        missing = [number for number, step in enumerate(steps) if step.preview is None]
        made = await self._of_tokens(request, [steps[number] for number in missing], one)
        found = dict(zip(missing, made, strict=True))
        return tuple(
            LapseStep(shown.label, _of_one(shown.clips, step, one, found.get(number)))
            for number, (shown, step) in enumerate(zip(order.steps, steps, strict=True))
        )

    async def _of_tokens(
        self, request: GenerationRequest, steps: list[GenerationStepped], one: slice
    ) -> list[Frames]:
        if not steps:
            return []
        tokens = np.concatenate([step.tokens[one] for step in steps])
        masked = np.concatenate([step.masked[one] for step in steps])
        asked = StepsRequest(request.bundle, tokens, masked)
        return [pixels.frames async for pixels in self._answers(asked)]

    async def _round_trip(self, request: GenerationRequest) -> Frames | None:
        if request.clip is None:
            return None
        asked = RoundTripRequest(request.bundle, request.clip, request.covered, request.margins)
        return np.concatenate([pixels.frames async for pixels in self._answers(asked)])

    async def _answers(self, asked: StepsRequest | RoundTripRequest) -> AsyncGenerator[Pixels]:
        async with aclosing(self._engine.run(asked)) as updates:
            async for update in updates:
                yield update


def _of_one(
    clips: ResultClips, step: GenerationStepped, one: slice, made: Frames | None
) -> ResultClips:
    """One variation of a step, with its own pixels."""
    return replace(
        clips,
        live=clips.live[one] if made is None else made[None],
        settled=None if clips.settled is None else clips.settled[:, one],
        masked=None if clips.masked is None else step.masked[one],
    )
