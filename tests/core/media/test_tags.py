"""What is written into a file's metadata is read back, from every format."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import av
import pytest

from core.media.picture_sinks import png_text
from core.media.reading import open_clip
from core.media.tags import read_tag
from core.media.writing import WRITERS, write_clip
from tests.core.media.made import moving_square, write_video

TAG = json.dumps({"words": "“grüße”; = # \\ \n", "runs": list(range(20_000))})


@pytest.mark.parametrize("name", WRITERS)
def test_tag_comes_back(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"out{WRITERS[name].suffix}"

    list(write_clip(moving_square(3, (96, 64)), path, writer=name, rate=Fraction(25), tag=TAG))

    assert read_tag(path) == TAG
    with open_clip(path) as clip:
        assert len(clip) == 3


@pytest.mark.parametrize("name", WRITERS)
def test_file_without_a_tag_has_none(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"out{WRITERS[name].suffix}"

    list(write_clip(moving_square(3, (96, 64)), path, writer=name, rate=Fraction(25)))

    assert read_tag(path) == ""


def test_single_picture_carries_it_as_well(tmp_path: Path) -> None:
    list(write_clip(moving_square(2), tmp_path / "o", writer="png", rate=Fraction(25), tag="how"))

    assert read_tag(tmp_path / "o" / "frame_00001.png") == "how"
    assert read_tag(tmp_path / "o" / "frame_00002.png") == ""


def test_files_of_others_say_nothing(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("no video")
    (tmp_path / "cut.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    (tmp_path / "huge.png").write_bytes(b"\x89PNG\r\n\x1a\n\xff\xff\xff\xfftEXtmaskreel\0x")
    (tmp_path / "empty").mkdir()
    write_video(tmp_path / "plain.mp4", moving_square(2))

    names = ("text.mp4", "cut.png", "huge.png", "empty", "plain.mp4", "not there")
    assert [read_tag(tmp_path / name) for name in names] == [""] * len(names)


def test_png_block_is_what_other_programs_read() -> None:
    block = png_text("maskreel", "how")

    assert block[:8] == b"\0\0\0\x0ctEXt"
    assert block[8:20] == b"maskreel\0how"


def test_other_programs_find_it_under_its_key(tmp_path: Path) -> None:
    for name in ("mp4", "prores", "ffv1", "webm"):
        path = tmp_path / f"{name}{WRITERS[name].suffix}"
        list(write_clip(moving_square(2), path, writer=name, rate=Fraction(25), tag="how"))
        with av.open(str(path)) as container:
            assert {k.lower(): v for k, v in container.metadata.items()}["maskreel"] == "how"
