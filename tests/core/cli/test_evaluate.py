"""`maskreel evaluate` as a person types it."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.__main__ import main
from tests.bundles import tiny_bundle
from tests.core.training.conftest import moving_circle, write_video

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def arguments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.chdir(tmp_path)
    write_video(moving_circle((220, 30, 30)), tmp_path / "val" / "left" / "0.mp4")
    bundle = tiny_bundle(tmp_path / "tiny")
    sizes = ("--clips", "2", "--batch", "1", "--tasks", "FI,IPC", "--set", "steps=2")
    return ["evaluate", str(bundle), "val", *sizes]


def test_a_report_has_a_folder_of_its_own(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    (folder,) = (tmp_path / "evaluations").iterdir()

    assert "| IPC | model |" in printed
    assert "commit, steps 2" in printed
    assert f"In evaluations/{folder.name}: report.json, report.md, contact-sheet.png" in printed
    assert main([*arguments, "--seed", "1"]) == 0
    assert len(list((tmp_path / "evaluations").iterdir())) == 2


def test_the_last_shard_reports(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*arguments, "--shard", "2/2"]) == 0
    assert "1 of 2 clips are measured in evaluations/tiny-" in capsys.readouterr().out
    assert main([*arguments, "--shard", "1/2"]) == 0
    assert "# Tiny random model on val" in capsys.readouterr().out


@pytest.mark.parametrize("wrong", [("--set", "steps"), ("--set", "steps=x"), ("--shard", "half")])
def test_wrong_usage(arguments: list[str], wrong: tuple[str, str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*arguments, *wrong])

    assert ended.value.code == 2
