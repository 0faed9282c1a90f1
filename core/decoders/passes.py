"""The loop that all masked decoders share: passes through the transformer, each drawing all masked
tokens at once. A decoder of this kind is the rule that says which tokens stay masked, or are masked
again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from core.decoders import Bidirectional
from core.decoders.drawing import top_k_option, top_p_option
from core.decoders.state import DecodeState
from core.options import option
from core.sampling import Noise, draw, keep_likeliest
from core.schedules import SCHEDULES, masked_after, share
from core.tokens import MASK, Condition, DecodeStep

RAMPS: dict[str, Callable[[float], float]] = {
    "constant": lambda progress: 1.0,  # noqa: ARG005 - the same at any progress
    "linear": lambda progress: progress,
}
"""Share of the guidance at progress 0 (first pass) … 1 (last pass)."""


@dataclass(frozen=True, eq=False)
class Pass:
    """What a pass has brought; all tensors (b, t, h, w).

    Attributes:
        index: 0-based number of the step.
        masked: what was masked before, and was drawn now.
        log_p: log of the probability that the model gives now to the token that stands there.
        confidence: probability of each token when it was drawn; 1 where it never was.
    """

    index: int
    masked: Tensor
    log_p: Tensor
    confidence: Tensor


@dataclass(frozen=True, eq=False)
class Rule:
    """Which tokens are masked after a pass, of those that may be.

    Attributes:
        counts: int64 (steps, b): how many are, after each step; none after the last.
        score: from a pass to a number for each token (b, t, h, w): the lowest ones are.
    """

    counts: Tensor
    score: Callable[[Pass], Tensor]


@dataclass(frozen=True)
class MaskedDecoder:
    """The loop and its options; a subclass gives the rule."""

    label: ClassVar[str]
    transformers: ClassVar[tuple[str, ...]] = ("bidirectional",)
    remasks: ClassVar[bool] = False
    refines: ClassVar[bool] = False

    steps: int = option(
        12, label="Steps", minimum=1, maximum=256, help="Passes through the transformer."
    )
    schedule: str = option(
        "cosine",
        label="Schedule",
        choices=tuple(SCHEDULES),
        help="How fast tokens are decided: cosine keeps few at first and many at the end.",
    )
    sampling_temperature: float = option(
        1.0,
        label="Sampling temperature",
        minimum=0.0,
        maximum=5.0,
        step=0.05,
        help="Chance in which token is drawn: 0 takes the likeliest.",
    )
    guidance: float = option(
        0.0,
        label="Guidance",
        minimum=0.0,
        maximum=20.0,
        step=0.1,
        help="How strongly class and given tokens pull; above 0 each step costs twice the time.",
        advanced=True,
    )
    guidance_ramp: str = option(
        "constant",
        label="Guidance over the steps",
        choices=tuple(RAMPS),
        help="Linear begins without guidance and ends with all of it: free first, faithful late.",
        advanced=True,
    )
    top_k: int = top_k_option(advanced=True)
    top_p: float = top_p_option(advanced=True)

    def __post_init__(self) -> None:
        share(self.schedule, 0.5, 2)  # an unknown name is refused here, before any work

    def total(self, grid: tuple[int, int, int]) -> int:  # noqa: ARG002 - the same for any grid
        return self.steps

    @torch.inference_mode()
    def __call__(
        self,
        model: Bidirectional,
        condition: Condition,
        rng: Noise,
        state: DecodeState | None = None,
    ) -> Iterator[DecodeStep]:
        """Decode the condition, or go on from `state` with an `rng` that continues as well."""
        condition = model.told(condition)
        rule = self._rule(condition, rng)
        tokens, masked, confidence = self._start(condition, state)
        first = self._first(state, masked, rule.counts)
        if state and state.done is None and first:
            yield DecodeStep(first - 1, self.steps, tokens, masked, confidence)
        pinned = self._pinned(state, masked)
        for index in range(first, self.steps):
            logits = self._logits(model, condition, tokens, masked, index)
            kept = keep_likeliest(logits, self.top_k, self.top_p)
            drawn = draw(kept, rng.gumbel(logits.shape), self.sampling_temperature)
            tokens = torch.where(masked, drawn, tokens)
            log_p = logits.log_softmax(-1).gather(-1, tokens.unsqueeze(-1)).squeeze(-1)
            confidence = torch.where(masked, log_p.exp(), confidence)
            may_be = ~pinned if self.remasks else masked
            score = rule.score(Pass(index, masked, log_p, confidence))
            masked = least(torch.where(may_be, score, torch.inf), rule.counts[index]) & may_be
            if condition.final:
                masked = masked & ~condition.given
            yield DecodeStep(index, self.steps, tokens, masked, confidence)

    @torch.inference_mode()
    def chances(
        self,
        model: Bidirectional,
        condition: Condition,
        rng: Noise,
        state: DecodeState,
        place: tuple[int, int, int],
    ) -> Tensor:
        """As if the place were masked too in the next pass. At temperature 0, which draws nothing
        by chance, as the model gives them."""
        condition, (t, h, w) = model.told(condition), place
        tokens, masked, _ = self._start(condition, state)
        masked[:, t, h, w] = True
        index = self._first(state, masked, self._rule(condition, rng).counts)
        logits = self._logits(model, condition, tokens, masked, min(index, self.steps - 1))
        kept = keep_likeliest(logits[:, t, h, w], self.top_k, self.top_p)
        return (kept / (self.sampling_temperature or 1.0)).softmax(-1)

    def _rule(self, condition: Condition, rng: Noise) -> Rule:
        """The rule of one decode. What it counts is counted here, before the loop, so that no
        step waits for the device."""
        raise NotImplementedError

    def _masked_at_start(self, condition: Condition) -> Tensor:
        """Given tokens too, unless they are final or a subclass keeps them as they are."""
        return ~condition.given if condition.final else torch.ones_like(condition.given)

    def _start(
        self, condition: Condition, state: DecodeState | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Tokens, masked and confidence before the first step that is still to do."""
        if state is None:
            masked = self._masked_at_start(condition)
            return condition.tokens, masked, (~masked).float()
        device = condition.tokens.device
        masked = torch.tensor(state.masked, device=device)
        return (
            torch.from_numpy(state.tokens).to(device, torch.int64),
            masked & ~condition.given if condition.final else masked,
            torch.from_numpy(state.confidence).to(device),
        )

    def _first(self, state: DecodeState | None, masked: Tensor, counts: Tensor) -> int:
        """The step to begin with. Where a state leaves it open, the schedule says: the last one
        before which it has no fewer masked tokens than there are."""
        if state is None:
            return 0
        if state.done is not None:
            return state.done
        return int((counts >= masked.flatten(1).sum(1)).all(1).sum())

    def _pinned(self, state: DecodeState | None, masked: Tensor) -> Tensor:
        """What is never masked again, bool (b, t, h, w)."""
        if state is None or state.pinned is None:
            return torch.zeros_like(masked)
        return torch.from_numpy(state.pinned).to(masked.device)

    def _counts(self, of: Tensor) -> Tensor:
        """How many of the places `of`, bool (b, …), stay masked after each step by the schedule:
        int64 (steps, b) on the device."""
        sizes = of.flatten(1).sum(1).tolist()
        counts = [masked_after(self.schedule, self.steps, size) for size in sizes]
        return torch.tensor(counts, device=of.device).t()

    def _logits(
        self,
        model: Bidirectional,
        condition: Condition,
        tokens: Tensor,
        masked: Tensor,
        index: int,
    ) -> Tensor:
        """Logits (b, t, h, w, K): hints and [MASK] stand at the masked places."""
        hints = torch.where(condition.given, condition.tokens, MASK)
        hinted = torch.where(masked, hints, tokens)
        guidance = self.guidance_at(index)
        if not guidance:
            return model.logits(hinted, condition)
        both = torch.cat([hinted, tokens.masked_fill(masked, MASK)])
        free = model.unconditional(condition)
        logits, unconditional = model.logits(both, condition.joined(free)).chunk(2)
        return logits + guidance * (logits - unconditional)

    def guidance_at(self, index: int) -> float:
        """The guidance of a pass by its 0-based number."""
        progress = index / (self.steps - 1) if self.steps > 1 else 1.0
        return self.guidance * RAMPS[self.guidance_ramp](progress)


def least(score: Tensor, count: Tensor) -> Tensor:
    """Bool (b, …): the `count` (b,) smallest scores of each sample; equal ones in raster order."""
    rank = score.flatten(1).argsort(dim=1, stable=True).argsort(dim=1)
    return (rank < count.unsqueeze(1)).view(score.shape)
