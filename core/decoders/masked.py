"""Decoding in a fixed number of passes: all masked tokens are drawn at once, the surest are kept.

COMMIT is MAGVIT's way (arXiv 2212.05199, algorithm 1): tokens of the user's picture stand in as
hints, and are drawn again like all others. MaskGIT (arXiv 2202.04200) leaves them as they are.
Both are the same rule from another start. It follows the authors' code where paper and code
differ: the noise is added to log p, and counts are floored.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from core.decoders import DECODERS
from core.decoders.passes import MaskedDecoder, Pass, Rule
from core.options import option
from core.sampling import Noise
from core.tokens import Condition


@dataclass(frozen=True)
class ByConfidence(MaskedDecoder):
    """Of the tokens that were just drawn, the surest are kept; a subclass says what is masked at
    the start."""

    choice_temperature: float = option(
        4.5,
        label="Choice temperature",
        minimum=0.0,
        maximum=1000.0,
        step=0.5,
        help="Chance in which tokens are kept: 0 keeps the surest, more varies the result.",
    )

    def _rule(self, condition: Condition, rng: Noise) -> Rule:
        def how_sure(after: Pass) -> Tensor:
            left = 1 - (after.index + 1) / self.steps
            noise = rng.gumbel(after.log_p.shape)
            return after.log_p + self.choice_temperature * left * noise

        return Rule(self._counts(self._masked_at_start(condition)), how_sure)


@DECODERS.register("commit")
class Commit(ByConfidence):
    """All tokens start masked; given ones stand in as hints while they are."""

    label = "COMMIT (MAGVIT)"


@DECODERS.register("maskgit")
class MaskGIT(ByConfidence):
    """Given tokens are kept from the start; the rest starts masked."""

    label = "MaskGIT"

    def _masked_at_start(self, condition: Condition) -> Tensor:
        return ~condition.given
