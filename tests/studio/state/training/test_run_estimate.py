"""What a step takes is measured once, in a process of its own, and remembered."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from core.requests import FinetuneRequest
from studio.state.training import run_estimate
from studio.state.training.run_estimate import RunEstimate

pytestmark = pytest.mark.usefixtures("qapp")
SAID = {
    "device": "CPU",
    "seconds": {"prior": [1, 2]},
    "prepare_s": 3,
    "memory": 4,
    "checkpoint": 5,
}


@pytest.fixture
def request_(tmp_path: Path) -> FinetuneRequest:
    return FinetuneRequest("/models/tiny", ("/a.mp4",), tmp_path / "run", tmp_path, "mine")


def program(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """What runs in place of the command line."""
    monkeypatch.setattr(run_estimate, "PAUSE_MS", 0)
    monkeypatch.setattr(run_estimate, "command", lambda _request: [sys.executable, "-c", text])


def test_it_is_measured_once_for_each_part(
    qtbot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request_: FinetuneRequest
) -> None:
    program(monkeypatch, f"print('noise'); print({json.dumps(json.dumps(SAID))})")
    estimate = RunEstimate(tmp_path / "runs")
    estimate.want(request_)
    qtbot.waitUntil(lambda: estimate.measured is not None)
    qtbot.waitUntil(lambda: not estimate.measuring)

    program(monkeypatch, "raise SystemExit(1)")
    again = RunEstimate(tmp_path / "runs")
    again.want(request_)
    assert again.measured == estimate.measured
    assert again.measured.step("prior").likely == 1.5


def test_why_it_could_not_be_measured_is_told(
    qtbot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request_: FinetuneRequest
) -> None:
    program(monkeypatch, "raise SystemExit('maskreel finetune: There is no footage.')")
    estimate = RunEstimate(tmp_path / "runs")
    estimate.want(request_)
    qtbot.waitUntil(lambda: estimate.problem != "")

    assert estimate.problem.endswith("could not be measured: There is no footage.")
    qtbot.waitUntil(lambda: not estimate.measuring)


def test_what_is_wanted_no_more_is_ended(
    qtbot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request_: FinetuneRequest
) -> None:
    started = tmp_path / "started"
    wait = f"import os, time; open({str(started)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    program(monkeypatch, wait)
    estimate = RunEstimate(tmp_path / "runs")
    estimate.want(request_)
    qtbot.waitUntil(lambda: started.exists() and bool(started.read_text()))
    estimate.stop()

    process = Path(f"/proc/{started.read_text()}")
    qtbot.waitUntil(lambda: not process.exists())
    assert not estimate.measuring
    assert estimate.measured is None
