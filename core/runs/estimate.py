"""How long a fine-tuning takes here, said before it starts: from a few steps that were measured."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

USED = 0.9
"""Share of the time that is for steps; the rest is for checkpoints and samples."""
SPREAD = 0.15
"""Other programs come and go: at least so much more or less is expected than was measured."""


@dataclass(frozen=True)
class Span:
    """From `low` to `high`, most likely `likely`."""

    low: float
    likely: float
    high: float


@dataclass(frozen=True)
class Measured:
    """What a few steps said.

    Attributes:
        device: for people.
        seconds: of each step that was measured, by part: "tokenizer", "prior".
        prepare_s: from the start of the process to the first step.
        memory: bytes in use at most: of the device, or of the process on a CPU.
        checkpoint: bytes of a checkpoint; the larger, where two parts learn.
    """

    device: str
    seconds: Mapping[str, tuple[float, ...]]
    prepare_s: float
    memory: int
    checkpoint: int

    def step(self, part: str) -> Span:
        """Seconds that a step of a part takes."""
        times = self.seconds[part]
        likely = median(times)
        low, high = min(*times, likely * (1 - SPREAD)), max(*times, likely * (1 + SPREAD))
        return Span(low, likely, high)

    def steps(self, minutes: float) -> Span:
        """How many steps of each part fit; at least one."""
        step, room = self._round, max(minutes * 60 - self.prepare_s, 0) * USED
        return Span(*(max(room / seconds, 1.0) for seconds in (step.high, step.likely, step.low)))

    def minutes(self, steps: int) -> Span:
        """How long so many steps of each part take, with all that goes with them."""
        step = self._round
        times = (self.prepare_s + steps * s / USED for s in (step.low, step.likely, step.high))
        return Span(*(seconds / 60 for seconds in times))

    @property
    def _round(self) -> Span:
        """Seconds that one step of each part takes."""
        steps = [self.step(part) for part in self.seconds]
        ends = ("low", "likely", "high")
        return Span(*(sum(getattr(step, end) for step in steps) for end in ends))

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Measured:
        """Raises KeyError, TypeError or ValueError when the data is none."""
        seconds = {part: tuple(map(float, times)) for part, times in data["seconds"].items()}
        if not seconds or not all(seconds.values()):
            raise ValueError("nothing was measured")
        return cls(
            str(data["device"]),
            seconds,
            float(data["prepare_s"]),
            int(data["memory"]),
            int(data["checkpoint"]),
        )


def read_measured(said: str) -> Measured | None:
    """What `maskreel finetune … --estimate` printed, or None when it is something else."""
    try:
        return Measured.from_json(json.loads(said.strip().splitlines()[-1]))
    except (ValueError, KeyError, TypeError, IndexError):
        return None
