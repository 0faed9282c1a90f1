"""Decoding in a fixed number of passes: all masked tokens are drawn at once, the surest are kept.

COMMIT is MAGVIT's way (arXiv 2212.05199, algorithm 1): tokens of the user's picture stand in as
hints, and are drawn again like all others. MaskGIT (arXiv 2202.04200) leaves them as they are.
Both are the same loop from another start. It follows the authors' code where paper and code
differ: the noise is added to log p, and counts are floored.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from core.decoders import DECODERS, Bidirectional
from core.decoders.state import DecodeState
from core.options import option
from core.sampling import Noise, draw, keep_likeliest
from core.schedules import SCHEDULES, masked_after, share
from core.tokens import MASK, Condition, DecodeStep


@dataclass(frozen=True)
class _MaskedDecoder:
    """The loop and its options; a subclass says what is masked at the start."""

    label: ClassVar[str]
    transformers: ClassVar[tuple[str, ...]] = ("bidirectional",)
    remasks: ClassVar[bool] = False

    steps: int = option(
        12, label="Steps", minimum=1, maximum=256, help="Passes through the transformer."
    )
    schedule: str = option(
        "cosine",
        label="Schedule",
        choices=tuple(SCHEDULES),
        help="How fast tokens are decided: cosine keeps few at first and many at the end.",
    )
    choice_temperature: float = option(
        4.5,
        label="Choice temperature",
        minimum=0.0,
        maximum=1000.0,
        step=0.5,
        help="Chance in which tokens are kept: 0 keeps the surest, more varies the result.",
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
    top_k: int = option(
        0,
        label="Top k",
        minimum=0,
        help="Draw among the k likeliest tokens only; 0 draws among all.",
        advanced=True,
    )
    top_p: float = option(
        0.0,
        label="Top p",
        minimum=0.0,
        maximum=1.0,
        step=0.01,
        help="Draw among the likeliest tokens that make up this probability; 0 draws among all.",
        advanced=True,
    )

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
        counts = self._counts(condition)  # (steps, b)
        tokens, masked, confidence = self._start(condition, state)
        for index in range(state.done if state else 0, self.steps):
            logits = self._logits(model, condition, tokens, masked)
            kept = keep_likeliest(logits, self.top_k, self.top_p)
            drawn = draw(kept, rng.gumbel(logits.shape), self.sampling_temperature)
            tokens = torch.where(masked, drawn, tokens)
            log_p = logits.log_softmax(-1).gather(-1, drawn.unsqueeze(-1)).squeeze(-1)
            confidence = torch.where(masked, log_p.exp(), confidence)

            left = 1 - (index + 1) / self.steps
            score = log_p + self.choice_temperature * left * rng.gumbel(log_p.shape)
            masked = least(torch.where(masked, score, torch.inf), counts[index])
            yield DecodeStep(index, self.steps, tokens, masked, confidence)

    def _start(
        self, condition: Condition, state: DecodeState | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Tokens, masked and confidence before the first step that is still to do."""
        if state is None:
            masked = self._masked_at_start(condition)
            return condition.tokens, masked, (~masked).float()
        device = condition.tokens.device
        return (
            torch.from_numpy(state.tokens).to(device, torch.int64),
            torch.from_numpy(state.masked).to(device),
            torch.from_numpy(state.confidence).to(device),
        )

    def _counts(self, condition: Condition) -> Tensor:
        """How many tokens stay masked after each step, int64 (steps, b) on the device.

        Counted before the loop, so that no step waits for the device.
        """
        sizes = self._masked_at_start(condition).flatten(1).sum(1).tolist()
        counts = [masked_after(self.schedule, self.steps, size) for size in sizes]
        return torch.tensor(counts, device=condition.tokens.device).t()

    def _masked_at_start(self, condition: Condition) -> Tensor:
        raise NotImplementedError

    def _logits(
        self, model: Bidirectional, condition: Condition, tokens: Tensor, masked: Tensor
    ) -> Tensor:
        """Logits (b, t, h, w, K): hints and [MASK] stand at the masked places."""
        hints = torch.where(condition.given, condition.tokens, MASK)
        hinted = torch.where(masked, hints, tokens)
        if not self.guidance:
            return model.logits(hinted, condition)
        both = torch.cat([hinted, tokens.masked_fill(masked, MASK)])
        free = model.unconditional(condition)
        logits, unconditional = model.logits(both, condition.joined(free)).chunk(2)
        return logits + self.guidance * (logits - unconditional)


@DECODERS.register("commit")
class Commit(_MaskedDecoder):
    """All tokens start masked; given ones stand in as hints while they are."""

    label = "COMMIT (MAGVIT)"

    def _masked_at_start(self, condition: Condition) -> Tensor:
        return torch.ones_like(condition.given)


@DECODERS.register("maskgit")
class MaskGIT(_MaskedDecoder):
    """Given tokens are kept from the start; the rest starts masked."""

    label = "MaskGIT"

    def _masked_at_start(self, condition: Condition) -> Tensor:
        return ~condition.given


def least(score: Tensor, count: Tensor) -> Tensor:
    """Bool (b, …): the `count` (b,) smallest scores of each sample; equal ones in raster order."""
    rank = score.flatten(1).argsort(dim=1, stable=True).argsort(dim=1)
    return (rank < count.unsqueeze(1)).view(score.shape)
