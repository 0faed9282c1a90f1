"""This machine, as far as a program without torch can ask: memory, and which processes live."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def host() -> str:
    """The name by which this machine is known to others."""
    return platform.node() or "this machine"


def free_memory() -> int | None:
    """Bytes of main memory that programs can still have; None where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
    except OSError:
        return None
    kilobytes = dict(line.removesuffix(" kB").split(":") for line in lines)
    return int(kilobytes["MemAvailable"]) * 1024


def used_memory() -> int:
    """Bytes of main memory that this process has now; 0 where the system does not say."""
    return resident_memory(os.getpid())


def resident_memory(process: int) -> int:
    """Bytes of main memory that a process has now; 0 where the system does not say, or without
    such a process."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text("ascii").split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGESIZE")


def birth(process: int) -> int:
    """When a process began, in ticks since the system did: it tells a process from a later one
    with the same number. 0 where the system does not say, or there is none."""
    fields = _stat(process)
    return int(fields[19]) if fields else 0


def lives(process: int, born: int = 0) -> bool:
    """Whether a process of this machine goes on; one that has ended and that nobody has asked for
    its outcome yet does not.

    Args:
        born: its `birth`; 0 takes any process with that number for it.
    """
    fields = _stat(process)
    if fields:
        return fields[0] not in "ZX" and born in (0, int(fields[19]))
    if Path("/proc/self/stat").exists():
        return False
    try:
        os.kill(process, 0)  # no signal is sent
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _stat(process: int) -> list[str]:
    """What Linux says of a process from its state on; [] without such a process or such a file."""
    try:
        text = Path(f"/proc/{process}/stat").read_text("utf-8", errors="replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()
