"""Frames of a long result lie on the disk, and are gone when nobody needs them."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from core.errors import UserError
from studio.state.takes.frame_file import FrameFile


def frames(*levels: int) -> np.ndarray:
    """Frames (n, 2, 4, 6, 3) of one grey each; the second variation is one brighter."""
    greys = np.array(levels)[:, None] + np.arange(2)
    return np.broadcast_to(greys[..., None, None, None], (len(levels), 2, 4, 6, 3)).astype(np.uint8)


def test_frames_come_back_in_order(tmp_path: Path) -> None:
    file = FrameFile(tmp_path)

    file.put(0, frames(1, 2, 3))
    everything = file.put(3, frames(4, 5))

    assert np.array_equal(everything, frames(1, 2, 3, 4, 5))


def test_frames_from_a_number_on_are_replaced(tmp_path: Path) -> None:
    file = FrameFile(tmp_path)
    file.put(0, frames(1, 2, 3))

    everything = file.put(1, frames(9))

    assert np.array_equal(everything, frames(1, 9))


def test_frames_are_read_from_the_file_and_not_held_in_memory(tmp_path: Path) -> None:
    file = FrameFile(tmp_path)

    everything = file.put(0, frames(1, 2))

    assert isinstance(everything, np.memmap)


def test_file_has_no_name_that_a_crash_could_leave_behind(tmp_path: Path) -> None:
    FrameFile(tmp_path / "deep").put(0, frames(1))

    assert list((tmp_path / "deep").iterdir()) == []


def test_frames_that_were_given_out_outlive_the_file(tmp_path: Path) -> None:
    file = FrameFile(tmp_path)
    everything = file.put(0, frames(1, 2))

    file.close()

    assert np.array_equal(everything, frames(1, 2))
    assert np.array_equal(file.put(0, frames(7)), frames(7))


def test_full_disk_is_named_with_the_folder(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no disk that is always full")
    file = FrameFile(tmp_path)
    file.put(0, frames(1))
    assert file._file is not None
    os.dup2(os.open("/dev/full", os.O_RDWR), file._file.fileno())

    with pytest.raises(UserError, match=str(tmp_path)):
        file.put(1, frames(2))


def test_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(UserError, match="cannot be kept"):
        FrameFile(tmp_path / "file" / "folder").put(0, frames(1))
