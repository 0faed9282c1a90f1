"""Moving shapes and digits: from a seed, inside the picture, straight and bouncing."""

from __future__ import annotations

import json
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import UserError
from core.recording.requests import SyntheticRequest
from core.recording.synthetic import SHAPES, digit_classes, moving_digits, moving_shapes
from core.recording.synthetic_set import record_synthetic
from core.training.data import Cut, load_footage
from core.training.recipe import DataSource


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 12), st.sampled_from([16, 33, 64]))
def test_shapes_repeat_and_have_a_class(seed: int, frames: int, size: int) -> None:
    (first, label), (second, again) = (
        moving_shapes(np.random.default_rng(seed), frames, size) for _ in range(2)
    )

    assert first.dtype == np.uint8
    assert first.shape == (frames, size, size, 3)
    assert np.array_equal(first, second)
    assert label == again
    assert 0 <= label < len(SHAPES)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 3))
def test_digits_stay_inside_and_are_white(seed: int, digits: int) -> None:
    clip, label = moving_digits(np.random.default_rng(seed), 40, 64, digits)

    assert clip.shape == (40, 64, 64, 3)
    assert 0 <= label < len(digit_classes(digits))
    assert (clip[..., 0] == clip[..., 1]).all()
    # What one digit's ink amounts to stays about the same: none of it leaves the picture.
    if digits == 1:
        ink = clip[..., 0].astype(float).sum((1, 2))
        assert ink.min() > 0.95 * ink.max() > 0


def test_coloured_digits_have_colours() -> None:
    clips = [moving_digits(np.random.default_rng(seed), 2, 32, 2, True)[0] for seed in range(8)]

    assert any((clip[..., 0] != clip[..., 2]).any() for clip in clips)


def test_things_move_from_frame_to_frame_and_not_far() -> None:
    clip, _ = moving_digits(np.random.default_rng(3), 30, 64, 1)
    weights = clip[..., 0].astype(float)
    rows, columns = np.mgrid[:64, :64]
    middles = np.stack(
        [(weights * axis).sum((1, 2)) / weights.sum((1, 2)) for axis in (rows, columns)], 1
    )
    steps = np.hypot(*np.diff(middles, axis=0).T)

    assert steps.max() < 0.08 * 64
    assert np.median(steps) > 0.015 * 64


def test_classes_of_pairs() -> None:
    assert digit_classes(1) == tuple("0123456789")
    assert len(digit_classes(2)) == 55
    assert "38" in digit_classes(2)
    assert "83" not in digit_classes(2)


@pytest.mark.parametrize("source", ["shapes", "digits"])
def test_a_set_has_classes_and_splits_and_is_written_once(tmp_path: Path, source: str) -> None:
    request = SyntheticRequest(tmp_path, source, clips=20, frames=4, size=16, val_share=0.2)

    *_, last = record_synthetic(request)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.mp4")}
    list(record_synthetic(request))

    assert (last.fraction, last.frames) == (1, 80)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.mp4")} == before
    assert len(list(tmp_path.glob("train/*/*.mp4"))) == 16
    assert len(list(tmp_path.glob("val/*/*.mp4"))) == 4
    classes = json.loads((tmp_path / "dataset.json").read_text("utf-8"))["classes"]
    assert {path.parent.name for path in before} <= set(classes)


def test_what_is_read_back_is_what_was_drawn(tmp_path: Path) -> None:
    list(record_synthetic(SyntheticRequest(tmp_path, "shapes", clips=1, val_share=0)))
    drawn, label = moving_shapes(np.random.default_rng((0, 0, 0)), 32, 64)

    (path,) = tmp_path.glob(f"train/{SHAPES[label]}/*.mp4")
    with av.open(str(path)) as container:
        read = np.stack([each.to_ndarray(format="rgb24") for each in container.decode(video=0)])
    assert read.shape == drawn.shape
    error = ((read.astype(float) - drawn) ** 2).mean()
    assert 10 * np.log10(255**2 / error) > 38


def test_a_set_is_footage_to_train_on(tmp_path: Path) -> None:
    list(record_synthetic(SyntheticRequest(tmp_path, "shapes", clips=30, frames=6, size=16)))
    source, cut = DataSource(folder=str(tmp_path)), Cut(frames=4, size=16)

    for split in ("train", "val"):
        footage = load_footage([source], tmp_path, SHAPES, split)
        drawn = footage.draw(np.random.default_rng(0), cut)
        assert drawn.frames.shape == (4, 16, 16, 3)
        assert footage.classes == SHAPES
        assert f"/{split}/{SHAPES[drawn.label]}/" in f"/{split}/{drawn.name}"


def test_another_seed_is_refused_in_the_same_folder(tmp_path: Path) -> None:
    list(record_synthetic(SyntheticRequest(tmp_path, "shapes", clips=1, frames=2, size=16)))

    with pytest.raises(UserError, match="with seed 0, not 5"):
        list(
            record_synthetic(
                SyntheticRequest(tmp_path, "shapes", clips=1, frames=2, size=16, seed=5)
            )
        )


@pytest.mark.parametrize("changes", [{"clips": 0}, {"size": 8}, {"val_share": -0.1}, {"seed": -1}])
def test_a_request_out_of_range_is_refused(tmp_path: Path, changes: dict[str, int]) -> None:
    with pytest.raises(UserError, match="--"):
        SyntheticRequest(tmp_path, "shapes", **({"clips": 4} | changes))
