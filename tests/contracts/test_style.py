"""The sources are clean in the eyes of ruff."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("rule", [["check"], ["format", "--check"]], ids=["lint", "format"])
def test_sources_are_clean(rule: list[str]) -> None:
    ruff = [sys.executable, "-m", "ruff", *rule, "--no-cache", "."]

    looked = subprocess.run(ruff, cwd=ROOT, capture_output=True, text=True)

    assert looked.returncode == 0, looked.stdout + looked.stderr
