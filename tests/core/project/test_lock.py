"""One window at a time; a window that has died leaves its mark."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.project import lock


def test_two_windows_cannot_open_one_project(tmp_path: Path) -> None:
    folder = tmp_path / "holiday.maskreel"
    folder.mkdir()
    lock.take_hold(folder)
    with pytest.raises(lock.InUse, match=r"“holiday” is open in another window since \d\d:\d\d"):
        lock.take_hold(folder)
    assert lock.left_open(folder) is None

    lock.let_go(folder)
    assert lock.holder(folder) is None
    lock.take_hold(folder)


def test_a_process_that_was_killed_has_left_the_project_open(tmp_path: Path) -> None:
    code = "import sys, pathlib, core.project.lock as l; l.take_hold(pathlib.Path(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)

    left = lock.left_open(tmp_path)
    assert left is not None
    assert not left.told
    lock.note_told(tmp_path)
    assert lock.left_open(tmp_path).told  # type: ignore[union-attr]
    lock.take_hold(tmp_path)
    assert lock.left_open(tmp_path) is None


def test_a_file_cut_off_by_a_crash_is_a_window_that_has_died(tmp_path: Path) -> None:
    (tmp_path / lock.OPEN).write_text('{"process"')
    assert lock.left_open(tmp_path) is not None
    lock.take_hold(tmp_path)


def test_a_window_of_another_machine_counts_while_it_is_heard(tmp_path: Path) -> None:
    said = {"process": 7, "born": 1, "machine": "studio-two", "since": time.time()}
    (tmp_path / lock.OPEN).write_text(json.dumps(said))
    with pytest.raises(lock.InUse, match="on studio-two"):
        lock.take_hold(tmp_path)

    silent = time.time() - lock.SILENT_S - 1
    os.utime(tmp_path / lock.OPEN, (silent, silent))
    assert lock.left_open(tmp_path) is not None
    lock.take_hold(tmp_path)


def test_a_later_process_with_the_same_number_is_another(tmp_path: Path) -> None:
    lock.take_hold(tmp_path)
    said = json.loads((tmp_path / lock.OPEN).read_text())
    if not said["born"]:
        pytest.skip("this system does not say when a process began")
    (tmp_path / lock.OPEN).write_text(json.dumps({**said, "born": said["born"] - 1}))
    assert lock.left_open(tmp_path) is not None
