"""A project to one file and back, somewhere else."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Generator
from pathlib import Path

import pytest

from core.errors import UserError
from core.project.contents import Contents
from core.project.folder import read_project
from core.project.journal import Journal
from core.project.packing import Packed, media_size, pack, packed_name, unpack
from tests.core.project.made import entry, painted
from tests.core.project.test_journal import files_up_to

SIZE = 3_000_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with a clip, a clip of the same name, a folder of pictures and a take."""
    place = tmp_path / "here" / "holiday.maskreel"
    (place / "takes" / "t1").mkdir(parents=True)
    (place / "takes" / "t1" / "take.json").write_text("{}")
    (tmp_path / "here" / "other").mkdir()
    (tmp_path / "here" / "beach.mp4").write_bytes(b"a" * SIZE)
    (tmp_path / "here" / "other" / "beach.mp4").write_bytes(b"b")
    (tmp_path / "here" / "frames").mkdir()
    (tmp_path / "here" / "frames" / "1.png").write_bytes(b"c")
    files = ("beach.mp4", "other/beach.mp4", "frames", "gone.mp4")
    clips = tuple(entry(tmp_path / "here" / file, file) for file in files)
    journal = Journal(place, None, print)
    journal.keep(Contents(clips, clips[0].id, {"seed": 4}, {clips[0].id: painted(1, 2)}))
    journal.close()
    return place


def last(job: Generator[Packed, None, None]) -> Packed:
    *_, end = job
    return end


def test_a_packed_project_opens_elsewhere_with_its_clips(folder: Path, tmp_path: Path) -> None:
    before = read_project(folder).contents
    target = tmp_path / "trip.zip"
    end = last(pack(folder, target, media=True))
    assert end.done == end.total > SIZE
    assert media_size(before) == SIZE + 2
    shutil.rmtree(tmp_path / "here")

    assert packed_name(target) == "trip.maskreel"
    there = tmp_path / "there" / "trip.maskreel"
    there.parent.mkdir()
    last(unpack(target, there))
    after = read_project(there).contents
    assert after.masks == before.masks
    assert [clip.name for clip in after.clips] == [clip.name for clip in before.clips]
    assert (there / "takes" / "t1" / "take.json").exists()
    paths = [clip.file.path for clip in after.clips if clip.file]
    assert [path.exists() for path in paths] == [True, True, True, False]
    assert paths[1].read_bytes() == b"b"
    assert (paths[2] / "1.png").read_bytes() == b"c"
    assert not list(tmp_path.glob(".*"))


def test_without_media_the_clips_stay_where_they_are(folder: Path, tmp_path: Path) -> None:
    last(pack(folder, tmp_path / "trip.zip", media=False))
    assert (tmp_path / "trip.zip").stat().st_size < 5000

    last(unpack(tmp_path / "trip.zip", tmp_path / "trip.maskreel"))
    clip = read_project(tmp_path / "trip.maskreel").contents.clips[0]
    assert clip.file is not None
    assert clip.file.path == folder.parent / "beach.mp4"


def test_what_is_cancelled_leaves_nothing(folder: Path, tmp_path: Path) -> None:
    packing = pack(folder, tmp_path / "trip.zip", media=True)
    next(packing)
    packing.close()
    assert not list(tmp_path.glob("*trip*"))

    last(pack(folder, tmp_path / "trip.zip", media=True))
    unpacking = unpack(tmp_path / "trip.zip", tmp_path / "trip.maskreel")
    next(unpacking)
    unpacking.close()
    assert [path.name for path in tmp_path.glob("*trip*")] == ["trip.zip"]


def test_a_full_disk_is_explained(folder: Path, tmp_path: Path) -> None:
    with (
        files_up_to(1000),
        pytest.raises(UserError, match=r"“trip.zip” cannot be written: the file would be larger"),
    ):
        last(pack(folder, tmp_path / "trip.zip", media=True))
    assert not list(tmp_path.glob("*trip*"))


def test_other_zip_files_are_no_projects(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    for names in (["a.txt"], ["p/project.maskreel", "../out"], ["p/project.maskreel", "q/x"]):
        with zipfile.ZipFile(path, "w") as archive:
            for name in names:
                archive.writestr(name, "{}")
        assert packed_name(path) == ""
        with pytest.raises(UserError, match="no packed project"):
            last(unpack(path, tmp_path / "a.maskreel"))
    path.write_text("no zip")
    assert packed_name(path) == ""


def test_a_damaged_zip_file_is_explained(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "trip.zip"
    last(pack(folder, target, media=True))
    data = bytearray(target.read_bytes())
    place = data.index(b"aaaa")
    data[place : place + 9] = b"ZZZZZZZZZ"
    target.write_bytes(data)
    with pytest.raises(UserError, match=r"“trip.zip” is damaged"):
        last(unpack(target, tmp_path / "trip.maskreel"))
    assert not (tmp_path / "trip.maskreel").exists()
