"""How much memory a job takes at most: of the accelerator, or of this process on a CPU."""

from __future__ import annotations

import resource
import sys
from contextlib import suppress
from pathlib import Path

import torch

_FORGET_PEAK = "5"
"""Written to Linux's clear_refs, it lets the peak begin anew at what is in use now."""


def begin_peak(device: torch.device) -> None:
    """Forget what was taken before. Where the system cannot, the peak is that of the process."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    else:
        with suppress(OSError):
            Path("/proc/self/clear_refs").write_text(_FORGET_PEAK, "ascii")


def peak(device: torch.device) -> int:
    """Bytes that were taken at most since then."""
    if device.type == "cuda":
        return torch.cuda.max_memory_reserved(device)
    try:
        lines = Path("/proc/self/status").read_text("ascii").splitlines()
    except OSError:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024
    known = dict(line.split(":", 1) for line in lines)
    return int(known["VmHWM"].removesuffix(" kB")) * 1024
