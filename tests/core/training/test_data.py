"""Clips are cut alike from the same seed, whatever was drawn before and whatever is in memory."""

from __future__ import annotations

import pickle
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clip import Frames
from core.errors import UserError
from core.training.data import Cut, cut_clip, load_footage
from core.training.held import HeldVideo
from core.training.recipe import DataSource
from tests.core.training.conftest import footage_of, moving_circle, write_video

CUT = Cut(frames=4, size=16, strides=2, zoom=0.5)


def noise(frames: int = 12, seed: int = 0) -> Frames:
    return np.random.default_rng(seed).integers(0, 256, (frames, 20, 30, 3), np.uint8)


def test_same_seed_same_clip() -> None:
    clips = [cut_clip(HeldVideo(noise()), np.random.default_rng(7), CUT, True)[0] for _ in range(2)]

    assert clips[0].shape == (4, 16, 16, 3)
    assert np.array_equal(*clips)


def test_a_video_that_is_too_short_repeats_its_last_frame() -> None:
    clip, numbers = cut_clip(HeldVideo(noise(frames=2)), np.random.default_rng(0), CUT)

    assert numbers == (0, 1, 1, 1)
    assert np.array_equal(clip[1], clip[3])


@given(st.integers(1, 40), st.integers(1, 8), st.integers(1, 5), st.integers(0, 99))
def test_every_frame_may_be_the_first_that_leaves_room(
    total: int, frames: int, strides: int, seed: int
) -> None:
    video = HeldVideo(np.repeat(np.arange(total, dtype=np.uint8), 2 * 2 * 3).reshape(-1, 2, 2, 3))

    clip, _ = cut_clip(video, np.random.default_rng(seed), Cut(frames, 2, strides, zoom=1))

    numbers = clip[:, 0, 0, 0].astype(int)
    steps = np.diff(numbers)
    if total >= frames:
        assert len(set(steps.tolist())) <= 1
        assert all(1 <= step <= strides for step in steps)
    else:
        assert numbers[-1] == total - 1


def test_the_last_window_is_drawn_too() -> None:
    footage = footage_of(np.repeat(np.arange(6, dtype=np.uint8), 12).reshape(-1, 2, 2, 3))
    cut = Cut(frames=4, size=2, strides=1, zoom=1)

    firsts = {
        int(footage.draw(np.random.default_rng(seed), cut).frames[0, 0, 0, 0]) for seed in range(60)
    }

    assert firsts == {0, 1, 2}


def test_sub_folders_are_classes(recipe_file: Path) -> None:
    footage = load_footage([DataSource("videos", split="all")], recipe_file.parent)
    rng = np.random.default_rng(0)

    clips = [footage.draw(rng, CUT) for _ in range(8)]

    assert footage.classes == ("green", "red")
    assert {clip.frames.shape for clip in clips} == {(4, 16, 16, 3)}
    assert {clip.frames.dtype for clip in clips} == {np.dtype(np.uint8)}
    reds = [clip.frames for clip in clips if clip.label == 1]
    assert 0 < len(reds) < 8
    assert all(red[..., 0].max() > red[..., 1].max() for red in reds)


def test_a_class_that_a_model_does_not_know_is_unknown(recipe_file: Path) -> None:
    source = DataSource("videos/green", label="green", split="all")
    footage = load_footage([source], recipe_file.parent, classes=("red", "blue"))

    assert footage.draw(np.random.default_rng(0), CUT).label == 2


def test_sources_are_drawn_by_weight_and_videos_by_length(tmp_path: Path) -> None:
    for name, frames in (("a/long", 30), ("a/short", 10), ("b/other", 20)):
        write_video(moving_circle((255, 0, 0), frames), tmp_path / f"{name}.mp4")
    sources = [DataSource("a", weight=0.8, split="all"), DataSource("b", weight=0.2, split="all")]
    footage = load_footage(sources, tmp_path)

    drawn = [footage.draw(np.random.default_rng(seed), CUT).name for seed in range(400)]

    shares = {name: drawn.count(name) / 400 for name in set(drawn)}
    assert shares["a/long.mp4"] == pytest.approx(0.6, abs=0.08)
    assert shares["a/short.mp4"] == pytest.approx(0.2, abs=0.08)
    assert shares["b/other.mp4"] == pytest.approx(0.2, abs=0.08)


def test_memory_pickling_and_order_change_no_pixel(recipe_file: Path) -> None:
    sources = [DataSource("videos", flip=True, split="all")]
    roomy = load_footage(sources, recipe_file.parent)
    tight = load_footage(sources, recipe_file.parent, held_bytes=0)

    straight = [roomy.draw(np.random.default_rng(seed), CUT) for seed in range(6)]
    sent = pickle.loads(pickle.dumps(roomy))
    backwards = [sent.draw(np.random.default_rng(seed), CUT) for seed in range(5, -1, -1)][::-1]
    decoded = [tight.draw(np.random.default_rng(seed), CUT) for seed in range(6)]

    assert roomy.videos.held_bytes > 0
    assert tight.videos.held_bytes == 0
    for clips in zip(straight, backwards, decoded, strict=True):
        assert len({clip.name for clip in clips}) == 1
        assert all(np.array_equal(clips[0].frames, other.frames) for other in clips[1:])


def test_memory_stays_bounded_however_much_footage_there_is(tmp_path: Path) -> None:
    for number in range(12):
        write_video(moving_circle((200, 0, 0), 30, size=64), tmp_path / f"{number}.mp4")
    footage = load_footage([DataSource(".", split="all")], tmp_path, held_bytes=3 << 20)
    whole = 30 * 64 * 64 * 3  # bytes of one video: 12 of them are 4.2 MiB

    tracemalloc.start()
    for seed in range(60):
        footage.draw(np.random.default_rng(seed), CUT)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert whole <= footage.videos.held_bytes <= 3 << 20
    assert peak < (3 << 20) + 3 * whole


def test_another_video_is_other_footage(tmp_path: Path) -> None:
    source = DataSource(".", split="all")
    write_video(moving_circle((255, 0, 0)), tmp_path / "a.mp4")
    one = load_footage([source], tmp_path)
    assert one.fingerprint == load_footage([source], tmp_path).fingerprint

    write_video(moving_circle((255, 0, 0)), tmp_path / "b.mp4")

    assert one.fingerprint != load_footage([source], tmp_path).fingerprint


def test_broken_files_are_named_and_left_out(tmp_path: Path) -> None:
    write_video(moving_circle((255, 0, 0)), tmp_path / "good.mp4")
    (tmp_path / "bad.mp4").write_bytes(b"<html>not here</html>")

    footage = load_footage([DataSource(".", split="all")], tmp_path)

    assert list(footage.skipped) == [f"{tmp_path.name}/bad.mp4"]
    assert "web page" in footage.skipped[f"{tmp_path.name}/bad.mp4"]
    assert footage.draw(np.random.default_rng(0), CUT).name == f"{tmp_path.name}/good.mp4"


def test_damage_that_shows_late_changes_nothing_but_the_damaged_video(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        write_video(moving_circle((255, 0, 0)), tmp_path / f"{name}.mp4")
    footage = load_footage([DataSource(".", split="all")], tmp_path)
    fresh = pickle.dumps(footage)
    (tmp_path / "b.mp4").write_bytes(b"nothing")

    seeds = range(12)
    drawn = [footage.draw(np.random.default_rng(seed), CUT) for seed in seeds]
    alone = [pickle.loads(fresh).draw(np.random.default_rng(seed), CUT) for seed in seeds]

    assert {clip.name.split("/")[1] for clip in drawn} == {"a.mp4", "c.mp4"}
    assert list(footage.skipped) == [f"{tmp_path.name}/b.mp4"]
    for one, other in zip(drawn, alone, strict=True):
        assert np.array_equal(one.frames, other.frames)


def test_when_nothing_is_left_the_reasons_are_said(tmp_path: Path) -> None:
    (tmp_path / "bad.mp4").write_bytes(b"<html>not here</html>")
    with pytest.raises(UserError, match="web page"):
        load_footage([DataSource(".")], tmp_path)

    write_video(moving_circle((255, 0, 0)), tmp_path / "bad.mp4")
    footage = load_footage([DataSource(".")], tmp_path)
    (tmp_path / "bad.mp4").unlink()
    with pytest.raises(UserError, match="not there"):
        footage.draw(np.random.default_rng(0), CUT)


def test_files_that_break_other_programs_break_no_run(tmp_path: Path, shared: Path) -> None:
    names = ("bit_flips", "truncated_faststart", "invalid_nalu", "tiny_2x2", "one_frame")
    names += ("zero_byte", "text_renamed", "audio_only", "vfr_24_8_50", "truncated_no_moov")
    for name in names:
        (tmp_path / f"{name}.mp4").symlink_to(shared / "bad" / f"{name}.mp4")
    footage = load_footage([DataSource(".", split="all")], tmp_path)

    clips = [footage.draw(np.random.default_rng(seed), CUT) for seed in range(24)]

    assert all(clip.frames.shape == (4, 16, 16, 3) for clip in clips)
    skipped = {name.split("/")[1].split(".")[0] for name in footage.skipped}
    assert skipped >= {"zero_byte", "text_renamed", "audio_only", "truncated_no_moov", "tiny_2x2"}
    assert not skipped & {"one_frame", "vfr_24_8_50"}
