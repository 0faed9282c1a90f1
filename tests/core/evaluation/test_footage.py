"""Which clips an evaluation shows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.cards import ModelCard
from core.errors import UserError
from core.evaluation.footage import held_out, noise_seeds, shown
from core.evaluation.request import EvaluateRequest
from tests.bundles import CLASSES, GRID, tiny_bundle
from tests.core.training.conftest import moving_circle, write_video


@pytest.fixture
def request_(tmp_path: Path) -> EvaluateRequest:
    for split in ("train", "val"):
        for name, brightness in (("left", 250), ("other", 100)):
            level = brightness if split == "val" else 0
            colour = (level, level, level)
            write_video(moving_circle(colour, frames=12), tmp_path / split / name / "0.mp4")
    return EvaluateRequest(tiny_bundle(tmp_path / "tiny"), tmp_path, seed=4)


def test_a_clip_depends_on_seed_and_number_alone(request_: EvaluateRequest) -> None:
    card = ModelCard.read(request_.bundle)
    footage = held_out(request_, card)

    together = shown(request_, card, footage, range(4))
    alone = shown(replace(request_, clips=9, batch=1), card, footage, range(2, 3))
    others = shown(replace(request_, seed=5), card, footage, range(4))

    assert together.frames.shape == (4, *GRID, 3)
    assert together.windows.shape == (8, *GRID, 3)
    assert np.array_equal(together.frames[2], alone.frames[0])
    assert np.array_equal(together.painted[2], alone.painted[0])
    assert np.array_equal(together.windows[4:6], alone.windows)
    assert together.labels[2] == alone.labels[0]
    assert not np.array_equal(together.frames, others.frames)
    seeds = noise_seeds(request_, range(4), 0)
    assert noise_seeds(request_, range(2, 3), 0) == seeds[2:3]
    assert len({*seeds, *noise_seeds(request_, range(4), 1)}) == 8


def test_clips_are_held_out_and_know_the_classes_of_the_model(request_: EvaluateRequest) -> None:
    card = ModelCard.read(request_.bundle)

    clips = shown(request_, card, held_out(request_, card), range(12))

    assert clips.frames.max(axis=(1, 2, 3, 4)).min() > 60  # those of train are black
    assert set(clips.labels) == {CLASSES.index("left"), len(CLASSES)}


def test_clips_that_are_not_square_cannot_be_measured(request_: EvaluateRequest) -> None:
    card = replace(ModelCard.read(request_.bundle), width=24)

    with pytest.raises(UserError, match="only square ones"):
        held_out(request_, card)
