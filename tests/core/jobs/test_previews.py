"""Which pixels of a decode are shown before its end."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.jobs import previews
from core.jobs.clock import Clock
from core.jobs.preview_pace import CAUSAL_SHARE
from core.jobs.previews import Previews, begun
from core.tokens import DecodeStep

STRIDE = 2
GRID = (4, 1, 2)


class Levels:
    """A tokenizer whose pixels are the tokens; it remembers how many token frames it decoded."""

    codebook_size = 256
    stride = (STRIDE, 1, 1)

    def __init__(self) -> None:
        self.decoded: list[int] = []

    def encode(self, video: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError

    def decode(self, tokens: torch.Tensor) -> torch.Tensor:
        self.decoded.append(tokens.shape[1])
        levels = tokens.repeat_interleave(STRIDE, dim=1).float() / 255
        return levels.unsqueeze(1).expand(-1, 3, -1, -1, -1)


def step(decided: int, b: int = 1) -> DecodeStep:
    """The causal step after which the first `decided` tokens are drawn: 10, 11, 12, …"""
    count = torch.arange(8)
    tokens = torch.where(count < decided, count + 10, 99).view(1, *GRID).expand(b, *GRID)
    masked = (count >= decided).view(1, *GRID).expand(b, *GRID)
    return DecodeStep(decided - 1, 8, tokens, masked, (~masked).float())


def test_undecided_places_show_the_newest_decided_token_of_an_earlier_frame() -> None:
    def shown(decided: int) -> list[int]:
        done = step(decided)
        return begun(done.tokens, done.masked).flatten().tolist()

    assert shown(2) == [10, 11]
    assert shown(3) == [10, 11, 12, 11]
    assert shown(7) == [10, 11, 12, 13, 14, 15, 16, 15]


def test_causal_previews_begin_with_the_first_whole_frame_which_then_stands_still() -> None:
    tokenizer = Levels()
    shown = Previews(tokenizer, Clock(), causal=True)

    assert shown.of(step(1)) is None
    clips = shown.of(step(2, b=2))

    assert clips is not None
    assert clips.shape == (2, GRID[0] * STRIDE, 1, 2, 3)
    assert (clips[..., 0] == [10, 11]).all()
    assert tokenizer.decoded == [1, 1]  # no pixels are computed of what is not begun


def test_previews_take_at_most_their_share_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(Levels):
        def decode(self, tokens: torch.Tensor) -> torch.Tensor:
            nonlocal now
            now += 0.3
            return super().decode(tokens)

    now = 0.0
    monkeypatch.setattr(previews.time, "perf_counter", lambda: now)
    shown, taken = Previews(Slow(), Clock(), causal=True), 0
    while now < 60:
        taken += shown.of(step(3)) is not None
        now += 0.01

    assert taken * 0.3 / now == pytest.approx(CAUSAL_SHARE, abs=0.01)


def test_last_step_is_always_shown_and_exact_even_when_nobody_watches() -> None:
    shown = Previews(Levels(), Clock(), causal=True, watched=False)

    assert shown.of(step(7)) is None
    clips = shown.of(step(8))

    assert clips is not None
    assert np.array_equal(clips[0, ::STRIDE, 0, :, 0].flatten(), np.arange(10, 18))
