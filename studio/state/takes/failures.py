"""Why a generation was interrupted: its cause, and a sentence that names it."""

from __future__ import annotations

import logging
import signal
from typing import Literal

from core.engine.client import DeviceFailed, EngineDied
from core.errors import OutOfMemory, UserError

Cause = Literal["", "request", "memory", "device", "engine", "ended"]
"""What was asked; too little memory; the device, or the engine, broke down; Maskreel itself ended
meanwhile. "" = something that nobody expected."""

HEADINGS: dict[Cause, str] = {
    "": "Something went wrong",
    "request": "This cannot be generated",
    "memory": "Not enough memory",
    "device": "The device failed",
    "engine": "The engine ended",
    "ended": "Maskreel was closed",
}

ENDED = "Maskreel ended while this was being generated. It can go on, with the same outcome."

log = logging.getLogger(__name__)


def cause_of(error: Exception) -> Cause:
    match error:
        case OutOfMemory():
            return "memory"
        case EngineDied(exit_code=code) if code == -signal.SIGKILL:
            return "memory"  # the system ends it when memory runs out
        case EngineDied():
            return "engine"
        case UserError():
            return "request"
        case DeviceFailed():
            return "device"
    return ""


def explained(error: Exception) -> str:
    """A sentence; what no person caused is logged with all that is known."""
    match error:
        case UserError():
            return str(error)
        case DeviceFailed():
            return (
                f"The device stopped working: {error}. The engine starts again with the next job."
            )
    log.error("a generation failed", exc_info=error)
    return f"Generating failed: {error}. The log has the details."
