"""`maskreel doctor --measure` measures each model that can be measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.__main__ import main
from core.cli import doctor
from core.jobs import measure
from tests.bundles import tiny_bundle

pytestmark = pytest.mark.usefixtures("one_thread")


def test_models_are_measured_and_the_points_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny_bundle(tmp_path / "models" / "tiny", tasks=("CG",))
    tiny_bundle(tmp_path / "models" / "painter", tasks=("paint",))
    monkeypatch.setattr(doctor, "CHECKS", ())
    monkeypatch.setattr(doctor, "model_folders", lambda: (tmp_path / "models", tmp_path / "own"))
    monkeypatch.setattr(measure, "tables_folder", lambda: tmp_path / "measured")

    assert main(["doctor", "--measure"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert all(line.startswith("ok  tiny: ") for line in lines)
    assert len(list((tmp_path / "measured").iterdir())) == 1
