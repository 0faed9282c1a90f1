"""The sources are clean in the eyes of ruff and mypy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHECKS = {
    "lint": ["ruff", "check", "--no-cache", "."],
    "format": ["ruff", "format", "--check", "--no-cache", "."],
    "types": ["mypy"],
}


@pytest.mark.parametrize("check", CHECKS)
def test_sources_are_clean(check: str) -> None:
    command = [sys.executable, "-m", *CHECKS[check]]

    looked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    assert looked.returncode == 0, looked.stdout + looked.stderr
