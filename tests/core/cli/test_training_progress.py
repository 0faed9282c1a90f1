"""How a training is told: JSON lines for programs, a line now and then, a bar on a terminal."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from core.cli.progress import LINE_EVERY_S, TrainingProgress
from core.requests import TrainUpdate


class Clock:
    """Stands still until it is moved."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def update(step: int, **fields: object) -> TrainUpdate:
    values = {"figures": {"loss": 0.5}, "samples_per_second": 12.0, "eta_s": 65.0, "waiting": 0.02}
    return TrainUpdate("prior", step, 100, **{**values, **fields})  # type: ignore[arg-type]


def test_programs_get_every_field(capsys: pytest.CaptureFixture[str]) -> None:
    with TrainingProgress(json_lines=True) as progress:
        progress.show(update(10, samples=(Path("a.png"),), memory=7))
        progress.show(update(100, bundle=Path("models/mine")))

    first, last = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["event"], first["step"], first["total"]) == ("trained", 10, 100)
    assert (first["samples"], first["memory"], first["eta_s"]) == (["a.png"], 7, 65.0)
    assert (last["event"], last["bundle"]) == ("finished", "models/mine")


def test_without_a_terminal_a_line_comes_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    with TrainingProgress(json_lines=False, clock=clock) as progress:
        for step in (10, 20, 30):
            clock.now += LINE_EVERY_S / 2
            progress.show(update(step))
        progress.show(update(0, message="Something to know."))
        progress.show(update(100))

    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "prior 10/100  loss 0.5 · 12.0 clips/s · waits 2% · 1:05 left"
    assert [line.split()[0:2] for line in lines[1:]] == [
        ["prior", "30/100"],
        ["Something", "to"],
        ["prior", "100/100"],
    ]


def test_on_a_terminal_there_is_a_bar(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "160")
    with TrainingProgress(json_lines=False) as progress:
        progress.show(update(10))
        progress.show(update(100, message="Something to know."))

    shown = capsys.readouterr().err
    assert "100/100" in shown
    assert "Something to know." in shown
    assert "1:05 left" in shown
