"""Clips are cut alike from the same seed; licences and classes come from the folders."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from core.errors import UserError
from core.recording.dataset import write_video
from core.training.data import Cut, Video, cut_clip, load_footage
from core.training.recipe import DataSource
from tests.core.training.conftest import moving_circle

CUT = Cut(frames=4, size=16, strides=2, zoom=0.5)


def a_video(frames: int = 12) -> Video:
    pictures = np.random.default_rng(0).integers(0, 256, (frames, 20, 30, 3), np.uint8)
    return Video(pictures, label=0, weight=1.0, flip=True, name="noise")


def test_same_seed_same_clip() -> None:
    clips = [cut_clip(a_video(), np.random.default_rng(7), CUT) for _ in range(2)]

    assert clips[0].shape == (4, 16, 16, 3)
    assert np.array_equal(*clips)


def test_a_video_that_is_too_short_repeats_its_last_frame() -> None:
    clip = cut_clip(a_video(frames=2), np.random.default_rng(0), CUT)

    assert np.array_equal(clip[1], clip[3])


def test_sub_folders_are_classes(recipe_file: Path) -> None:
    footage = load_footage([DataSource("videos")], recipe_file.parent)

    rng = np.random.default_rng(0)
    clips = [footage.draw(rng, CUT) for _ in range(8)]

    assert footage.classes == ("green", "red")
    assert {clip.label for clip in clips} == {0, 1}
    for clip in clips:
        assert clip.frames.shape == (4, 16, 16, 3)
        assert clip.frames[..., 1 - clip.label].max() > clip.frames[..., clip.label].max()


def test_only_allowed_licences_are_read(tmp_path: Path) -> None:
    items = []
    for name, licence in (("free", "A"), ("not", "N")):
        write_video(moving_circle((255, 0, 0)), tmp_path / "train" / f"{name}.mp4")
        items.append({"file": f"train/{name}.mp4", "licence_class": licence})
    (tmp_path / "manifest.json").write_text(json.dumps({"items": items}))
    source = DataSource("train", label="footage", licences=("A", "B"))

    footage = load_footage([source], tmp_path)

    assert [video.name for video in footage.videos] == ["train/free.mp4"]


@pytest.mark.parametrize("folder", ["missing", "empty"])
def test_a_folder_without_videos_is_refused(tmp_path: Path, folder: str) -> None:
    (tmp_path / "empty").mkdir()

    with pytest.raises(UserError, match=folder):
        load_footage([DataSource(folder)], tmp_path)


def test_a_manifest_is_needed_to_tell_licences(recipe_file: Path) -> None:
    with pytest.raises(UserError, match=r"manifest\.json"):
        load_footage([DataSource("videos", licences=("A",))], recipe_file.parent)
