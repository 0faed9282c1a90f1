"""Tokens of a clip, what is known of them, and one step of deciding the rest.

A token grid is an integer tensor (b, t, h, w); flattened, it is in raster order: t slowest, then
h, then w. Ids 0 … codebook_size-1 are codebook entries; negative ids are special tokens, counted
from the end of the transformer's vocabulary (MAGVIT, section 3.2; row V + id).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from core.tasks import Special

MASK = int(Special.MASK)
"""Id of a token that is not decided yet."""


@dataclass(frozen=True, eq=False)
class Condition:
    """What the user gives to the transformer.

    Attributes:
        tokens: int64 (b, t, h, w): the tokens of the filled clip; only read where `given`.
        given: bool (b, t, h, w): True where the token came from the user's picture.
        task_tokens: int64 (b,) special ids of the tasks (negative), e.g. -6 for outpainting.
        labels: int64 (b,) class indices; the number of classes itself means "unconditional".
        frames: float (b, 3, n, H, W) in [0, 1]: first frames of the clip, for a transformer that
            looks at pixels; None for one that does not, or when there are none to look at.
        final: given tokens are the result's, and never drawn again: for a transformer that was
            trained so (MaskGIT's way).
        before: int64 (b, n) ids that stand before the tokens, for a transformer that was trained
            so; special ids allowed.
    """

    tokens: Tensor
    given: Tensor
    task_tokens: Tensor
    labels: Tensor
    frames: Tensor | None = None
    final: bool = False
    before: Tensor | None = None

    @property
    def shape(self) -> tuple[int, int, int, int]:
        b, t, h, w = self.tokens.shape
        return b, t, h, w

    def joined(self, other: Condition) -> Condition:
        """Both as one batch, this one first."""
        return Condition(
            torch.cat([self.tokens, other.tokens]),
            torch.cat([self.given, other.given]),
            torch.cat([self.task_tokens, other.task_tokens]),
            torch.cat([self.labels, other.labels]),
            _both(self.frames, other.frames),
            self.final,
            _both(self.before, other.before),
        )

    def repeated(self, count: int) -> Condition:
        """`count` samples of a condition of one sample."""
        return Condition(
            self.tokens.repeat(count, 1, 1, 1),
            self.given.repeat(count, 1, 1, 1),
            self.task_tokens.repeat(count),
            self.labels.repeat(count),
            None if self.frames is None else self.frames.repeat(count, 1, 1, 1, 1),
            self.final,
            None if self.before is None else self.before.repeat(count, 1),
        )


def _both(one: Tensor | None, other: Tensor | None) -> Tensor | None:
    return None if one is None or other is None else torch.cat([one, other])


@dataclass(frozen=True, eq=False)
class DecodeStep:
    """What a decoder yields after each step.

    Attributes:
        index: 0-based number of this step; the last is total - 1. A decoder that decides one
            token at a time reports some of its steps: those between are counted, not yielded.
        total: number of steps of this decode.
        tokens: int64 (b, t, h, w): the drawn token everywhere, undecided places included.
        masked: bool (b, t, h, w): True where the next step decides again. All False at the end.
        confidence: float32 (b, t, h, w) in [0, 1]: probability of the drawn token when drawn.
    """

    index: int
    total: int
    tokens: Tensor
    masked: Tensor
    confidence: Tensor

    @property
    def last(self) -> bool:
        return self.index + 1 == self.total
