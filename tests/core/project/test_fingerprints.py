"""A clip is known by its content, wherever it lies."""

from __future__ import annotations

import shutil
from pathlib import Path

from core.project.fingerprints import fingerprint


def test_a_copy_is_the_same_and_a_change_is_not(tmp_path: Path) -> None:
    path, copy = tmp_path / "a.mp4", tmp_path / "b.mp4"
    path.write_bytes(bytes(range(256)) * 2000)
    shutil.copy(path, copy)
    assert fingerprint(path) == fingerprint(copy)

    data = bytearray(path.read_bytes())
    for place in (0, len(data) // 2, len(data) - 1):
        changed = data.copy()
        changed[place] ^= 1
        copy.write_bytes(changed)
        assert fingerprint(path) != fingerprint(copy)


def test_a_folder_is_known_by_its_files(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.png").write_bytes(b"12")
    assert fingerprint(tmp_path / "one") == fingerprint(tmp_path / "two")
    (tmp_path / "two" / "2.png").write_bytes(b"3")
    assert fingerprint(tmp_path / "one") != fingerprint(tmp_path / "two")
