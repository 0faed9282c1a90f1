"""Recordings repeat from their seed, move, and keep their splits apart."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from core.errors import UserError
from core.media.reading import open_clip
from core.recording.dataset import FIRST_SEEDS, RecordRequest, record
from core.recording.doom import SCENARIOS, record_episode

pytest.importorskip("vizdoom", reason="recording needs the optional package vizdoom")


def test_same_seed_same_frames_and_they_move() -> None:
    first, second = (record_episode(SCENARIOS["maze"], 4, 20).frames for _ in range(2))

    assert first.shape == (20, 120, 160, 3)
    assert np.array_equal(first, second)
    assert (first[0] != first[-1]).mean() > 0.3


def test_other_seed_other_frames() -> None:
    clips = [record_episode(SCENARIOS["maze"], seed, 5).frames for seed in (1, 2)]

    assert not np.array_equal(*clips)


def test_a_set_is_recorded_once(tmp_path: Path) -> None:
    request = RecordRequest(tmp_path, train=1, val=1, frames=6, scenarios=("acid",))

    *_, first = record(request)
    *_, again = record(request)

    paths = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.mp4"))
    assert paths == ["train/acid/000.mp4", "val/acid/000.mp4"]
    assert (first.frames, again.frames) == (12, 0)
    assert not np.array_equal(*(open_clip(tmp_path / path).read(0, 6).frames for path in paths))


def test_splits_never_share_a_seed() -> None:
    starts = sorted(FIRST_SEEDS.values())

    assert all(after - before >= 100 * 10_000 for before, after in pairwise(starts))


def test_an_unknown_scenario_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no scenario called “moon”"):
        RecordRequest(tmp_path, scenarios=("moon",))
