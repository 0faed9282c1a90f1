"""Estimates of file sizes hold for what is then written."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from core.media.estimating import RUN_FRAMES, RUNS, Size, estimated_size
from core.media.reading import open_clip
from core.media.shaping import ShapeOptions
from core.media.writing import WRITERS, write_clip
from tests.core.media.made import moving_square

RATE = Fraction(25)


def written_bytes(frames: np.ndarray, path: Path, writer: str) -> int:
    for _ in write_clip(frames, path, writer=writer, rate=RATE):
        continue
    files = path.iterdir() if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files)


@pytest.mark.parametrize("writer", ["prores", "gif", "png", "ffv1"])
def test_formats_of_single_frames_are_known_closely(writer: str, tmp_path: Path) -> None:
    frames = moving_square(40, (96, 64))

    size = estimated_size(frames.__getitem__, len(frames), writer=writer, rate=RATE)

    assert size is not None
    real = written_bytes(frames, tmp_path / f"out{WRITERS[writer].suffix}", writer)
    assert 0.9 * size.least <= real <= 1.1 * size.most  # small files have large headers


@pytest.mark.parametrize("writer", ["mp4", "av1", "webm"])
def test_moving_pictures_of_a_real_clip_lie_within_the_range(
    writer: str, shared: Path, tmp_path: Path
) -> None:
    shape = ShapeOptions(size="240p")
    with open_clip(shared / "clips" / "brook_boulders.mp4") as reader:
        frames = np.stack([shape.fitted(reader.frame(k)) for k in range(len(reader))])

    size = estimated_size(frames.__getitem__, len(frames), writer=writer, rate=RATE)

    assert size is not None
    real = written_bytes(frames, tmp_path / f"out{WRITERS[writer].suffix}", writer)
    assert size.least <= real <= size.most


def test_arrays_are_known_exactly() -> None:
    frames = moving_square(90)

    size = estimated_size(frames.__getitem__, len(frames), writer="npz", rate=RATE)

    assert size == Size(frames.nbytes, frames.nbytes)


def test_few_frames_are_all_looked_at_and_many_are_not() -> None:
    for total, looked_at in ((5, 5), (400, RUNS * RUN_FRAMES)):
        seen: set[int] = set()

        def frame(number: int, seen: set[int] = seen) -> np.ndarray:
            seen.add(number)
            return np.zeros((16, 16, 3), np.uint8)

        estimated_size(frame, total, writer="png", rate=RATE)
        assert len(seen) == looked_at
        assert seen <= set(range(total))


def test_what_is_not_wanted_any_more_is_given_up() -> None:
    frames = moving_square(60)

    assert (
        estimated_size(frames.__getitem__, 60, writer="mp4", rate=RATE, stopped=lambda: True)
        is None
    )


def test_sound_is_counted() -> None:
    frames = moving_square(20)
    silent = estimated_size(frames.__getitem__, 20, writer="mp4", rate=RATE)
    heard = estimated_size(frames.__getitem__, 20, writer="mp4", rate=RATE, sound_s=10)

    assert silent is not None
    assert heard is not None
    assert heard.least > silent.least + 100_000
