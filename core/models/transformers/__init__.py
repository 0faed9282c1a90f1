"""Transformers over token grids, one file each."""

from __future__ import annotations

from typing import Any, Protocol

from torch import Tensor

from core.registry import Registry
from core.tokens import Condition


class Bidirectional(Protocol):
    """What a masked decoder knows of its model.

    Attributes:
        codebook_size: number of codes K; logits are over these alone.
    """

    codebook_size: int

    def logits(self, tokens: Tensor, condition: Condition) -> Tensor:
        """Tokens int64 (b, t, h, w), special ids allowed → float32 (b, t, h, w, K).

        Only the label and task of `condition` are read: its tokens are the decoder's business.
        """
        ...


TRANSFORMERS: Registry[Any] = Registry("transformer", __name__)
