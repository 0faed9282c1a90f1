"""Files of a set are whole or not there."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from core.errors import UserError
from core.recording.files import (
    refuse_other_settings,
    write_arrays,
    write_description,
    write_video,
)

RATE = Fraction(16)


def _noise(frames: int, size: int) -> np.ndarray:
    coarse = np.random.default_rng(0).integers(0, 256, (frames, size // 8, size // 8, 3), np.uint8)
    return coarse.repeat(8, 1).repeat(8, 2)


@pytest.mark.parametrize("size", [16, 64])
def test_equal_frames_become_equal_bytes_and_hardly_lose(tmp_path: Path, size: int) -> None:
    frames = _noise(24, size)
    paths = [tmp_path / f"{number}.mp4" for number in range(5)]
    for path in paths:
        write_video(frames, RATE, path)

    assert len({path.read_bytes() for path in paths}) == 1
    with av.open(str(paths[0])) as container:
        read = np.stack([each.to_ndarray(format="rgb24") for each in container.decode(video=0)])
    assert read.shape == frames.shape
    assert 10 * np.log10(255**2 / ((read.astype(float) - frames) ** 2).mean()) > 38


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    write_video(_noise(2, 16), RATE, path)
    before = path.read_bytes()

    with pytest.raises(ValueError, match="array"):
        write_video(np.zeros((2, 16, 16, 5), np.uint8), RATE, path)
    assert path.read_bytes() == before


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(UserError, match=r"a\.npz could not be written"):
        write_arrays({"actions": np.zeros(3)}, tmp_path / "file" / "a.npz")


def test_a_full_disk_says_so_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(UserError, match="No space left on device"):
        write_arrays({"actions": np.zeros(3)}, tmp_path / "a.npz")
    assert not list(tmp_path.iterdir())


def test_settings_are_compared(tmp_path: Path) -> None:
    refuse_other_settings({"seed": 1}, tmp_path)
    write_description({"settings": {"seed": 1, "size": 64}}, tmp_path)

    refuse_other_settings({"seed": 1, "size": 64}, tmp_path)
    with pytest.raises(UserError, match="with size 64, not 128"):
        refuse_other_settings({"seed": 1, "size": 128}, tmp_path)
