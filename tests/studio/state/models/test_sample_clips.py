"""Sample clips of a model are decoded in a thread, as far as they can be."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from studio.state.models import sample_clips
from studio.state.models.sample_clips import SampleClips
from tests.bare_bundles import bare_bundle
from tests.clips import write_lossless

pytestmark = pytest.mark.usefixtures("qapp")


def test_clips_come_with_the_words_of_their_tasks(qtbot: QtBot, tmp_path: Path) -> None:
    bundle = bare_bundle(tmp_path / "bare")
    (bundle / "samples").mkdir()
    for name in ("FP.mp4", "strange.mp4"):
        write_lossless(tmp_path / "clip.mkv", 3, (32, 16)).rename(bundle / "samples" / name)
    (bundle / "samples" / "a-broken.mp4").write_bytes(b"no clip")
    samples = SampleClips()

    samples.look_at(bundle)

    qtbot.waitUntil(lambda: len(samples.clips) == 2)
    assert [clip.caption for clip in samples.clips] == [
        "Predict the frames that follow",
        "strange",
    ]
    assert samples.clips[0].frames.shape == (3, 16, 32, 3)


def test_large_clips_are_cut_and_reduced(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample_clips, "MOST_FRAMES", 3)
    monkeypatch.setattr(sample_clips, "MOST_HEIGHT", 16)
    bundle = bare_bundle(tmp_path / "bare")
    (bundle / "samples").mkdir()
    clip = write_lossless(tmp_path / "clip.mkv", 5, (64, 32))
    clip.rename(bundle / "samples" / "FP.mp4")
    samples = SampleClips()

    samples.look_at(bundle)

    qtbot.waitUntil(lambda: len(samples.clips) == 1)
    assert samples.clips[0].frames.shape == (3, 16, 32, 3)
