"""Signals that ask a training to stop: noted while a step is under way, obeyed after it."""

from __future__ import annotations

import signal
import threading
from typing import Any, Self


class StopSignals:
    """While it is entered, SIGINT and SIGTERM are noted instead of breaking into a step.

    Outside the main thread signals cannot be handled, and are left as they are.

    Attributes:
        asked: whether one has come.
    """

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, *_: object) -> None:
        self.asked = True
