"""How long a person waits before anything of Maskreel's own begins."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BOOTSTRAP = ROOT / "packaging" / "bootstrap.py"


def seconds(*command: str | Path) -> float:
    """Best of five runs of a command, wall clock."""

    def once() -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, check=True)
        return time.perf_counter() - start

    return min(once() for _ in range(5))


def test_second_call_of_the_bootstrap() -> None:
    own = seconds(BOOTSTRAP, "test", "--version") - seconds("-m", "pytest", "--version")

    print(f"\nbootstrap, second call: {own:.2f} s before the program starts")
    assert own < 2


def test_import_of_what_the_window_needs_of_core() -> None:
    imports = "import core.requests, core.media.reading, core.engine.client"

    taken = seconds("-c", imports) - seconds("-c", "pass")

    print(f"\nvocabulary of core: imported in {taken:.2f} s")
    assert taken < 1
