"""How many tokens stay masked after each step."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import UserError
from core.schedules import SCHEDULES, masked_after, share


def test_cosine_in_twelve_steps_is_as_published() -> None:
    counts = (1015, 989, 946, 886, 812, 724, 623, 511, 391, 265, 133, 0)

    assert masked_after("cosine", 12, 1024) == counts


def test_uniform_rounds_as_the_compiled_loop_does() -> None:
    assert masked_after("uniform", 12, 1024)[8] == 255
    assert np.floor(np.float32(1024) * share("uniform", 9 / 12, 1024)) == 256


@given(
    name=st.sampled_from([*SCHEDULES, "pow2.5", "pow-3", "poly:1,0,0"]),
    steps=st.integers(1, 64),
    tokens=st.integers(0, 2000),
)
@settings(max_examples=200, deadline=None)
def test_counts_never_grow_and_end_at_zero(name: str, steps: int, tokens: int) -> None:
    counts = masked_after(name, steps, tokens)

    assert len(counts) == steps
    assert counts[-1] == 0
    assert all(a >= b for a, b in zip((tokens, *counts), counts, strict=False))
    decided = min(steps, tokens)  # one token at least in each step, while there are any
    assert all(count <= max(tokens - k, 1) for k, count in enumerate(counts[:decided], 1))


@pytest.mark.parametrize("name", SCHEDULES)
def test_share_falls_from_one_to_almost_nothing(name: str) -> None:
    shares = share(name, np.linspace(0.01, 1, 50), 1024)

    assert shares.dtype == np.float32
    assert (np.diff(shares) <= 0).all()
    assert shares[-1] == np.float32(1e-6)


def test_pow_takes_any_exponent() -> None:
    np.testing.assert_array_equal(share("pow2", 0.5, 9), share("pow-2.0", 0.5, 9))


@pytest.mark.parametrize("name", ["sine", "powx", "poly:a", ""])
def test_an_unknown_schedule_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(UserError, match="cosine"):
        masked_after(name, 12, 1024)
