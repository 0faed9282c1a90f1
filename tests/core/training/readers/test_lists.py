"""Data sets with classes and splits in lists: UCF-101, Kinetics, Something-Something, TGIF."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest

from core.clip import Clip
from core.errors import UserError
from core.training.lengths import count_frames
from core.training.readers import Place
from core.training.readers.kinetics import Kinetics
from core.training.readers.something import Something
from core.training.readers.tgif import TGIF
from core.training.readers.tree import tree_of
from core.training.readers.ucf101 import UCF101
from tests.core.training.conftest import write_video
from tests.core.training.readers.made import (
    grey_frames,
    make_video,
    numbers_in,
    opened,
    read,
    rows,
)


@pytest.fixture
def ucf(tmp_path: Path) -> Path:
    """Two classes; the splits 1 and 2 are turned round."""
    root, lists = tmp_path / "UCF-101", tmp_path / "ucfTrainTestlist"
    lists.mkdir()
    (lists / "classInd.txt").write_text("1 ApplyEyeMakeup\r\n2 YoYo\r\n")
    one = "ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi"
    two = "YoYo/v_YoYo_g08_c02.avi"
    (lists / "trainlist01.txt").write_text(f"{one} 1\r\n\r\n")
    (lists / "testlist01.txt").write_text(f"{two}\n")
    (lists / "trainlist02.txt").write_text(f"{two} 2\n")
    (lists / "testlist02.txt").write_text(f"{one}\n")
    for name in (one, two):
        make_video((root / name).with_suffix(".mp4"), frames=4)
        (root / name).with_suffix(".mp4").rename(root / name)
    return root


@pytest.mark.parametrize("fold", [1, 2])
def test_ucf_101_is_split_by_its_lists(ucf: Path, fold: int) -> None:
    layout, videos = opened(ucf, fold=fold)

    split = {1: ("train", "test"), 2: ("test", "train")}[fold]
    assert isinstance(layout, UCF101)
    assert {(label, part) for _, label, part in rows(videos)} == {
        ("ApplyEyeMakeup", split[0]),
        ("YoYo", split[1]),
    }
    assert numbers_in(read(layout, videos[0], [2, 3])) == [2, 3]


def test_ucf_101_says_what_is_missing(ucf: Path) -> None:
    lists = ucf.parent / "ucfTrainTestlist"
    (ucf / "YoYo" / "v_YoYo_g08_c02.avi").unlink()

    layout, videos = opened(ucf, labels=lists)
    frames, problems = count_frames(ucf, layout, videos)

    assert frames == {"ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi": 4}
    assert list(problems) == ["YoYo/v_YoYo_g08_c02.avi"]
    with pytest.raises(UserError, match="fold = 4"):
        opened(ucf, fold=4)
    (lists / "trainlist01.txt").write_text("YoYo/v_YoYo_g08_c02.avi 3\n")
    with pytest.raises(UserError, match="YoYo_g08_c02"):
        opened(ucf)


def test_kinetics_names_videos_by_id_and_time(tmp_path: Path) -> None:
    header = "label,youtube_id,time_start,time_end,split\n"
    (tmp_path / "train.csv").write_text(header + 'playing "go",-a_b,1,11,train\nrunning,cd,0,10,\n')
    (tmp_path / "kinetics_val.csv").write_text(header + "running,ef,15,25,validate\n")
    make_video(tmp_path / "videos" / "playing go" / "-a_b_000001_000011.mp4")
    make_video(tmp_path / "videos" / "cd.mp4")

    layout, videos = opened(tmp_path)

    assert isinstance(layout, Kinetics)
    assert rows(videos) == [
        ("ef_000015_000025", "running", "val"),
        ("-a_b_000001_000011", 'playing "go"', "train"),
        ("cd_000000_000010", "running", "train"),
    ]
    assert numbers_in(read(layout, videos[1], [5])) == [5]
    assert numbers_in(read(layout, videos[2], [1])) == [1]
    frames, problems = count_frames(tmp_path, layout, videos)
    assert list(problems) == ["ef_000015_000025"]
    assert set(frames.values()) == {6}


def test_a_list_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    make_video(tmp_path / "a.mp4")
    (tmp_path / "train.csv").write_text("name,class\na,b\n")

    with pytest.raises(UserError, match=r"train\.csv has no column “label”"):
        Kinetics().listed(Place(tree_of(tmp_path), labels=tmp_path / "train.csv"))


def test_other_tables_beside_videos_change_nothing(tmp_path: Path) -> None:
    make_video(tmp_path / "jump" / "a.mp4")
    (tmp_path / "actions.csv").write_text("frame,action\n0,left\n")
    (tmp_path / "dataset.json").write_text("{}")

    _, videos = opened(tmp_path)

    assert rows(videos) == [("jump/a.mp4", "jump", "")]


def test_something_something_classes_are_templates(tmp_path: Path) -> None:
    template = "Holding [something] next to [something]"
    train = [{"id": "10", "label": "holding a cup next to a pen", "template": template}]
    val = [{"id": 12, "template": "Moving [something]"}, {"id": "13"}]
    (tmp_path / "something-something-v2-train.json").write_text(json.dumps(train))
    (tmp_path / "something-something-v2-validation.json").write_text(json.dumps(val))
    labels = {"Holding something next to something": "0"}
    (tmp_path / "something-something-v2-labels.json").write_text(json.dumps(labels))
    for number in (10, 12, 13):
        make_video(tmp_path / "20bn" / f"{number}.mp4")

    layout, videos = opened(tmp_path)

    assert isinstance(layout, Something)
    assert rows(videos) == [
        ("10", "Holding something next to something", "train"),
        ("12", "", "val"),
        ("13", "", "val"),
    ]
    assert numbers_in(read(layout, videos[2], [4])) == [4]

    (tmp_path / "something-something-v2-train.json").write_text('{"id": 3}')
    with pytest.raises(UserError, match='each with an "id"'):
        opened(tmp_path)


@pytest.mark.parametrize("listed", [True, False])
def test_tgif_is_a_folder_of_gifs(tmp_path: Path, listed: bool) -> None:
    for name in ("tumblr_a_500", "tumblr_b_400", "unlisted"):
        clip = Clip(grey_frames(5, 20), Fraction(10))
        write_video(clip, tmp_path / "gifs" / f"{name}.gif", "gif")
    if listed:
        urls = [f"https://example.org/x/tumblr_{end}.gif" for end in ("a_500", "b_400", "c_250")]
        captions = "".join(f"{url}\ta man waves\n" for url in urls)
        (tmp_path / "tgif-v1.0.tsv").write_text(captions)
        (tmp_path / "splits").mkdir()
        (tmp_path / "splits" / "train.txt").write_text(urls[0] + "\n")
        (tmp_path / "splits" / "val.txt").write_text(urls[1] + "\n")

    layout, videos = opened(tmp_path)
    frames, problems = count_frames(tmp_path, layout, videos)

    names = [video.name for video in videos]
    if listed:
        assert isinstance(layout, TGIF)
        assert rows(videos)[:2] == [("tumblr_a_500", "", "train"), ("tumblr_b_400", "", "val")]
        assert list(problems) == names[2:] == ["tumblr_c_250"]
    else:
        assert len(names) == 3
        assert not problems
    assert set(frames.values()) == {5}
    assert numbers_in(read(layout, videos[0], [0, 1, 4])) == [0, 1, 4]
