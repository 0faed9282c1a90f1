"""Which tasks come when, and how many frames are known."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.tasks import FIXED_TASKS, TASKS
from core.training.recipe import TransformerTraining
from core.training.task_examples import known_frames, task_shares, turns

TRAINING = TransformerTraining(steps=1, batch=4, paint_share=0.0, drop=0.0)


def test_without_a_choice_all_ten_tasks_come_alike_beside_painting() -> None:
    shares = task_shares(replace(TRAINING, paint_share=0.5))

    assert list(shares) == [*FIXED_TASKS, "paint"]
    assert shares["FP"] == pytest.approx(0.05)
    assert sum(shares.values()) == pytest.approx(1)


def test_tasks_come_as_often_as_their_weights_say() -> None:
    chosen = replace(TRAINING, tasks=("FP", "CG"), task_weights=(3.0, 1.0))

    assert task_shares(chosen) == {"FP": 0.75, "CG": 0.25}


def test_tasks_take_turns_exactly_balanced() -> None:
    order = turns(0, 2, (0.5, 0.25, 0.25))

    assert Counter(order) == {0: 200, 1: 100, 2: 100}
    assert order != tuple(sorted(order))
    assert turns(1, 2, (0.5, 0.25, 0.25)) != order
    assert turns(0, 2, (0.5, 0.25, 0.25)) == order


@given(st.sampled_from(sorted(TASKS)), st.integers(1, 20), st.integers(2, 16))
def test_something_is_left_to_generate(name: str, number: int, frames: int) -> None:
    task = TASKS[name]
    known = known_frames(task, number, frames)

    assert 1 <= known <= number
    if task.counts and frames > 2:
        assert not task.region((frames, 4, 4), known).all()
    else:
        assert known == 1 or task.counts
