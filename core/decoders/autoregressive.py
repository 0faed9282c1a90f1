"""Decoding in raster order: every token is drawn from what stands before it.

VideoGPT (arXiv 2104.10157) draws token by token. Here several positions may go through the model
in one pass: tokens that are known, and with speculative Jacobi decoding guesses of the next ones.
The noise of a position is always the same, so a token is a function of those before it (as in
arXiv 2002.09928, fixed-point iteration). Up to the first wrong guess, what is drawn is what drawing
one by one gives; what is drawn behind it are the next guesses. So the outcome does not depend on
what was guessed, only the number of passes does.

A decode may go on from a state in which tokens are masked between others that are known: these are
read and stay, and those are drawn from what stands before them now.

All that is so but for rounding, which differs with the number of positions in a pass: in float32 it
hardly ever changes a token, in bfloat16 it may change one in some hundred, and all that follow.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import ClassVar

import torch
from torch import Tensor

from core.decoders import DECODERS, Causal
from core.decoders.drawing import top_k_option, top_p_option
from core.decoders.state import DecodeState
from core.options import option
from core.sampling import Noise, draw, keep_likeliest
from core.threads import Threads
from core.tokens import Condition, DecodeStep

AT_ONCE = 32
"""Positions that go through the model in one pass at most."""
READ_AT_ONCE = 256
"""And where nothing is drawn behind them."""
NOISE_BLOCK = 64
"""The noise of so many positions is made at once."""
SILENCE_S = 0.05
"""A step is reported at least this often, so that a cancel is seen soon."""


@DECODERS.register("autoregressive")
@dataclass(frozen=True)
class Autoregressive:
    """One token after the other. Step k decides the token at raster position k.

    Not every step is reported. While a decode that goes on from a state reads again what was
    decided before, the last of those steps may be reported again.
    """

    label: ClassVar[str] = "Token by token"
    transformers: ClassVar[tuple[str, ...]] = ("causal", "autoregressive")
    remasks: ClassVar[bool] = False
    refines: ClassVar[bool] = False

    temperature: float = option(
        1.0,
        label="Temperature",
        minimum=0.0,
        maximum=5.0,
        step=0.05,
        help="Chance in which token is drawn: 0 takes the likeliest, 1 is what the model learnt.",
    )
    top_k: int = top_k_option()
    top_p: float = top_p_option()
    speculative: bool = option(
        False,
        label="Guess ahead",
        help="Guess the next tokens and keep those that drawing confirms: the same chances, and "
        "sooner where guesses are good.",
    )
    window: int = option(
        15,
        label="Tokens guessed",
        minimum=1,
        maximum=AT_ONCE - 1,
        help="How many tokens are guessed ahead.",
        advanced=True,
    )
    report_every: int = option(
        0,
        label="Tokens per update",
        minimum=0,
        help="How many tokens are decided between two updates; 0 is one row.",
        advanced=True,
    )

    def total(self, grid: tuple[int, int, int]) -> int:
        return prod(grid)

    @staticmethod
    def clock() -> float:
        """Seconds from any start."""
        return time.perf_counter()

    @torch.inference_mode()
    def __call__(
        self,
        model: Causal,
        condition: Condition,
        rng: Noise,
        state: DecodeState | None = None,
    ) -> Iterator[DecodeStep]:
        """Decode the condition, or go on from `state`."""
        run = _Run(self, model, condition, rng, state)
        every = self.report_every or condition.shape[3]
        if state and state.done is None and 0 < run.row.decided < run.row.total:
            yield run.row.step()
        reported, last = run.row.decided, self.clock()
        while run.place < run.row.total:
            run.go_on()
            decided = run.row.decided
            due = decided // every > reported // every or run.place == run.row.total
            if due or self.clock() - last >= SILENCE_S:
                yield run.row.step()
                reported, last = decided, self.clock()

    @torch.inference_mode()
    def chances(
        self,
        model: Causal,
        condition: Condition,
        rng: Noise,  # noqa: ARG002 - the order is always the same
        state: DecodeState,
        place: tuple[int, int, int],
    ) -> Tensor:
        """What stands before the place is read, nothing behind it."""
        row, incremental = _Row(condition, state), model.begin(condition)
        _, _, h, w = condition.shape
        end = (place[0] * h + place[1]) * w + place[2] + 1
        for first in range(0, end, READ_AT_ONCE):
            logits = incremental.logits(first, row.before(first, min(first + READ_AT_ONCE, end)))
        return self.likeliest(logits[:, -1]).softmax(-1)

    def likeliest(self, logits: Tensor) -> Tensor:
        """What is drawn among; as it is at temperature 0, which draws nothing by chance."""
        if not self.temperature:
            return logits
        scaled = logits if self.temperature == 1 else logits / self.temperature
        return keep_likeliest(scaled, self.top_k, self.top_p)


class _Run:
    """A decode on its way.

    Attributes:
        row: the tokens.
        place: the position that goes through the model next; before `row.decided` while what a
            state holds is read again.
    """

    def __init__(
        self,
        decoder: Autoregressive,
        model: Causal,
        condition: Condition,
        rng: Noise,
        state: DecodeState | None,
    ) -> None:
        self.row, self.place = _Row(condition, state), 0
        self._decoder, self._incremental = decoder, model.begin(condition)
        self._noise = _PlacedNoise(rng, condition.shape[0], model.codebook_size)
        self._next_free = self.row.next_free()
        self._ahead = decoder.window if decoder.speculative else 0
        self._widest = min(AT_ONCE, self.row.frame)
        cpu = condition.tokens.is_cpu
        self._timed, self._timed_reading = (
            Threads(decoder.clock) if cpu else _called for _ in range(2)
        )

    def go_on(self) -> None:
        """One pass: known tokens from the place on, one that is drawn, and guesses behind it."""
        row, first, free = self.row, self.place, self._next_free[self.place]
        if free == row.total:
            self.place = row.decided = row.total
            return
        end = min(free + 1 + self._ahead, first + self._widest, row.total)
        if self._ahead:
            row.guess(free, end)
        timed = self._timed if free == first else self._timed_reading
        self.place = timed(lambda: self._pass(first, min(free, end), end))
        row.decided = max(row.decided, self.place)

    def _pass(self, first: int, free: int, end: int) -> int:
        """Positions first … end - 1, of which those before `free` are known; the next place."""
        logits = self._incremental.logits(first, self.row.before(first, end))
        place = free
        if free < end:
            place += self.row.put(free, self._drawn(free, logits[:, free - first :]))
        self.row.explain(first, logits[:, : place - first])
        return place

    def _drawn(self, first: int, logits: Tensor) -> Tensor:
        """Tokens int64 (b, m) from logits (b, m, K)."""
        kept = self._decoder.likeliest(logits)
        if not self._decoder.temperature:
            return kept.argmax(-1)
        return draw(kept, self._noise(first, logits.shape[1]))


def _called(work: Callable[[], int]) -> int:
    return work()


class _Row:
    """The tokens of a decode as a row of positions, on the device. Those that are known at the
    start, given ones among them, stay.

    Attributes:
        total: number of positions.
        frame: how many of them are one frame.
        decided: how many are decided, from the first on.
    """

    def __init__(self, condition: Condition, state: DecodeState | None) -> None:
        self._shape, self._known = condition.shape, condition.given.flatten(1)
        b, self.total, device = len(self._known), self._known.shape[1], self._known.device
        self.frame = prod(self._shape[2:])
        # What stands before each position; nothing stands before the first.
        self._before = torch.zeros(b, self.total + 1, dtype=torch.int64, device=device)
        self._tokens = self._before[:, 1:]
        self._confidence = self._known.float()
        if state is None:
            self._tokens.copy_(torch.where(self._known, condition.tokens.flatten(1), 0))
        else:
            self._tokens.copy_(torch.from_numpy(state.tokens).flatten(1))
            self._confidence.copy_(torch.from_numpy(state.confidence).flatten(1))
            self._known = self._known | ~torch.from_numpy(state.masked).flatten(1).to(device)
        # Read once, so that no step waits for the device.
        self._known_to_all = self._known.all(0).tolist()
        self._known_to_some = self._known.any(0).tolist()
        self.decided = self._decided_at_start(state)
        self._guessed = self._explained = self.decided
        self._logits: list[Tensor] = []  # of tokens that are decided and not explained

    def _decided_at_start(self, state: DecodeState | None) -> int:
        """A branch goes back to the first token that is masked."""
        if state is None:
            return 0
        return self.next_free()[0] if state.done is None else state.done

    def next_free(self) -> list[int]:
        """For each position the first one from there on that is still to be drawn, or `total`."""
        free = [self.total] * (self.total + 1)
        for place in reversed(range(self.total)):
            free[place] = free[place + 1] if self._known_to_all[place] else place
        return free

    def before(self, first: int, end: int) -> Tensor:
        """Tokens (b, end - first) that stand before the positions first … end - 1."""
        return self._before[:, first:end]

    def guess(self, place: int, end: int) -> None:
        """Guesses up to `end` where there were none: the token of the frame before, or, in the
        first frame, the one before `place`."""
        begin = self._guessed
        if begin >= end:
            return
        if begin < self.frame:
            guess = self._before[:, place : place + 1]
        else:
            guess = self._tokens[:, begin - self.frame : end - self.frame]
        fresh = self._tokens[:, begin:end]
        fresh.copy_(torch.where(self._known[:, begin:end], fresh, guess))
        self._guessed = end

    def put(self, first: int, drawn: Tensor) -> int:
        """Puts drawn tokens (b, m) where none are known; how many of them are right.

        The first is; each further one is if in all samples the token before it is what had been
        guessed. The others are the next guesses.
        """
        m = drawn.shape[1]
        places = slice(first, first + m)
        tokens = self._tokens[:, places]
        if any(self._known_to_some[places]):
            drawn = torch.where(self._known[:, places], tokens, drawn)
        right = 1
        if m > 1:
            guessed = (drawn == tokens)[:, :-1].all(0)
            right += int(guessed.cumprod(0).sum())
        tokens.copy_(drawn)
        return right

    def explain(self, first: int, logits: Tensor) -> None:
        """Takes the logits (b, m, K) of tokens from `first` on that are decided now."""
        self._logits.append(logits[:, max(0, self._explained - first) :])

    def step(self) -> DecodeStep:
        """The last decided position's."""
        self._settle()
        undecided = torch.arange(self.total, device=self._known.device) >= self.decided
        tokens, masked, confidence = (
            row.clone().view(self._shape)
            for row in (self._tokens, undecided & ~self._known, self._confidence)
        )
        return DecodeStep(self.decided - 1, self.total, tokens, masked, confidence)

    def _settle(self) -> None:
        """Confidence of the tokens that were decided since the last time."""
        if not self._logits:
            return
        chances = torch.cat(self._logits, dim=1).softmax(-1)
        self._logits.clear()
        places = slice(self._explained, self._explained + chances.shape[1])
        chosen = chances.gather(-1, self._tokens[:, places].unsqueeze(-1)).squeeze(-1)
        confidence = self._confidence[:, places]
        confidence.copy_(torch.where(self._known[:, places], confidence, chosen))
        self._explained = places.stop


class _PlacedNoise:
    """Gumbel noise that belongs to a position, whatever was drawn before."""

    def __init__(self, rng: Noise, batch: int, codes: int) -> None:
        @lru_cache(maxsize=2)
        def block(number: int) -> Tensor:
            return rng.gumbel_of(number, (batch, NOISE_BLOCK, codes))

        self._block = block

    def __call__(self, first: int, count: int) -> Tensor:
        """(b, count, K); at most a block."""
        number, offset = divmod(first, NOISE_BLOCK)
        if offset + count <= NOISE_BLOCK:
            return self._block(number)[:, offset : offset + count]
        both = torch.cat([self._block(number), self._block(number + 1)], dim=1)
        return both[:, offset : offset + count]
