"""What an engine process says on its stderr is in the log of its owner."""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
import warnings
from collections.abc import Callable
from multiprocessing.connection import Connection

import pytest

from core.engine.client import Engine
from core.engine.messages import Ready
from tests.core.engine.conftest import Run

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows keeps its own stderr")
PATIENCE_S = 20


def crash_in_the_end(connection: Connection) -> None:
    """Warns, shows a bar, and crashes once it is told to go on."""
    connection.send(Ready(os.getpid()))
    warnings.warn("the bundle is old", stacklevel=1)
    sys.stderr.write("10 %\r50 %\r100 %\n")
    sys.stderr.flush()
    connection.recv()
    os.kill(os.getpid(), signal.SIGSEGV)


def until(reached: Callable[[], bool]) -> None:
    limit = time.monotonic() + PATIENCE_S
    while not reached():
        assert time.monotonic() < limit
        time.sleep(0.005)


def test_warnings_and_last_words_are_logged(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "engine")
    engine = Engine(crash_in_the_end)
    run(engine.start())
    until(lambda: "100 %" in caplog.text)

    assert "the bundle is old" in caplog.text
    assert "50 %" not in caplog.text
    assert "crash_in_the_end" not in caplog.text

    run(engine.stop())
    until(lambda: "Segmentation fault" in caplog.text)
    assert "crash_in_the_end" in caplog.text
    assert {record.name for record in caplog.records} == {"engine"}
