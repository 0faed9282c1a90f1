"""What the engine process writes to its stderr, in the log of the process that owns it.

Warnings of libraries, tracebacks of threads and the last words of a crash: they would be lost on
the terminal that a studio started from a menu does not have.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import threading
from multiprocessing.connection import Connection, wait

_PIECE = 1 << 16
_PAUSE_S = 0.05
"""What comes without a longer pause is one entry: a traceback is written line by line."""
_STDERR = 2

log = logging.getLogger("engine")


def speak_into(pipe: Connection) -> None:
    """In the engine process: stderr goes to `pipe`, crashes too. Windows keeps its own."""
    if os.name != "nt":
        os.dup2(pipe.fileno(), _STDERR)
        faulthandler.enable(_STDERR)


def listen_to(pipe: Connection) -> None:
    """In the owner: all that comes through `pipe` is logged until the process has ended."""
    if os.name != "nt":
        threading.Thread(target=_listen, args=(pipe,), name="engine-stderr", daemon=True).start()


def _listen(pipe: Connection) -> None:
    while heard := os.read(pipe.fileno(), _PIECE):
        while len(heard) < _PIECE and wait([pipe], _PAUSE_S):
            more = os.read(pipe.fileno(), _PIECE)
            heard += more
            if not more:
                break
        said = _last_states(heard.decode("utf-8", "replace"))
        if said:
            log.warning(said)
    pipe.close()


def _last_states(text: str) -> str:
    """Without what a progress bar has written over."""
    lines = (line.rstrip().rsplit("\r", 1)[-1] for line in text.split("\n"))
    return "\n".join(line for line in lines if line)
