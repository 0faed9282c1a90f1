"""Decoding that takes tokens back by chance: any decided token may be masked again and drawn anew.

ReMDM, arXiv 2503.00307. A step is to raise the share of visible tokens from α to α′ on average.
Each visible token is masked again with probability σ; each masked one is decided with probability
(α′ − (1 − σ) α) / (1 − α), so that the share grows as it would without remasking. That is possible
for 0 ≤ σ ≤ σ_max = min(1, (1 − α′) / α).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from core.decoders import DECODERS
from core.decoders.passes import MaskedDecoder, Pass, Rule
from core.options import option
from core.sampling import Noise, uniform
from core.schedules import share
from core.tokens import Condition

HELD, RISES_UNTIL, FALLS_FROM = 0.9, 0.45, 0.95
"""A loop holds this share of visible tokens, between these shares of the steps."""

WAYS: dict[str, Callable[[float, float], float]] = {
    "rescale": lambda eta, most: eta * most,
    "cap": min,
    "conf": lambda eta, most: eta * most,
    "loop": min,
}
"""σ from the strength η and σ_max; a mean over the tokens where they differ."""


def largest_sigma(before: float, after: float) -> float:
    """σ_max of a step from the share α = `before` to α′ = `after`, 0 ≤ before ≤ after ≤ 1."""
    return min(1.0, (1 - after) / before) if before else 1.0


@DECODERS.register("remdm")
@dataclass(frozen=True)
class ReMDM(MaskedDecoder):
    """Given tokens start as hints, like COMMIT's, and are hints again when they are taken back."""

    label = "Taking back by chance (ReMDM)"
    remasks: ClassVar[bool] = True

    way: str = option(
        "rescale",
        label="Taken back",
        choices=tuple(WAYS),
        help="rescale: a share of what is possible; cap: up to a chance; conf: the unsure rather; "
        "loop: in the middle of the decode alone.",
    )
    strength: float = option(
        0.1,
        label="Strength",
        minimum=0.0,
        maximum=1.0,
        step=0.05,
        help="How much is taken back: 0 nothing, 1 as much as possible.",
    )

    def _rule(self, condition: Condition, rng: Noise) -> Rule:
        visible = self.visible(condition.given[0].numel())

        def mask_by_chance(done: Pass) -> Tensor:
            before, after = visible[done.index : done.index + 2]
            again = self.again(before, after, done)
            decided = self.decided(before, after, done, again)
            chance = uniform(rng.gumbel(done.masked.shape))
            return torch.where(done.masked, chance > decided, chance < again)

        return mask_by_chance

    def visible(self, tokens: int) -> list[float]:
        """Shares of visible tokens: at the start, and after each step on average."""
        if self.way != "loop":
            return [0.0, *self._rising(self.steps, tokens)[:-1], 1.0]
        rising = max(1, round(RISES_UNTIL * self.steps))
        falling = max(1, round((1 - FALLS_FROM) * self.steps))
        held = max(self.steps - rising - falling, 0)
        first = [HELD * share for share in self._rising(rising, tokens)]
        last = [HELD + (1 - HELD) * (step + 1) / falling for step in range(falling)]
        return [0.0, *(first + [HELD] * held + last)[: self.steps - 1], 1.0]

    def _rising(self, steps: int, tokens: int) -> list[float]:
        return [1 - float(share(self.schedule, (k + 1) / steps, tokens)) for k in range(steps)]

    def again(self, before: float, after: float, done: Pass) -> Tensor:
        """σ of each token, (b, t, h, w)."""
        most = largest_sigma(before, after)
        sigma = WAYS[self.way](self.strength, most)
        if self.way == "loop" and before != after:
            sigma = 0.0
        if self.way != "conf":
            return torch.full_like(done.confidence, sigma)
        visible = ~done.masked
        doubt = torch.where(visible, -done.confidence, -torch.inf).flatten(1).softmax(1)
        count = visible.sum((1, 2, 3), keepdim=True)
        return (sigma * count * doubt.nan_to_num().view(visible.shape)).clamp(max=most)

    def decided(self, before: float, after: float, done: Pass, again: Tensor) -> Tensor:
        """The probability with which a masked token is decided, (b, 1, 1, 1)."""
        visible = ~done.masked
        count = visible.sum((1, 2, 3), keepdim=True).clamp(min=1)
        sigma = (again * visible).sum((1, 2, 3), keepdim=True) / count
        # So written that it is exactly 1 in the last step, where nothing is taken back.
        return (after - before) / (1 - before) + sigma * (before / (1 - before))
