"""A clip that is read on a larger canvas."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.errors import UserError
from core.margins import NONE, Margins
from core.media.reading import open_clip
from tests.clips import write_lossless

MARGINS = Margins(left=3, top=0, right=6, bottom=5)


def test_frames_are_whole_canvases_with_the_pictures_bit_for_bit(tmp_path: Path) -> None:
    path = write_lossless(tmp_path / "clip.mkv")

    with open_clip(path) as bare, open_clip(path, MARGINS) as padded:
        assert padded.size == MARGINS.canvas(bare.size)
        assert len(padded) == len(bare)
        for number in (4, 0, 5, 2):
            frame = padded.frame(number)
            np.testing.assert_array_equal(MARGINS.inside(frame), bare.frame(number))
            np.testing.assert_array_equal(frame, MARGINS.around(bare.frame(number)))
        assert padded.thumbnail(1, 20).shape[0] == 20


def test_a_clip_goes_to_another_canvas_and_back(tmp_path: Path) -> None:
    with (
        open_clip(write_lossless(tmp_path / "clip.mkv")) as bare,
        bare.on_canvas(MARGINS) as padded,
        padded.on_canvas(NONE) as again,
    ):
        assert (padded.margins, again.margins) == (MARGINS, NONE)
        assert (padded.rate, padded.path, padded.notes) == (bare.rate, bare.path, bare.notes)
        np.testing.assert_array_equal(again.frame(2), bare.frame(2))


def test_a_canvas_that_is_too_large_is_refused(tmp_path: Path) -> None:
    path = write_lossless(tmp_path / "clip.mkv")
    with pytest.raises(UserError, match="too large for pictures of 48x32"):
        open_clip(path, Margins(right=100))
