"""A clip is generated on a larger canvas from the command line."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.__main__ import main
from core.margins import Margins
from core.media.reading import open_clip
from core.provenance import read_provenance
from tests.bundles import tiny_bundle
from tests.clips import write_lossless

SIZE, FRAMES = (64, 48), 7

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    tiny_bundle(tmp_path / "tiny")
    write_lossless(tmp_path / "clip.mkv", FRAMES, SIZE)
    return tmp_path


def generate(*arguments: str) -> int:
    common = ["generate", "--model", "tiny", "--clip", "clip.mkv"]
    try:
        return main([*common, *arguments])
    except SystemExit as error:
        return int(error.code or 0)


def frames(path: str) -> np.ndarray:
    with open_clip(path) as reader:
        return reader.read(0, len(reader)).frames


def test_four_to_three_becomes_sixteen_to_nine_around_untouched_pictures() -> None:
    assert generate("--canvas", "16:9", "--steps", "2", "--out", "a.mkv") == 0

    made, clip = frames("a.mkv"), frames("clip.mkv")
    assert made.shape == (FRAMES, 48, 86, 3)
    np.testing.assert_array_equal(made[:, :, 11:75], clip)
    with open_clip("clip.mkv", Margins(11, 0, 11, 0)) as padded:
        around = padded.read(0, FRAMES).frames
    assert (made[:, :, :11] != around[:, :, :11]).any(axis=(1, 2, 3)).all()
    assert (made[:, :, 75:] != around[:, :, 75:]).any(axis=(1, 2, 3)).all()
    request = read_provenance(Path("a.mkv")).request
    assert (request.margins, request.length) == (Margins(11, 0, 11, 0), FRAMES)


def test_settings_of_such_a_file_give_it_again() -> None:
    assert generate("--margins", "0,4,16,0", "--steps", "2", "--out", "a.mkv") == 0

    assert generate("--settings-from", "a.mkv", "--out", "b.mkv") == 0

    assert frames("a.mkv").shape == (FRAMES, 52, 80, 3)
    np.testing.assert_array_equal(frames("b.mkv"), frames("a.mkv"))


def test_a_mask_of_the_clip_counts_as_well() -> None:
    mask = np.zeros(SIZE[::-1], np.uint8)
    mask[10:30, 40:60] = 255
    cv2.imwrite("mask.png", mask)
    chosen = ("--mask", "mask.png", "--margins", "0,0,16,0", "--frames", "0:4", "--steps", "2")

    assert generate(*chosen, "--out", "a.mkv") == 0

    made, clip = frames("a.mkv"), frames("clip.mkv")
    unmasked = mask == 0
    np.testing.assert_array_equal(made[:, :, :64][:, unmasked], clip[:, unmasked])
    assert (made[0, :, :64][~unmasked] != clip[0][~unmasked]).any()
    np.testing.assert_array_equal(made[4:, :, :64], clip[4:])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--canvas", "16:9", "--task", "FP"), "go with --task paint"),
        (("--canvas", "16:9", "--margins", "1,1,1,1"), "not allowed with"),
        (("--canvas", "sixteen"), "invalid"),
        (("--margins", "0,0,-4,0"), "invalid"),
        (("--margins", "0,0,400,0"), "too large for pictures of 64x48"),
        (("--task", "paint"), "needs --mask, --canvas or --margins"),
    ],
)
def test_a_canvas_that_cannot_be_is_refused(
    arguments: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert generate(*arguments, "--out", "a.mkv") != 0
    assert words in capsys.readouterr().err
    assert not Path("a.mkv").exists()


def test_any_shape_can_be_asked_for() -> None:
    assert generate("--canvas", "2:1", "--steps", "1", "--out", "a.mkv") == 0
    with open_clip("a.mkv") as reader:
        assert Fraction(*reader.size) == 2
