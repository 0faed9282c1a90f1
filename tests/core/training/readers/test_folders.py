"""Plain folders of videos and folders of pictures, and which layout a folder is taken for."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest

from core.errors import UserError
from core.training.readers import LAYOUTS, Place, find_layout
from core.training.readers.folder import Folder
from core.training.readers.images import Images
from core.training.readers.tree import tree_of
from tests.core.training.readers.made import (
    grey_frames,
    make_video,
    numbers_in,
    opened,
    read,
    rows,
)


def make_pictures(folder: Path, count: int = 6) -> None:
    folder.mkdir(parents=True)
    for number, frame in enumerate(grey_frames(count, 24)):
        cv2.imwrite(str(folder / f"{number + 7}.png"), frame)


def test_folders_say_split_and_class(tmp_path: Path) -> None:
    names = ("train/jump/1", "train/jump/deep/2", "valid/run/3", "testing/4")
    for name in (*names, "64/train/run/5", "run/val/6"):
        make_video(tmp_path / f"{name}.mp4")
    (tmp_path / "train" / "notes.txt").write_text("not a video")
    (tmp_path / ".hidden").mkdir()
    make_video(tmp_path / ".hidden" / "5.mp4")

    layout, videos = opened(tmp_path)

    assert isinstance(layout, Folder)
    assert rows(videos) == [
        ("64/train/run/5.mp4", "run", "train"),
        ("run/val/6.mp4", "run", "val"),
        ("testing/4.mp4", "", "test"),
        ("train/jump/1.mp4", "jump", "train"),
        ("train/jump/deep/2.mp4", "jump", "train"),
        ("valid/run/3.mp4", "run", "val"),
    ]


def test_frames_of_a_video_come_by_number(tmp_path: Path) -> None:
    make_video(tmp_path / "a.mp4")

    layout, (video,) = opened(tmp_path)

    assert layout.count(video) == len(layout.open(video)) == 6
    assert layout.open(video).size == (16, 16)
    assert numbers_in(read(layout, video, [0, 1, 2, 3, 4, 5])) == [0, 1, 2, 3, 4, 5]
    assert numbers_in(read(layout, video, [4, 5, 5, 5])) == [4, 5, 5, 5]


def test_links_are_followed_and_circles_left(tmp_path: Path) -> None:
    make_video(tmp_path / "elsewhere" / "a.mp4")
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "class").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "circle").symlink_to(tmp_path / "set")

    _, videos = opened(tmp_path / "set")

    assert rows(videos) == [("class/a.mp4", "class", "")]


def test_a_single_file_needs_no_usual_name(tmp_path: Path) -> None:
    make_video(tmp_path / "a.mp4")
    (tmp_path / "a.mp4").rename(tmp_path / "recording")

    layout, (video,) = opened(tmp_path / "recording")

    assert numbers_in(read(layout, video, [3])) == [3]


def test_folders_of_pictures_are_clips(tmp_path: Path) -> None:
    for name in ("train/jump/a", "train/jump/b", "val/run/c"):
        make_pictures(tmp_path / name)

    layout, videos = opened(tmp_path)

    assert isinstance(layout, Images)
    assert rows(videos) == [
        ("train/jump/a", "jump", "train"),
        ("train/jump/b", "jump", "train"),
        ("val/run/c", "run", "val"),
    ]
    assert layout.count(videos[0]) == len(layout.open(videos[0])) == 6
    # 7, 8, 9, 10: the order of numbers, not of letters
    assert numbers_in(read(layout, videos[0], [0, 2, 3, 5])) == [0, 2, 3, 5]


def test_a_folder_of_pictures_is_one_clip(tmp_path: Path) -> None:
    make_pictures(tmp_path / "clip", count=3)

    layout, (video,) = opened(tmp_path / "clip")

    assert video.name == "clip"
    assert len(layout.open(video)) == 3


def test_a_picture_that_cannot_be_read_shows_the_one_before(tmp_path: Path) -> None:
    make_pictures(tmp_path / "clip")
    (tmp_path / "clip" / "9.png").write_bytes(b"spoilt")

    layout, (video,) = opened(tmp_path)

    assert numbers_in(read(layout, video, [1, 2, 3])) == [1, 1, 3]
    assert numbers_in(read(layout, video, [2, 3])) == [1, 3]


def test_layouts_are_found_by_name_and_confusion_is_said(tmp_path: Path) -> None:
    make_video(tmp_path / "a.mp4")
    (tmp_path / "list.csv").write_text("label,youtube_id,time_start,time_end,split\n")
    (tmp_path / "list-train.json").write_text("[]")
    place = Place(tree_of(tmp_path))

    assert set(LAYOUTS) == {
        *("bair", "folder", "hdf5", "images", "kinetics", "something", "tgif", "ucf101")
    }
    assert isinstance(find_layout("folder", place), Folder)
    with pytest.raises(UserError, match=r"kinetics, something.*key layout"):
        find_layout("auto", place)
