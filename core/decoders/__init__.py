"""Decoders, one file each: from a condition to tokens, step by step.

A decoder is a frozen dataclass; its fields are its options. It promises that the last step leaves
nothing masked and only codebook ids; that the same noise gives the same tokens; that `masked`
never grows, unless `remasks`; and that it resumes from any step's state with the same outcome.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Protocol

from torch import Tensor

from core.decoders.state import DecodeState
from core.registry import Registry
from core.sampling import Noise
from core.tokens import Condition, DecodeStep


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

    def unconditional(self, condition: Condition) -> Condition:
        """The same tokens without label and task, for guidance."""
        ...


class Decoder(Protocol):
    """What the jobs know of a decoder.

    Attributes:
        label: in words, for a menu.
        remasks: may a decided token become masked again?
    """

    label: ClassVar[str]
    remasks: ClassVar[bool]

    @property
    def steps(self) -> int:
        """Number of steps of a decode from the start."""
        ...

    def __call__(
        self,
        model: Bidirectional,
        condition: Condition,
        rng: Noise,
        state: DecodeState | None = None,
    ) -> Iterator[DecodeStep]:
        """Decode the condition, or go on from `state`; `rng` must then continue too."""
        ...


DECODERS: Registry[Any] = Registry("decoder", __name__)
