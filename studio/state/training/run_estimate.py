"""How long a step of a training takes here: a few are taken in a process of their own, once for
each model and part, and what they said is remembered."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer

from core.errors import UserError
from core.machine import host
from core.requests import FinetuneRequest
from core.runs.estimate import Measured, read_measured
from core.runs.starting import arguments, environment
from studio.observable import Field, Observable
from studio.state.background import Background

FILE = "measured.json"
PAUSE_MS = 600
"""So long nothing else must be chosen before something is measured."""
LOOK_S = 0.1

log = logging.getLogger(__name__)


class RunEstimate(Observable):
    """Attributes:
    measured: what is known of the training that is wanted, or None.
    measuring: whether it is being measured. problem: why it could not be, or "".
    """

    measured: Field[Measured | None] = Field(None)
    measuring = Field(False)
    problem = Field("")

    def __init__(self, home: Path, parent: QObject | None = None) -> None:
        """`home` is where what was measured is kept; it may not be there yet."""
        super().__init__(parent)
        self._path = home / FILE
        self._wanted: FinetuneRequest | None = None
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._pause.timeout.connect(self._begin)
        self._work = Background("estimate", self)
        self._work.updated.connect(self._take)
        self._work.failed.connect(lambda sentence: setattr(self, "problem", sentence))
        self._work.ended.connect(lambda: setattr(self, "measuring", False))

    def want(self, request: FinetuneRequest) -> None:
        """Know how long such a training takes: from earlier, or measured now."""
        if self._wanted is not None and _key(self._wanted) == _key(request) and not self.problem:
            return
        self.stop()
        self._wanted, self.problem = request, ""
        self.measured = self._known().get(_key(request))
        if self.measured is None:
            self._pause.start()

    def again(self) -> None:
        """Measure once more."""
        if self._wanted is not None:
            self.measured = None
            self._begin()

    def stop(self) -> None:
        """Measure nothing."""
        self._pause.stop()
        self._work.stop()
        self._wanted, self.measuring = None, False

    def _begin(self) -> None:
        request = self._wanted
        if request is not None:
            self.measuring, self.problem = True, ""
            self._work.start(lambda: _measure(request))

    def _take(self, measured: Measured | None) -> None:
        if measured is not None and self._wanted is not None:
            self.measured = measured
            self._remember(_key(self._wanted), measured)

    def _known(self) -> dict[str, Measured]:
        try:
            data = json.loads(self._path.read_text("utf-8"))
            return {key: Measured.from_json(value) for key, value in data.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            log.warning("%s cannot be read: %s", self._path, error)
            return {}

    def _remember(self, key: str, measured: Measured) -> None:
        data: dict[str, Any] = {name: one.to_json() for name, one in self._known().items()}
        data[key] = measured.to_json()
        partial = self._path.with_name(f".{FILE}.partial")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with partial.open("w", encoding="utf-8") as file:
                json.dump(data, file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            os.replace(partial, self._path)
        except OSError as error:
            log.warning("%s cannot be written: %s", self._path, error)


def _key(request: FinetuneRequest) -> str:
    """What the seconds of a step depend on; which clips they are of matters little."""
    return f"{host()} {request.bundle} {request.part} {request.lora}"


def command(request: FinetuneRequest) -> list[str]:
    """What measures the steps of a training."""
    asked = arguments(request)
    return [sys.executable, "-m", "core", *asked, "--estimate", "--in-background"]


def _measure(request: FinetuneRequest) -> Generator[Measured | None, None, None]:
    """Takes a few steps in a process, which ends with this generator.

    Raises:
        UserError: it did not come to an end; what it said.
    """
    with subprocess.Popen(
        command(request),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        text=True,
    ) as process:
        try:
            while True:
                try:
                    said, complained = process.communicate(timeout=LOOK_S)
                    break
                except subprocess.TimeoutExpired:
                    yield None
        finally:
            process.kill()
    measured = read_measured(said)
    if measured is None:
        lines = complained.strip().splitlines() or [f"it ended with {process.returncode}"]
        why = lines[-1].removeprefix("maskreel finetune: ")
        raise UserError(f"How long it takes could not be measured: {why}")
    yield measured
