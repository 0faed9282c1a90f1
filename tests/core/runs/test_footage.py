"""Footage is looked at before it is trained on: what there is, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path

from core.runs.footage import holds_out, look_at, together
from tests.core.training.conftest import moving_circle, write_video


def a_folder(folder: Path) -> Path:
    """Two clips of two classes, and a file that is no video."""
    for label in ("cat", "dog"):
        write_video(moving_circle((220, 30, 30)), folder / label / "clip.mp4")
    (folder / "dog" / "broken.mp4").write_bytes(b"no video")
    return folder


def test_a_folder_names_clips_frames_classes_and_what_is_left_out(tmp_path: Path) -> None:
    found = look_at(a_folder(tmp_path / "clips"))

    assert (found.clips, found.frames, found.shortest) == (3, 16, 8)
    assert found.classes == ("cat", "dog")
    assert found.problem == ""
    assert found.trouble(8).startswith("1 of 3 clips will be left out. “broken.mp4”")
    assert together((found,)) == "3 clips  ·  16 frames  ·  2 classes: cat, dog"


def test_a_clip_that_is_too_short_is_named(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    write_video(moving_circle((220, 30, 30)), clip)

    assert look_at(clip).trouble(8) == ""
    assert "clips of only 8 frames" in look_at(clip).trouble(16)


def test_what_cannot_be_used_says_why(tmp_path: Path) -> None:
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    (tmp_path / "empty").mkdir()

    assert "is not there any more" in look_at(tmp_path / "gone.mp4").problem
    assert "broken.mp4" in look_at(tmp_path / "broken.mp4").problem
    assert look_at(tmp_path / "empty").problem == "“empty” holds no clip."


def test_a_single_clip_leaves_nothing_to_hold_out(tmp_path: Path) -> None:
    folder = look_at(a_folder(tmp_path / "clips"))
    alone = look_at(tmp_path / "clips" / "cat" / "clip.mp4")

    assert holds_out((folder,))
    assert not holds_out((folder, alone))
