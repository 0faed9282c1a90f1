"""Contents of a project to JSON and back, here and moved elsewhere."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from core.errors import UserError
from core.project.contents import VERSION, Contents
from tests.core.project.made import entry, projects

FOLDER = Path("/home/someone/films/holiday.maskreel")


@settings(max_examples=40)
@given(projects())
def test_what_is_written_is_read(contents: Contents) -> None:
    data = json.loads(json.dumps(contents.to_json(FOLDER)))
    assert Contents.from_json(data, FOLDER) == replace(contents, masks={})


def test_clips_beside_the_project_are_found_when_both_are_moved(tmp_path: Path) -> None:
    old = tmp_path / "old"
    (old / "holiday.maskreel").mkdir(parents=True)
    (old / "beach.mp4").write_bytes(b"x")
    data = Contents((entry(old / "beach.mp4"),)).to_json(old / "holiday.maskreel")
    assert data["clips"][0]["file"]["path"] == "../beach.mp4"

    shutil.move(old, tmp_path / "new")
    moved = Contents.from_json(data, tmp_path / "new" / "holiday.maskreel")
    assert moved.clips[0].file is not None
    assert moved.clips[0].file.path == tmp_path / "new" / "beach.mp4"


def test_a_moved_project_finds_a_clip_that_stayed(tmp_path: Path) -> None:
    old = tmp_path / "old"
    (old / "holiday.maskreel").mkdir(parents=True)
    (old / "beach.mp4").write_bytes(b"x")
    data = Contents((entry(old / "beach.mp4"),)).to_json(old / "holiday.maskreel")

    moved = Contents.from_json(data, tmp_path / "elsewhere" / "holiday.maskreel")
    assert moved.clips[0].file is not None
    assert moved.clips[0].file.path == old / "beach.mp4"


def test_a_clip_far_away_is_named_by_its_whole_path() -> None:
    data = Contents((entry(Path("/media/card/a.mp4")),)).to_json(FOLDER)
    assert data["clips"][0]["file"]["path"] == "/media/card/a.mp4"
    assert data["clips"][0]["file"]["absolute"] is None


def test_a_project_of_a_newer_maskreel_is_refused() -> None:
    data = {**Contents().to_json(FOLDER), "version": VERSION + 1}
    with pytest.raises(UserError, match=r"“holiday” was made with a newer Maskreel"):
        Contents.from_json(data, FOLDER)


@pytest.mark.parametrize("data", [None, [], {"format": "x"}, {"clips": 3}])
def test_other_json_is_no_project(data: object) -> None:
    with pytest.raises(ValueError, match="no project"):
        Contents.from_json(data, FOLDER)


def test_a_project_with_something_missing_is_no_project() -> None:
    data = Contents((entry(),)).to_json(FOLDER)
    del data["clips"][0]["rate"]
    with pytest.raises(ValueError, match="missing"):
        Contents.from_json(data, FOLDER)
