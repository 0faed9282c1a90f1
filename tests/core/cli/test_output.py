"""--out, --format and what else says how clips are written."""

from __future__ import annotations

import argparse
from fractions import Fraction
from pathlib import Path

import pytest

from core.cli import UsageError
from core.cli.output import WRITER_OF_SUFFIX, Output, add_arguments, numbered, output
from core.errors import UserError
from core.media.format_options import CodedOptions, GIFOptions
from core.media.writing import WRITERS


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def said(*arguments: str) -> Output:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return output(parser.parse_args(arguments))


def test_suffix_says_the_format() -> None:
    names = {suffix: row.name for suffix, row in WRITER_OF_SUFFIX.items()}

    assert names == {
        ".mp4": "mp4",
        ".mov": "prores",
        ".webm": "webm",
        ".gif": "gif",
        "": "png",
        ".mkv": "ffv1",
        ".npz": "npz",
    }
    assert said("--out", "a.MOV").writer.name == "prores"


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_can_be_asked_for(name: str) -> None:
    assert said("--out", f"a{WRITERS[name].suffix}", "--format", name).writer.name == name


def test_quality_and_options_of_the_format() -> None:
    coded = said("--out", "a.webm", "--quality", "40", "--set", "effort=fast")
    gif = said("--out", "a.gif", "--set", "colours=32", "--set", "loop=off")

    assert coded.options == CodedOptions(40, "fast")
    assert gif.options == GIFOptions(colours=32, loop=False)


def test_size_rate_and_sound() -> None:
    as_it_is = said("--out", "a.mp4")
    small = said("--out", "a.mp4", "--size", "720p", "--rate", "24", "--no-sound")
    boxed = said("--out", "a.mp4", "--size", "100x80", "--fit", "crop")

    assert as_it_is.shape.sized((1920, 1080)) == (1920, 1080)
    assert as_it_is.sound
    assert small.shape.sized((1920, 1080)) == (1280, 720)
    assert small.shape.paced(Fraction(30)) == 24
    assert not small.sound
    assert boxed.shape.sized((1920, 1080)) == (100, 80)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--out", "a.avi"), "the suffix is one of"),
        (("--out", "a.mp4", "--format", "webm"), "ends with .webm"),
        (("--out", "a.png", "--format", "png"), "has no suffix"),
        (("--out", "a.gif", "--quality", "4"), "no quality"),
        (("--out", "a.gif", "--set", "crf=4"), "colours, dither, loop"),
        (("--out", "a.gif", "--set", "loop"), "colours, dither, loop"),
        (("--out", "a.gif", "--size", "big"), "1280x720"),
        (("--out", "a.gif", "--size", "720p", "--fit", "crop"), "WIDTHxHEIGHT"),
    ],
)
def test_arguments_that_do_not_go_together(arguments: tuple[str, ...], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        said(*arguments)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--out", "a.mp4", "--quality", "101"), "at most 100"),
        (("--out", "a.gif", "--set", "colours=many"), "whole number"),
        (("--out", "a.gif", "--set", "loop=perhaps"), "on or off"),
        (("--out", "a.mp4", "--set", "effort=warp"), "one of fastest"),
        (("--out", "a.mp4", "--size", "4x4"), "at least 16"),
        (("--out", "gone/a.mp4"), "is not there"),
    ],
)
def test_values_that_are_not_possible(arguments: tuple[str, ...], words: str) -> None:
    with pytest.raises(UserError, match=words):
        said(*arguments)


def test_pictures_too_small_for_a_codec_are_said_at_once() -> None:
    asked = said("--out", "a.mp4", "--format", "av1")

    asked.check((64, 64))
    with pytest.raises(UserError, match="64 × 64"):
        asked.check((48, 32))


def test_variations_are_numbered() -> None:
    assert numbered(Path("a.gif"), 1) == [Path("a.gif")]
    assert numbered(Path("a.gif"), 2) == [Path("a-1.gif"), Path("a-2.gif")]
