"""metrics.jsonl, read as it grows: only what was added since the last look is read."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

METRICS = "metrics.jsonl"


@dataclass(frozen=True)
class Line:
    """One report of a training.

    Attributes:
        step: of the phase, counted from 1; 0 is before the first.
        figures: losses and all else that is a number, by name.
    """

    phase: str
    step: int
    figures: Mapping[str, float]


class MetricsTail:
    """Reads a file of reports to its end again and again.

    Attributes:
        lines: all reports that are in it now.
    """

    def __init__(self, run: Path) -> None:
        self._path = run / METRICS
        self._file, self._read = 0, 0  # which file it was, and how many bytes of it were read
        self.lines: tuple[Line, ...] = ()

    def look(self) -> None:
        """Takes in what was added. A file that was written anew is read from its beginning.

        Raises:
            OSError: it is there and cannot be read.
        """
        try:
            with self._path.open("rb") as file:
                about = os.fstat(file.fileno())
                if about.st_ino != self._file or about.st_size < self._read:
                    self._file, self._read, self.lines = about.st_ino, 0, ()
                file.seek(self._read)
                added = file.read()
        except FileNotFoundError:
            self._file, self._read, self.lines = 0, 0, ()
            return
        whole = added[: added.rfind(b"\n") + 1]  # what is being written comes the next time
        self._read += len(whole)
        found = map(parsed, whole.splitlines())
        self.lines += tuple(line for line in found if line is not None)


def parsed(line: bytes) -> Line | None:
    """A line of the file; None for one that is no report."""
    try:
        values = json.loads(line)
        phase, step = str(values.pop("phase")), int(values.pop("step"))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    numbers = {name: value for name, value in values.items() if type(value) in (int, float)}
    finite = {name: float(value) for name, value in numbers.items() if math.isfinite(value)}
    return Line(phase, step, finite)
