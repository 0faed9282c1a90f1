"""asked.json: what someone asks of a run that a process works on, on this machine or another.

A file, and no signal: it reaches a machine that shares nothing but the folder.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Literal, get_args

ASKED = "asked.json"

Wish = Literal["pause", "keep-best", "keep-last"]
"""Save and end, so that the device is free; or end with a model of a checkpoint."""


def ask(run: Path, wish: Wish) -> None:
    """Asks for it; the process obeys after the step under way.

    Raises:
        OSError: the folder cannot be written.
    """
    partial = run / f".{ASKED}.partial"
    with partial.open("w", encoding="utf-8") as file:
        json.dump({"wish": wish}, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, run / ASKED)


def asked(run: Path) -> Wish | None:
    """What is asked; None for nothing."""
    try:
        wish = json.loads((run / ASKED).read_text("utf-8"))["wish"]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        return "pause"  # somebody wants something, and pausing loses nothing
    return wish if wish in get_args(Wish) else "pause"


def withdraw(run: Path) -> None:
    """Nothing is asked any more."""
    (run / ASKED).unlink(missing_ok=True)
