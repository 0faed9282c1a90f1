"""More steps for a finished result: what the transformer finds unlikely now is drawn again.

COMMIT teaches a transformer to say how likely the tokens are that it sees, too (MAGVIT, arXiv
2212.05199, section 3.2: the terms of refinement and reconstruction). So each pass scores all tokens
that stand, with everything around them in view; the least likely ones are masked, fewer after each
step. That tokens are taken back is ReMDM's idea (arXiv 2503.00307), which does so by chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import ClassVar

import torch
from torch import Tensor

from core.decoders import DECODERS
from core.decoders.passes import MaskedDecoder, Pass, Rule
from core.decoders.state import DecodeState
from core.options import option
from core.sampling import Noise
from core.schedules import share as share_masked
from core.tokens import Condition


@DECODERS.register("refine")
@dataclass(frozen=True)
class Refine(MaskedDecoder):
    """Goes on from the state of a finished decode, restarted. The first pass only scores, as
    nothing is masked yet; given tokens that are taken back are hints again. From nothing it decodes
    too, but not well."""

    label = "Refine a result"
    remasks: ClassVar[bool] = True
    refines: ClassVar[bool] = True

    steps: int = option(
        4, label="Steps", minimum=2, maximum=256, help="Passes through the transformer."
    )
    sampling_temperature: float = option(
        0.0,
        label="Sampling temperature",
        minimum=0.0,
        maximum=5.0,
        step=0.05,
        help="Chance in which token is drawn: 0 takes the likeliest.",
    )
    share: float = option(
        0.3,
        label="Drawn again",
        minimum=0.0,
        maximum=1.0,
        step=0.05,
        help="Share of the tokens that the first step takes back.",
    )
    choice_temperature: float = option(
        0.0,
        label="Choice temperature",
        minimum=0.0,
        maximum=1000.0,
        step=0.5,
        help="Chance in which tokens are taken back: 0 takes the least likely.",
    )

    def counts(self, tokens: int) -> tuple[int, ...]:
        """How many of so many tokens are masked after each step."""
        left = [share_masked(self.schedule, k / self.steps, tokens) for k in range(1, self.steps)]
        return (*(int(self.share * tokens * float(part)) for part in left), 0)

    def _rule(self, condition: Condition, rng: Noise) -> Rule:
        b, *grid = condition.shape
        counts = torch.tensor(self.counts(prod(grid)), device=condition.tokens.device)

        def how_likely(done: Pass) -> Tensor:
            left = 1 - (done.index + 1) / self.steps
            return done.log_p + self.choice_temperature * left * rng.gumbel(done.log_p.shape)

        return Rule(counts.unsqueeze(1).expand(-1, b), how_likely)

    def _first(self, state: DecodeState | None, masked: Tensor, counts: Tensor) -> int:  # noqa: ARG002
        """All steps are done where a state leaves it open: the first of them scores."""
        return state.done or 0 if state else 0
