"""Which videos a source has: splits by what the data set says or by file; licences; lengths."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UserError
from core.training import lengths
from core.training.readers import LAYOUTS, Listed
from core.training.readers.video_files import VideoFiles
from core.training.recipe import DataSource, sources_of
from core.training.sources import find_videos, of_split
from tests.core.training.conftest import moving_circle, write_video

NAMES = st.lists(st.text("abcdef0123/", min_size=1, max_size=8), min_size=2, unique=True)
AUTO = DataSource("footage")


def listed(*names: str, split: str = "") -> list[Listed]:
    return [Listed(Path(name), name, split=split) for name in names]


def names(videos: list[Listed]) -> set[str]:
    return {video.name for video in videos}


@given(NAMES)
def test_without_a_word_each_file_is_in_one_split(given: list[str]) -> None:
    videos = listed(*given)

    train, val = (names(of_split(AUTO, Path("footage"), videos, s)) for s in ("train", "val"))

    assert train | val == set(given)
    assert not train & val
    assert val


@given(NAMES, NAMES)
def test_new_files_move_no_old_one_into_training(before: list[str], more: list[str]) -> None:
    both = list(dict.fromkeys([*before, *more]))
    old = names(of_split(AUTO, Path("footage"), listed(*before), "val"))
    new = names(of_split(AUTO, Path("footage"), listed(*both), "val"))

    assert len(old) == 1 or old <= new  # a single one may stand in for a tenth of very few


def test_about_a_tenth_is_held_out() -> None:
    videos = listed(*(f"class/{number}.mp4" for number in range(1000)))

    assert len(of_split(AUTO, Path("footage"), videos, "val")) == pytest.approx(100, abs=30)


def test_what_the_data_set_says_counts() -> None:
    videos = listed("a", "b", split="train") + listed("c", split="test") + listed("stray")
    root = Path("footage")

    assert names(of_split(AUTO, root, videos, "train")) == {"a", "b"}
    assert names(of_split(AUTO, root, videos, "val")) == {"c"}
    assert names(of_split(DataSource("x", split="all"), root, videos, "train")) == {
        *("a", "b", "c", "stray")
    }
    assert names(of_split(DataSource("x", split="test"), root, videos, "train")) == {"c"}


def test_a_folder_that_is_itself_a_split_is_used_whole() -> None:
    videos = listed("a", "b", "c")

    for asked in ("train", "val"):
        assert of_split(AUTO, Path("footage/train"), videos, asked) == videos


def test_what_is_named_on_the_command_line_is_used_whole_unless_it_has_splits(
    tmp_path: Path,
) -> None:
    for name in ("one", "two", "three"):
        write_video(moving_circle((255, 0, 0)), tmp_path / f"{name}.mp4")
    (folder,) = sources_of(tmp_path)
    (video,) = sources_of(tmp_path / "one.mp4")

    assert len(find_videos(folder, Path(), "val").entries) == 3
    (found,) = find_videos(video, Path(), "val").entries
    assert found.listed.name == "one.mp4"

    for split in ("train", "val"):
        write_video(moving_circle((255, 0, 0)), tmp_path / split / "video.mp4")
    (found,) = find_videos(folder, Path(), "val").entries
    assert found.listed.name == "val/video.mp4"
    with pytest.raises(UserError, match="no “"):
        sources_of(tmp_path / "missing")


def test_only_allowed_licences_are_read(tmp_path: Path) -> None:
    items = []
    for name, licence in (("free", "A"), ("not", "N")):
        write_video(moving_circle((255, 0, 0)), tmp_path / "train" / f"{name}.mp4")
        items.append({"file": f"train/{name}.mp4", "licence_class": licence})
    (tmp_path / "manifest.json").write_text(json.dumps({"items": items}))
    source = DataSource("train", label="footage", licences=("A", "B"))

    (found,) = find_videos(source, tmp_path, "train").entries

    assert (found.name, found.label) == ("train/free.mp4", "footage")


def test_a_manifest_is_needed_to_tell_licences(recipe_file: Path) -> None:
    with pytest.raises(UserError, match=r"manifest\.json"):
        find_videos(DataSource("videos", licences=("A",)), recipe_file.parent, "train")


@pytest.mark.parametrize("folder", ["missing", "empty"])
def test_a_folder_without_videos_is_refused(tmp_path: Path, folder: str) -> None:
    (tmp_path / "empty").mkdir()

    with pytest.raises(UserError, match=folder):
        find_videos(DataSource(folder), tmp_path, "train")


def test_tokens_are_no_footage(tmp_path: Path) -> None:
    (tmp_path / "cache.json").write_text("{}")
    (tmp_path / "shard-00000.safetensors").write_bytes(b"tokens")

    with pytest.raises(UserError, match="the key tokens"):
        find_videos(DataSource(str(tmp_path)), Path(), "train")


def test_lengths_of_many_files_are_counted_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[str] = []

    class Counting(VideoFiles):
        recognises = listed = None  # type: ignore[assignment]

        def count(self, listed: Listed) -> int:
            counted.append(listed.name)
            return 7

    Counting.__abstractmethods__ = frozenset()
    monkeypatch.setattr(lengths, "WORTH_REMEMBERING", 3)
    monkeypatch.setattr(lengths.platformdirs, "user_cache_dir", lambda *_, **__: tmp_path / "cache")
    videos = [Listed(tmp_path / f"{n}.mp4", f"{n}.mp4") for n in range(4)]
    for video in videos[:3]:
        video.path.write_bytes(b"some")

    for _ in range(2):
        frames, problems = lengths.count_frames(tmp_path, Counting(), videos)
        assert set(frames.values()) == {7}
        assert list(problems) == ["3.mp4"]
    assert counted == ["0.mp4", "1.mp4", "2.mp4"]

    videos[1].path.write_bytes(b"changed")
    lengths.count_frames(tmp_path, Counting(), videos)
    assert counted[3:] == ["1.mp4"]


def test_a_layout_that_does_not_exist_is_refused_by_name(recipe_file: Path) -> None:
    with pytest.raises(UserError, match="ucf101"):
        find_videos(DataSource("videos", layout="ucf"), recipe_file.parent, "train")
    assert "folder" in LAYOUTS
