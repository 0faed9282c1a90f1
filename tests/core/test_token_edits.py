"""Marks on tokens: one at most for each, and the same ones after JSON."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from core.token_edits import AGAIN, FREE, KEPT, TokenEdits

GRIDS = st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(1, 4))
EDITS = GRIDS.flatmap(
    lambda grid: st_numpy.arrays(np.int32, grid, elements=st.integers(KEPT, 9))
).map(TokenEdits)


@given(EDITS)
def test_marks_survive_json(edits: TokenEdits) -> None:
    back = TokenEdits.from_json(json.loads(json.dumps(edits.to_json())))

    assert back == edits
    assert hash(back) == hash(edits)
    assert back != edits.marked(np.ones(edits.grid, bool), 10)


@given(EDITS)
def test_a_token_has_one_mark_and_what_is_chosen_is_kept(edits: TokenEdits) -> None:
    assert not (edits.again & edits.pinned).any()
    assert (edits.chosen <= edits.pinned).all()
    assert edits.empty == (not (edits.again | edits.pinned).any())


@given(EDITS)
def test_what_was_decided_again_is_no_mark_of_the_decode_that_follows(edits: TokenEdits) -> None:
    settled = edits.settled()

    assert np.array_equal(settled.pinned, edits.pinned)
    assert not settled.again.any()
    assert not settled.chosen.any()


def test_marking_takes_the_place_of_the_mark_before_and_leaves_the_original() -> None:
    before = TokenEdits.none((1, 2, 2))
    here = np.array([[[True, False], [False, False]]])

    after = before.marked(here, AGAIN).marked(here, 7)

    assert before.empty
    assert after.marks.tolist() == [[[7, FREE], [FREE, FREE]]]


@pytest.mark.parametrize(
    "changes",
    [
        {"again": [4]},
        {"kept": [-1]},
        {"chosen": [[0, -1]]},
        {"grid": [2, 2]},
        {"again": "all"},
    ],
)
def test_what_is_no_mark_is_refused(changes: dict[str, Any]) -> None:
    data = TokenEdits.none((1, 2, 2)).to_json()

    with pytest.raises((ValueError, KeyError, TypeError)):
        TokenEdits.from_json(data | changes)
