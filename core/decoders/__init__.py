"""Decoders, one file each: from a condition to tokens, step by step.

A decoder is a frozen dataclass; its fields are its options. It promises that the last step leaves
nothing masked and only codebook ids; that the same noise gives the same tokens; that `masked`
never grows, unless `remasks`; and that it resumes from any step's state with the same outcome.
From a state in which other tokens are masked or pinned than it left: what is masked is drawn, what
is pinned stays, and so does all the rest, unless `remasks`.
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

        Of `condition` label, task and what stands before the tokens are read: what is given among
        the tokens is the decoder's business.
        """
        ...

    def told(self, condition: Condition) -> Condition:
        """The condition in the way that the model was trained to be told it: as it is, with given
        tokens final, or with all that is given before the tokens."""
        ...

    def unconditional(self, condition: Condition) -> Condition:
        """The same tokens without label and task, for guidance."""
        ...


class Incremental(Protocol):
    """One decode of a causal model: it remembers what it computed of earlier positions.

    Positions count from 0 to length - 1 in raster order over (t, h, w).
    """

    def logits(self, first: int, tokens: Tensor) -> Tensor:
        """Logits of the next positions, given the tokens before each.

        What is remembered of the positions before `first` is used, what lies behind it is
        overwritten: going back is asking again from an earlier position.

        Args:
            first: the first position p that is asked for; all before it were asked for before.
            tokens: int64 (b, m): the tokens at p - 1 … p + m - 2. At p = 0 the first of them is
                not read: a learnt start stands in its place.

        Returns:
            float32 (b, m, K): logits of the tokens at p … p + m - 1.
        """
        ...


class Causal(Protocol):
    """What an autoregressive decoder knows of its model.

    Attributes:
        codebook_size: number of codes K; logits are over these alone.
    """

    codebook_size: int

    def begin(self, condition: Condition) -> Incremental:
        """A new decode of `condition`'s batch; of it, `labels` and `frames` are read."""
        ...


class Decoder(Protocol):
    """What the jobs know of a decoder.

    Attributes:
        label: in words, for a menu.
        transformers: names of the transformers that it decodes.
        remasks: may a decided token become masked again?
        refines: is it made to go on from a finished result (`DecodeState.restarted`)?
    """

    label: ClassVar[str]
    transformers: ClassVar[tuple[str, ...]]
    remasks: ClassVar[bool]
    refines: ClassVar[bool]

    def total(self, grid: tuple[int, int, int]) -> int:
        """Number of steps of a decode from the start of a token grid (t, h, w)."""
        ...

    def __call__(
        self,
        model: Any,
        condition: Condition,
        rng: Noise,
        state: DecodeState | None = None,
    ) -> Iterator[DecodeStep]:
        """Decode the condition, or go on from `state`; `rng` must then continue too.

        A state without a number of steps that are done is a branch: it is gone on from where about
        as many tokens are masked, and where it begins is reported as a step, if any is done there.
        """
        ...

    def chances(
        self,
        model: Any,
        condition: Condition,
        rng: Noise,
        state: DecodeState,
        place: tuple[int, int, int],
    ) -> Tensor:
        """How likely each code would be drawn at a place (t, h, w) from this state: float32 (b, K).

        Whatever stands there counts for nothing; all else is as in the state.
        """
        ...


DECODERS: Registry[Any] = Registry("decoder", __name__)
