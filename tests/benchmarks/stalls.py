"""How long an event loop does not turn, and what its thread does meanwhile."""

from __future__ import annotations

import faulthandler
import re
import threading
import time
from dataclasses import dataclass
from itertools import pairwise, takewhile
from tempfile import TemporaryFile
from types import TracebackType
from typing import Self

from PySide6.QtCore import Qt, QTimer

BEAT_MS = 5
LOOK_AFTER_S = 0.025
"""A turn that takes longer is looked into."""
_LOOKS_EVERY_S = 0.005
_DEEPEST = 6  # callers that are told
_CALL = re.compile(r' *File "(.*/)?([^/"]+)", line (\d+) in (.*)')


@dataclass(frozen=True)
class Beat:
    """Attributes:
    wall, cpu: seconds since any start, and of work of the loop's thread until then.
    """

    wall: float
    cpu: float


class Heartbeat:
    """A timer of 5 ms in the loop of the thread that enters it, and a thread that looks at it.

    Attributes:
        seen: for late beats by number, what the loop's thread was doing when it was looked at.
    """

    def __init__(self) -> None:
        self.beats: list[Beat] = []
        self.seen: dict[int, list[str]] = {}
        self._loop_thread = threading.get_ident()
        self._over = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="heartbeat", daemon=True)
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)

    def __enter__(self) -> Self:
        self._beat()
        self._timer.start(BEAT_MS)
        self._watcher.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.stop()
        self._over.set()
        self._watcher.join()

    @property
    def stalls_ms(self) -> list[float]:
        """Between two beats, without what was asked for."""
        return [1000 * (b.wall - a.wall) - BEAT_MS for a, b in pairwise(self.beats)]

    @property
    def work_ms(self) -> list[float]:
        """What the loop's thread itself has worked between two beats: no other's fault."""
        return [1000 * (b.cpu - a.cpu) for a, b in pairwise(self.beats)]

    def worst(self, count: int) -> list[str]:
        """The longest stalls, each with what was running."""
        stalls, work = self.stalls_ms, self.work_ms
        late = sorted(range(len(stalls)), key=lambda k: -max(stalls[k], work[k]))[:count]
        return [
            f"{stalls[k]:.0f} ms late, {work[k]:.0f} ms of work:\n"
            + "\n".join(self.seen.get(k, ["(not looked at)"]))
            for k in late
        ]

    def _beat(self) -> None:
        self.beats.append(Beat(time.perf_counter(), time.thread_time()))

    def _watch(self) -> None:
        with TemporaryFile("w+") as file:
            while not self._over.wait(_LOOKS_EVERY_S):
                number, last = len(self.beats) - 1, self.beats[-1].wall
                if time.perf_counter() - last > LOOK_AFTER_S:
                    file.seek(0)
                    file.truncate()
                    # Not from Python's frames: whoever holds one keeps its painters alive.
                    faulthandler.dump_traceback(file)
                    file.seek(0)
                    self._note(number, file.read())

    def _note(self, number: int, dumped: str) -> None:
        threads = dumped.partition(f"0x{self._loop_thread:016x}")[2].splitlines()[1:]
        calls = list(takewhile(lambda line: line.startswith("  File"), threads))
        looks = self.seen.setdefault(number, [])
        look = " < ".join(_CALL.sub(r"\2:\3 \4", call) for call in calls[:_DEEPEST])
        if look not in looks:
            looks.append(look)
