"""The import directions of ARCHITECTURE.md hold."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_import_directions_hold() -> None:
    command = "import importlinter.cli as c; c.lint_imports_command(['--no-cache'])"

    linted = subprocess.run(
        [sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True
    )

    assert linted.returncode == 0, linted.stdout + linted.stderr


def test_vocabulary_of_core_loads_no_torch_and_no_qt() -> None:
    vocabulary = "clip masks window compositing tasks options requests cards errors assets"
    vocabulary += " mask_shapes mask_files tracking"
    imports = "".join(f"import core.{name}\n" for name in vocabulary.split())
    probe = "import core.media.reading, core.media.writing, core.engine.client, sys\n"
    verdict = "sys.exit(', '.join({'torch', 'PySide6', 'qasync'} & set(sys.modules)) or 0)"

    loaded = subprocess.run(
        [sys.executable, "-c", imports + probe + verdict], cwd=ROOT, capture_output=True, text=True
    )

    assert loaded.returncode == 0, loaded.stderr
