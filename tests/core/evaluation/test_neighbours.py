"""A clip that is in the training footage is found; others are not taken for copies."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.errors import UserError
from core.evaluation import neighbours
from core.evaluation.neighbours import Neighbours, _Search, described
from core.evaluation.request import EvaluateRequest
from core.training.data import load_footage
from core.training.recipe import sources_of
from tests.bundles import tiny_bundle
from tests.core.training.conftest import moving_circle, write_video

COLOURS = ((220, 30, 30), (30, 220, 30), (30, 30, 220))


@pytest.fixture
def training(tmp_path: Path) -> Path:
    for number, colour in enumerate(COLOURS):
        write_video(moving_circle(colour), tmp_path / "train" / "left" / f"{number}.mp4")
    return tmp_path / "train"


def test_a_copy_is_found_where_it_is(training: Path) -> None:
    footage = load_footage(sources_of(training), Path(), split="train")
    frames = 4
    wanted = np.stack(list(footage.videos[1].frames(range(2, 2 + frames))))
    search = _Search(described(wanted)[None], frames, 1)

    for number in range(len(footage)):
        search.look_at(number, footage)

    (found,) = search.neighbours
    assert (found.video, found.first, found.stride) == (1, 2, 1)
    assert found.distance < 0.5
    assert search.seen > 3


def test_generated_clips_beside_held_out_ones(training: Path, tmp_path: Path) -> None:
    write_video(moving_circle((120, 120, 30)), tmp_path / "val" / "left" / "0.mp4")
    bundle = tiny_bundle(tmp_path / "tiny")
    request = EvaluateRequest(bundle, tmp_path / "val", clips=3, batch=2, windows=0)
    request = replace(request, options={"steps": 2})

    *counts, found = neighbours.run(request, training, "CG")

    assert counts == [1, 2, 3]
    assert isinstance(found, Neighbours)
    assert found.clips.shape == found.nearest.shape
    assert all(0 < one.distance < 255 for one in (*found.made, *found.real))
    figures = found.figures
    assert figures["made_least"] <= figures["made_median"]
    assert 0 <= figures["near"] <= 1


def test_unknown_task_is_refused(training: Path, tmp_path: Path) -> None:
    request = EvaluateRequest(tiny_bundle(tmp_path / "tiny"), training)

    with pytest.raises(UserError, match="does not know task continue"):
        next(neighbours.run(request, training, "continue"))
