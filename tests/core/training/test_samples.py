"""Samples of a training on the disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.training import samples

ROWS = [np.full((2, 3, 24, 24, 3), level, np.uint8) for level in (40, 200)]


def test_the_picture_that_announces_a_sample_comes_after_its_clip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, there = samples.write_whole, []

    def noted(path: Path, *arguments: object) -> None:
        there.append(path.with_suffix(".mp4").exists())
        write(path, *arguments)

    monkeypatch.setattr(samples, "write_whole", noted)

    still, moving = samples.write_samples(tmp_path / "samples" / "transformer-0000010", ROWS, 8.0)

    assert there == [True]
    assert still.exists()
    assert moving.exists()
