"""The journal's thread: the newest state is on the disk, and nothing that cannot be read."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.project.contents import Contents
from core.project.folder import PROJECT, masks_file, read_project
from core.project.journal import Journal
from core.project.lock import take_hold
from core.project.mask_log import MOST_LINES
from core.project.snapshots import snapshots
from tests.core.project.made import entry, painted, projects, runs

CLIP = entry()


def project(*numbers: int) -> Contents:
    return Contents((CLIP,), CLIP.id, {}, {CLIP.id: painted(*numbers)})


@contextmanager
def journal(folder: Path, known: Contents | None = None) -> Iterator[tuple[Journal, list[str]]]:
    told: list[str] = []
    folder.mkdir(exist_ok=True)
    take_hold(folder)
    written = Journal(folder, known, told.append)
    try:
        yield written, told
    finally:
        written.close()
        (folder / "open.json").unlink(missing_ok=True)


@contextmanager
def files_up_to(size: int) -> Iterator[None]:
    """In here no file gets larger: writing fails as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(projects(), min_size=1, max_size=4))
def test_the_newest_state_is_read_again(tmp_path_factory, states: list[Contents]) -> None:
    folder = tmp_path_factory.mktemp("p") / "a.maskreel"
    with journal(folder) as (written, told):
        for contents in states:
            written.keep(contents)
        assert written.wait(10)
    found = read_project(folder)
    assert found.contents == states[-1]
    assert not found.troubles
    assert not told


def test_every_moment_of_writing_leaves_a_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before each call that changes the disk, what is there is copied, as a kill would leave it."""
    folder, copies = tmp_path / "a.maskreel", []

    def noted(name: str) -> None:
        real = getattr(os, name)

        def copying(*args: object, **more: object) -> object:
            if (folder / PROJECT).exists() and "killed" not in str(args[0]):
                copy = tmp_path / f"killed-{len(copies)}"
                copies.append(shutil.copytree(folder, copy, copy_function=shutil.copyfile))
            return real(*args, **more)

        monkeypatch.setattr(os, name, copying)

    for name in ("replace", "fsync", "rename"):
        noted(name)
    states = [project(*range(1, count)) for count in range(2, 6)]
    with journal(folder) as (written, _told):
        for contents in states:
            written.snapshot(contents, None)
            assert written.wait(10)
    assert len(copies) > 10
    seen = [read_project(copy).contents for copy in copies]
    assert all(contents in states for contents in seen)
    assert [states.index(contents) for contents in seen] == sorted(map(states.index, seen))


def test_an_edit_is_appended_and_many_are_written_anew(tmp_path: Path) -> None:
    folder = tmp_path / "a.maskreel"
    path = masks_file(folder, CLIP.id)
    with journal(folder) as (written, _told):
        for number in range(MOST_LINES + 20):
            written.keep(project(number))
            assert written.wait(10)
            if number == 50:
                assert path.read_bytes().count(b"\n") == 51
    assert path.read_bytes().count(b"\n") < 50
    assert read_project(folder).contents == project(MOST_LINES + 19)


def test_a_file_cut_by_a_crash_is_written_anew_before_it_is_appended_to(tmp_path: Path) -> None:
    folder = tmp_path / "a.maskreel"
    with journal(folder) as (written, _told):
        written.keep(project(1))
        written.keep(project(1, 2))
        written.wait(10)
    path = masks_file(folder, CLIP.id)
    path.write_bytes(path.read_bytes()[:-3])

    found = read_project(folder)
    assert found.stale == {CLIP.id}
    assert not found.troubles
    again = Journal(folder, found.contents, print, found.stale)
    again.keep(project(1, 2, 3))
    again.close()
    assert read_project(folder).contents == project(1, 2, 3)
    assert not read_project(folder).stale


def test_a_full_disk_is_said_once_and_all_is_written_when_there_is_room(tmp_path: Path) -> None:
    folder = tmp_path / "a.maskreel"
    with journal(folder) as (written, told):
        written.keep(project(1))
        assert written.wait(10)
        with files_up_to(40):
            for count in range(2, 5):
                written.keep(project(*range(count)))
                assert written.wait(10)
        assert told == ["the file would be larger than is allowed"]
        assert read_project(folder).contents == project(1)

        written.keep(project(9))
    assert told == ["the file would be larger than is allowed", ""]
    assert read_project(folder).contents == project(9)


def test_snapshots_are_the_project_as_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "a.maskreel"
    picture = np.full((360, 1280, 3), 99, np.uint8)
    with journal(folder) as (written, _told):
        for number in range(1, 14):
            written.snapshot(project(number), picture)
            assert written.wait(10)
    taken = snapshots(folder)
    assert len(taken) == 10
    old = read_project(folder, taken[-1].folder, keep_aside=False).contents
    assert old == project(4)
    assert taken[0].picture.stat().st_size < 3000
    assert runs(4) in old.masks[CLIP.id].keyframes.values()


def test_masks_that_are_gone_are_gone_from_the_disk(tmp_path: Path) -> None:
    folder = tmp_path / "a.maskreel"
    with journal(folder) as (written, _told):
        written.keep(project(1, 2))
        written.wait(10)
        written.keep(Contents((CLIP,), CLIP.id))
        written.wait(10)
        assert read_project(folder).contents == Contents((CLIP,), CLIP.id)
        written.keep(project(1, 2))
    assert read_project(folder).contents == project(1, 2)


def test_nothing_is_written_twice(tmp_path: Path) -> None:
    folder = tmp_path / "a.maskreel"
    with journal(folder) as (written, _told):
        written.keep(project(1))
        written.wait(10)
        before = (folder / PROJECT).stat().st_mtime_ns, masks_file(folder, CLIP.id).stat().st_size
        written.keep(project(1, 2))
        written.wait(10)
        assert (folder / PROJECT).stat().st_mtime_ns == before[0]
        added = masks_file(folder, CLIP.id).stat().st_size - before[1]
        assert 0 < added < len(json.dumps({"keys": {"1": runs(2).lengths.tolist()}})) + 2
