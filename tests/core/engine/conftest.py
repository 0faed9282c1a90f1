"""One event loop for the tests of a module, as the engine belongs to the loop that started it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

Run = Callable[[Coroutine[Any, Any, Any]], Any]


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """Runs coroutines, all in one loop."""
    with asyncio.Runner() as runner:
        yield runner.run
