"""Jobs that do what their request says, for a real engine process without a model."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection

from core.errors import OutOfMemory, UserError


@dataclass(frozen=True)
class Count:
    """Yields 0 … to - 1, one every `pause_s`; `stuck_s` is how long it ignores all else first."""

    to: int
    pause_s: float = 0.0
    stuck_s: float = 0.0


@dataclass(frozen=True)
class Raise:
    """Raises an error of that kind."""

    kind: str
    message: str = "it went wrong"


@dataclass(frozen=True)
class Die:
    """Yields the process id, then the process gets that signal."""

    signal: int


@dataclass(frozen=True)
class Compute:
    """Yields the process id, then that number of layers in one step, then True.

    A layer that raises is an error like any other: the step shrugs it off and goes on.
    """

    layers: int


def compute(request: Compute) -> Iterator[int | bool]:
    import torch

    layer = torch.nn.Identity()
    yield os.getpid()
    for _ in range(request.layers):
        with contextlib.suppress(Exception):
            layer(torch.zeros(1))
        time.sleep(0.01)
    yield True


def count(request: Count) -> Iterator[int]:
    time.sleep(request.stuck_s)
    for number in range(request.to):
        yield number
        time.sleep(request.pause_s)


def fail(request: Raise) -> Iterator[int]:
    import torch

    kinds = {
        "user": UserError,
        "memory": OutOfMemory,
        "value": ValueError,
        "accelerator": torch.AcceleratorError,
    }
    yield os.getpid()
    raise kinds[request.kind](request.message)


def die(request: Die) -> Iterator[int]:
    yield os.getpid()
    os.kill(os.getpid(), request.signal)


def serve(connection: Connection) -> None:
    """The entry function of an engine that runs these jobs."""
    from core.engine.process import serve as answer

    answer(connection, {Count: count, Compute: compute, Raise: fail, Die: die})
