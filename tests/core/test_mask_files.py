"""Masks come back from the files that they were written to."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.errors import UserError
from core.mask_files import MASK_FORMATS, read_masks, resized, write_masks
from core.masks import MaskTrack, Runs, Tracked

SIZE, FRAMES = (32, 20), 8


def square(left: int) -> np.ndarray:
    mask = np.zeros((20, 32), bool)
    mask[4:12, left : left + 8] = True
    return mask


@pytest.fixture
def track() -> MaskTrack:
    made = MaskTrack(*SIZE).painted(1, square(0)).painted(6, square(20))
    made = made.of_kind(1, "track").with_tracked({3: Tracked(Runs.of(square(8)), 0.5)})
    return made.of_kind(6, "interpolate")


def write(track: MaskTrack, path: Path, form: str, frame: int = 0) -> Path:
    wrote = list(write_masks(track, path, form, frames=FRAMES, rate=Fraction(25), frame=frame))
    assert wrote[-1] == FRAMES
    return path


def same(one: MaskTrack, other: MaskTrack) -> bool:
    return all(np.array_equal(one.at(frame), other.at(frame)) for frame in range(FRAMES))


@pytest.mark.parametrize("form", ["json", "png", "video"])
def test_masks_come_back(track: MaskTrack, tmp_path: Path, form: str) -> None:
    path = write(track, tmp_path / f"masks{MASK_FORMATS[form].suffix}", form)

    assert same(read_masks(path, SIZE, FRAMES), track)


def test_json_brings_key_frames_and_confidence_back(track: MaskTrack, tmp_path: Path) -> None:
    assert read_masks(write(track, tmp_path / "m.json", "json"), SIZE, FRAMES) == track


def test_pictures_become_key_frames_where_they_change(track: MaskTrack, tmp_path: Path) -> None:
    found = read_masks(write(track, tmp_path / "masks", "png"), SIZE, FRAMES)

    assert set(found.keyframes) == {0, 3, 6}


def test_single_picture_is_of_the_frame_and_holds(track: MaskTrack, tmp_path: Path) -> None:
    found = read_masks(write(track, tmp_path / "m.png", "picture", frame=6), SIZE, FRAMES)

    assert set(found.keyframes) == {0}
    assert np.array_equal(found.at(5), square(20))


def test_masks_of_another_size_are_resized(track: MaskTrack, tmp_path: Path) -> None:
    path = write(track, tmp_path / "m.json", "json")

    found = read_masks(path, (64, 40), FRAMES)

    assert (found.width, found.height) == (64, 40)
    assert found.at(6)[8:24, 40:56].all()
    assert found.at(6).sum() == pytest.approx(4 * square(20).sum(), rel=0.15)
    assert resized(track, SIZE) is track


def test_key_frames_after_the_clip_s_end_are_left_out(track: MaskTrack, tmp_path: Path) -> None:
    found = read_masks(write(track, tmp_path / "m.json", "json"), SIZE, 5)

    assert set(found.keyframes) == {1}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "is no JSON file"),
        ("[1, 2]", "holds no masks of Maskreel"),
        ('{"format": "coco"}', "holds no masks of Maskreel"),
        ('{"format": "maskreel masks", "version": 99}', "later Maskreel"),
        ('{"format": "maskreel masks", "version": 1}', "are damaged"),
    ],
)
def test_file_without_masks_is_explained(tmp_path: Path, content: str, reason: str) -> None:
    path = tmp_path / "m.json"
    path.write_text(content)

    with pytest.raises(UserError, match=reason):
        read_masks(path, SIZE, FRAMES)


def test_runs_that_do_not_fill_the_picture_are_damaged(track: MaskTrack, tmp_path: Path) -> None:
    path = write(track, tmp_path / "m.json", "json")
    data = json.loads(path.read_text())
    data["keyframes"]["1"] = [5]
    path.write_text(json.dumps(data))

    with pytest.raises(UserError, match="damaged"):
        read_masks(path, SIZE, FRAMES)


def test_missing_file_and_folder_without_rights_are_explained(
    track: MaskTrack, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        read_masks(tmp_path / "none.json", SIZE, FRAMES)
    with pytest.raises(UserError, match="cannot be written"):
        write(track, tmp_path / "none" / "m.json", "json")


def test_object_masks_of_a_clip_are_read(shared: Path) -> None:
    folder = shared / "clips" / "mask_parkour"

    pictures = read_masks(folder / "masks", (854, 480), 21)
    video = read_masks(folder / "mask.mp4", (854, 480), 21)

    first = cv2.imread(str(sorted((folder / "masks").iterdir())[0]), cv2.IMREAD_GRAYSCALE) > 127
    assert np.array_equal(pictures.at(0), first)
    assert pictures.keyframes == video.keyframes
