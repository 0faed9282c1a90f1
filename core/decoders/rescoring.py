"""Decoding that doubts what it has decided: in each pass the transformer also says how likely it
finds the tokens that stand already, now that it sees more around them, and the least likely ones
are taken back. COMMIT teaches it to say so: it is trained on the tokens that it sees, too (MAGVIT,
arXiv 2212.05199, section 3.2: the terms of refinement and reconstruction).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from core.decoders import DECODERS
from core.decoders.passes import MaskedDecoder, Pass, Rule, least
from core.options import option
from core.sampling import Noise
from core.tokens import Condition


@DECODERS.register("rescore")
@dataclass(frozen=True)
class Rescore(MaskedDecoder):
    """COMMIT, which after each step takes back a share of the visible tokens: fewer and fewer, none
    in the end. As many more of the new ones are kept, so that the schedule stays as it is."""

    label = "Taking back the doubtful"
    remasks: ClassVar[bool] = True

    choice_temperature: float = option(
        4.5,
        label="Choice temperature",
        minimum=0.0,
        maximum=1000.0,
        step=0.5,
        help="Chance in which tokens are kept: 0 keeps the surest, more varies the result.",
    )
    share: float = option(
        0.3,
        label="Taken back",
        minimum=0.0,
        maximum=1.0,
        step=0.05,
        help="Share of the decided tokens that is drawn again, at the beginning.",
    )

    def _rule(self, condition: Condition, rng: Noise) -> Rule:
        counts = self._counts(torch.ones_like(condition.given))
        tokens = condition.given[0].numel()

        def mask_doubtful(done: Pass) -> Tensor:
            left = 1 - (done.index + 1) / self.steps
            count = counts[done.index]
            visible = tokens - done.masked.flatten(1).sum(1)
            back = torch.minimum((self.share * left * visible).long(), count)
            score = done.log_p + self.choice_temperature * left * rng.gumbel(done.log_p.shape)
            doubtful = least(torch.where(done.masked, torch.inf, done.log_p), back)
            return doubtful | least(torch.where(done.masked, score, torch.inf), count - back)

        return mask_doubtful
