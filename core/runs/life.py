"""state.json: what the process of a run last said of itself, and signs of life while it works."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from core.machine import birth, free_memory, host, lives, used_memory

STATE = "state.json"
PULSE_S = 2.0
"""Between two signs of life."""
SILENT_S = 90.0
"""So long nothing may come from another machine before it counts as lost: shared folders show
changes of other machines up to a minute late."""

State = Literal["preparing", "training", "saving", "paused", "finished", "failed"]
WORKING: tuple[State, ...] = ("preparing", "training", "saving")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Life:
    """What a process says of itself.

    Attributes:
        words: what it does, or why it failed; "" where the state says all.
        phase: that is trained; step: done, of `total`.
        process, born, machine: who says it; see `core.machine`.
        time: when, in seconds since 1970, by the clock of that machine.
        device: where it computes, for people. memory: bytes of main memory that the process uses;
            free: that its machine has left, or None.
        bundle: folder of the model that came of it, or "".
    """

    state: State
    words: str = ""
    phase: str = ""
    step: int = 0
    total: int = 0
    process: int = 0
    born: int = 0
    machine: str = ""
    time: float = 0.0
    device: str = ""
    memory: int = 0
    free: int | None = None
    bundle: str = ""

    @property
    def working(self) -> bool:
        """Whether the process means to go on."""
        return self.state in WORKING

    @property
    def here(self) -> bool:
        """Whether it is a process of this machine."""
        return self.machine == host()

    @property
    def goes_on(self) -> bool:
        """Whether a process of this machine that means to go on does so."""
        return self.working and self.here and lives(self.process, self.born)


def read_life(run: Path) -> Life | None:
    """What was said last; None when nothing was, or nothing that can be understood."""
    try:
        data = json.loads((run / STATE).read_text("utf-8"))
        return Life(**{f.name: data[f.name] for f in fields(Life) if f.name in data})
    except (OSError, ValueError, TypeError):
        return None


def write_life(run: Path, life: Life, *, settled: bool = True) -> None:
    """Writes it whole, whoever else does the same at this moment.

    Args:
        settled: wait until the disk has it; a mere sign of life is worth no waiting.

    Raises:
        OSError: the folder cannot be written.
    """
    partial = run / f".{STATE}.{os.getpid()}.{threading.get_ident()}.partial"
    with partial.open("w", encoding="utf-8") as file:
        json.dump(asdict(life), file, indent=1)
        if settled:
            file.flush()
            os.fsync(file.fileno())
    os.replace(partial, run / STATE)


class Pulse:
    """Says that a run lives: at once when something changes, and every `PULSE_S` in between.

    A disk that is full does not end a training: what cannot be said is logged.
    """

    def __init__(self, run: Path) -> None:
        process = os.getpid()
        self._run = run
        self._life = Life("preparing", process=process, born=birth(process), machine=host())
        self._lock, self._ended = threading.Lock(), threading.Event()
        run.mkdir(parents=True, exist_ok=True)
        self._write()
        self._thread = threading.Thread(target=self._beat, name="pulse", daemon=True)
        self._thread.start()

    def say(self, **changes: Any) -> None:
        """Changes fields of the `Life`."""
        with self._lock:
            self._life = replace(self._life, **changes)
        self._write()

    def end(self, state: State, **changes: Any) -> None:
        """The last word."""
        self._ended.set()
        self._thread.join()
        self._life = replace(self._life, state=state, **changes)
        self._write(settled=True)

    def _beat(self) -> None:
        while not self._ended.wait(PULSE_S):
            self._write()

    def _write(self, *, settled: bool = False) -> None:
        with self._lock:
            memory, free = used_memory(), free_memory()
            self._life = replace(self._life, time=time.time(), memory=memory, free=free)
            try:
                write_life(self._run, self._life, settled=settled)
            except OSError as error:
                log.warning("%s cannot be written: %s", self._run / STATE, error)
