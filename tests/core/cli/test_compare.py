"""`maskreel compare` from its arguments to its files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.__main__ import main
from core.cli import UsageError
from core.cli.compare import _line, _setting
from tests.bundles import tiny_bundle
from tests.clips import write_lossless

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tiny_bundle(tmp_path / "tiny")
    (tmp_path / "videos").mkdir()
    write_lossless(tmp_path / "videos" / "a.mkv", 6, (24, 20))
    return tmp_path


def test_the_table_is_printed_and_lies_in_the_folder(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["compare", str(folder / "tiny"), str(folder / "videos"), "--clips", "2"]
    arguments += ["--decoders", "commit,halton,halton:order=3d", "--steps", "1,2"]
    arguments += ["--set", "halton.top_k=5", "--out", str(folder / "out")]

    assert main(arguments) == 0

    printed = capsys.readouterr().out
    assert printed.startswith((folder / "out" / "table.md").read_text())
    rows = json.loads((folder / "out" / "table.json").read_text())["rows"]
    names = {"commit", "halton:top_k=5", "halton:top_k=5:order=3d"}
    assert {row["decoder"] for row in rows} == names
    assert (folder / "out" / "plot.png").is_file()


def test_progress_for_programs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["compare", str(folder / "tiny"), str(folder / "videos"), "--clips", "1"]
    arguments += ["--decoders", "commit", "--steps", "1", "--out", str(folder / "out")]

    main([*arguments, "--json-lines"])

    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["event"] for event in events] == ["measured", "measured", "finished"]


def test_options_have_the_kind_that_the_decoder_wants() -> None:
    line = _line("commit:guidance=2:schedule=exp:top_k=5", [_setting("halton.order=2d")])

    assert line.name == "commit:guidance=2:schedule=exp:top_k=5"
    assert line.options == {"guidance": 2.0, "schedule": "exp", "top_k": 5}
    assert isinstance(line.options["guidance"], float)
    assert _line("halton", [_setting("halton.order=2d")]).options == {"order": "2d"}
    assert _line("autoregressive:speculative=true", []).options == {"speculative": True}


@pytest.mark.parametrize("text", ["commit:guidance", "commit:top_k=many"])
def test_options_that_are_not_written_so_are_wrong_usage(text: str) -> None:
    with pytest.raises(UsageError):
        _line(text, [])


def test_a_setting_names_decoder_and_option() -> None:
    with pytest.raises(UsageError, match=r"halton\.order=2d"):
        _setting("order=2d")


def test_unknown_decoders_are_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["compare", str(folder / "tiny"), str(folder / "videos"), "--decoders", "magic"])

    assert code == 1
    assert "magic" in capsys.readouterr().err
