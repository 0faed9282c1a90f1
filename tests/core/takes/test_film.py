"""Small pictures of a result show it in its place on the clip."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.masks import MaskTrack
from core.media.writing import write_clip
from core.requests import GenerationFinished, GenerationRequest, Timings
from core.takes import film
from core.takes.contents import Contents
from core.takes.film import MOST_FRAMES, POSTER_PX, poster_file, read_film, write_films
from core.window import Window

WIDTH, HEIGHT, FRAMES = 64, 48, 6
CLEAR = 6
"""Levels by which a JPEG may differ."""


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Frame k has the grey 10 · k."""
    greys = (10 * np.arange(FRAMES, dtype=np.uint8))[:, None, None, None]
    frames = np.broadcast_to(greys, (FRAMES, HEIGHT, WIDTH, 3)).copy()
    target = tmp_path / "greys.mkv"
    for _count in write_clip(frames, target, writer="ffv1", rate=Fraction(25)):
        pass
    return target


def asked(clip: Path | None, **fields: object) -> GenerationRequest:
    """The left half of a square window is painted."""
    painted = np.zeros((HEIGHT, WIDTH), bool)
    painted[8:40, 16:32] = True
    window = Window(16, 8, 32, 32, first=1, frames=4, stride=1, model_width=16, model_height=16)
    track = MaskTrack(WIDTH, HEIGHT).painted(0, painted)
    path = None if clip is None else str(clip)
    return GenerationRequest("/models/tiny", "paint", path, window, track, **fields)


def finished(frames: int = 4, count: int = 1) -> Contents:
    """Variation v has the grey 200 + 20 · v."""
    greys = (200 + 20 * np.arange(count, dtype=np.uint8))[:, None, None, None, None]
    clips = np.broadcast_to(greys, (count, frames, 16, 16, 3))
    return Contents(finished=GenerationFinished(clips, Timings(0, 0, 0, 0), "CPU"))


def test_film_shows_what_was_generated_in_its_place(tmp_path: Path, clip: Path) -> None:
    write_films(tmp_path, asked(clip), finished(count=2))

    for variation, grey in enumerate((200, 220)):
        frames = read_film(tmp_path, variation).astype(int)
        assert frames.shape == (4, 32, 32, 3)
        assert abs(frames[:, 4:28, 2:14] - grey).max() < CLEAR
        kept = 10 * (1 + np.arange(4))[:, None, None, None]
        assert abs(frames[:, 4:28, 18:30] - kept).max() < CLEAR


def test_poster_is_a_small_frame_from_the_middle(
    tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(film, "POSTER_PX", POSTER_PX // 16)
    write_films(tmp_path, asked(clip), finished())

    poster = cv2.imread(str(poster_file(tmp_path, 0))).astype(int)
    assert poster.shape == (16, 16, 3)
    assert abs(poster[2:14, 10:15] - 30).max() < CLEAR


@pytest.mark.parametrize("name", ["moved.mkv", None])
def test_without_its_clip_the_result_is_seen_alone(tmp_path: Path, name: str | None) -> None:
    write_films(tmp_path, asked(tmp_path / name if name else None), finished())

    assert abs(read_film(tmp_path, 0).astype(int) - 200).max() < CLEAR


def test_clip_that_became_smaller_is_not_taken_for_the_one_it_was(
    tmp_path: Path, clip: Path
) -> None:
    for _count in write_clip(
        np.zeros((2, 16, 16, 3), np.uint8), clip, writer="ffv1", rate=Fraction(25)
    ):
        pass

    write_films(tmp_path, asked(clip), finished())

    assert abs(read_film(tmp_path, 0).astype(int) - 200).max() < CLEAR


def test_long_result_is_sampled_evenly_from_its_first_frame_on(tmp_path: Path) -> None:
    settled = np.zeros((90, 1, 16, 16, 3), np.uint8)
    settled[:] = np.arange(90, dtype=np.uint8)[:, None, None, None, None]
    last = np.full((1, 10, 16, 16, 3), 250, np.uint8)
    end = GenerationFinished(last, Timings(0, 0, 0, 0), "CPU", first=90)

    write_films(tmp_path, asked(None, length=100), Contents(settled=settled, finished=end))

    greys = read_film(tmp_path, 0)[:, 8, 8, 0].astype(int)
    assert len(greys) == MOST_FRAMES
    assert (greys[0], greys[-1]) == (pytest.approx(0, abs=CLEAR), pytest.approx(250, abs=CLEAR))
    assert (np.diff(greys)[:-6] <= 5).all()


def test_film_of_another_length_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    write_films(tmp_path, asked(None), finished(4))
    write_films(tmp_path, asked(None), finished(3))

    assert len(read_film(tmp_path, 0)) == 3
    assert len(list(tmp_path.glob("film-0-*.jpg"))) == 1


def test_there_is_no_film_before_the_first_picture(tmp_path: Path) -> None:
    write_films(tmp_path, asked(None), Contents())

    assert read_film(tmp_path, 0) is None
