"""A file that was written generates itself again."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.__main__ import main
from core.media.reading import open_clip
from core.provenance import read_provenance
from tests.bundles import tiny_bundle
from tests.clips import write_lossless

SIZE, FRAMES = (96, 64), 9
PAINT = ("--clip", "clip.mkv", "--mask", "mask.png", "--seed", "7", "--steps", "3")

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    tiny_bundle(tmp_path / "tiny")
    write_lossless(tmp_path / "clip.mkv", FRAMES, SIZE)
    mask = np.zeros(SIZE[::-1], np.uint8)
    mask[20:44, 28:68] = 255
    cv2.imwrite("mask.png", mask)
    return tmp_path


def generate(*arguments: str) -> int:
    try:
        return main(["generate", "--model", "tiny", *arguments])
    except SystemExit as error:
        return int(error.code or 0)


def frames(path: str) -> np.ndarray:
    with open_clip(path) as reader:
        return reader.read(0, len(reader)).frames


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".gif", ""])
def test_file_of_any_format_gives_the_same_result_again(suffix: str) -> None:
    assert generate(*PAINT, "--out", "first.mkv") == 0
    assert generate(*PAINT, "--out", f"seen{suffix}") == 0

    assert generate("--settings-from", f"seen{suffix}", "--clip", "clip.mkv", "--out", "a.mkv") == 0

    assert np.array_equal(frames("a.mkv"), frames("first.mkv"))


def test_one_of_several_variations_comes_again_alone() -> None:
    assert generate(*PAINT, "--count", "2", "--out", "o.mkv") == 0
    assert read_provenance(Path("o-2.mkv")).request.seed == 8

    assert generate("--settings-from", "o-2.mkv", "--clip", "clip.mkv", "--out", "a.mkv") == 0

    assert np.array_equal(frames("a.mkv"), frames("o-2.mkv"))


def test_refined_result_comes_again() -> None:
    assert generate(*PAINT, "--refine", "2", "--out", "o.mkv") == 0

    assert generate("--settings-from", "o.mkv", "--clip", "clip.mkv", "--out", "a.mkv") == 0

    assert np.array_equal(frames("a.mkv"), frames("o.mkv"))


def test_what_is_given_beside_it_counts() -> None:
    assert generate(*PAINT, "--out", "o.mkv") == 0
    again = ("--settings-from", "o.mkv", "--clip", "clip.mkv", "--out", "a.mkv")

    assert generate(*again, "--seed", "9", "--steps", "2") == 0

    made = read_provenance(Path("a.mkv")).request
    assert (made.seed, made.options["steps"]) == (9, 2)
    assert made.painted == read_provenance(Path("o.mkv")).request.painted


def test_wrong_use_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert generate(*PAINT, "--out", "o.mkv") == 0
    again = ("--settings-from", "o.mkv", "--out", "a.mkv")

    assert generate(*again) == 2
    assert "“clip.mkv”" in capsys.readouterr().err
    assert generate(*again, "--clip", "clip.mkv", "--mask", "mask.png") == 2
    assert "--mask: --settings-from says that already" in capsys.readouterr().err
    assert generate("--settings-from", "clip.mkv", "--clip", "clip.mkv", "--out", "a.mkv") == 1
    assert "does not say how it was made" in capsys.readouterr().err


def test_format_size_and_rate_are_written() -> None:
    how = ("--format", "h265", "--quality", "50", "--size", "128x128", "--rate", "25")

    assert generate(*PAINT, *how, "--out", "o.mp4") == 0

    with open_clip("o.mp4") as reader:
        assert reader.size == (128, 86)
        assert (reader.rate, len(reader)) == (Fraction(25), round(FRAMES * 25 / 10))


def test_longer_results_are_written_at_another_rate_as_they_grow() -> None:
    assert generate(*PAINT, "--rate", "12", "--out", "slow.mkv") == 0
    assert generate(*PAINT, "--out", "o.mkv") == 0

    shown, whole = frames("slow.mkv"), frames("o.mkv")
    assert len(shown) == round(FRAMES * 12 / 10)
    expected = [whole[min(int(k * 10 / 12), FRAMES - 1)] for k in range(len(shown))]
    assert np.array_equal(shown, np.stack(expected))
