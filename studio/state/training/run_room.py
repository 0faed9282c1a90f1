"""Whether this machine has room for a training: on its disk, and in its memory."""

from __future__ import annotations

import shutil
from pathlib import Path

from core.machine import free_memory
from core.runs.estimate import Measured
from studio.state.places import in_bytes

CHECKPOINTS = 9
"""So many of a training are kept, about."""


def disk_of(measured: Measured) -> int:
    """Bytes that the checkpoints of a run take."""
    return measured.checkpoint * CHECKPOINTS


def obstacle(measured: Measured, home: Path) -> str:
    """Why the disk of a folder, which may not be there yet, has no room for it; or ""."""
    place = next(path for path in (home, *home.parents) if path.exists())
    need, free = disk_of(measured), shutil.disk_usage(place).free
    if need <= free:
        return ""
    words = f"Its checkpoints need {in_bytes(need)}, and {place} has {in_bytes(free)} left."
    return f"{words} Make room first."


def warning(measured: Measured) -> str:
    """What is to be thought of before it computes on the CPU, or ""."""
    free = free_memory()
    if free is None or not measured.device.startswith("CPU") or measured.memory <= free:
        return ""
    need = in_bytes(measured.memory)
    return f"It needs {need} of memory, and {in_bytes(free)} are free. Close other programs first."
