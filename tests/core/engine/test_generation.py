"""A real generation in a real engine process, with a tiny random model."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.engine.client import Engine, EngineDied
from core.errors import UserError
from core.requests import (
    Capabilities,
    CapabilitiesRequest,
    GenerationFinished,
    GenerationRequest,
    GenerationStepped,
    GenerationUpdate,
)
from core.window import Window
from tests.bundles import GRID, tiny_bundle
from tests.core.engine.conftest import Run


@pytest.fixture(scope="module")
def engine(run: Run) -> Iterator[Engine]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("OMP_NUM_THREADS", "1")  # the sums are too small for more
        engine = Engine()
        yield engine
        run(engine.stop())


@pytest.fixture(scope="module")
def request_(tmp_path_factory: pytest.TempPathFactory) -> GenerationRequest:
    """A class, generated in 24 steps; it needs no clip."""
    bundle = tiny_bundle(tmp_path_factory.mktemp("bundles") / "tiny")
    return GenerationRequest(
        str(bundle),
        "CG",
        None,
        Window(0, 0, 16, 16, 0, *GRID),
        label="left",
        options={"steps": 24},
        seed=11,
    )


async def drain(engine: Engine, request: Any) -> list[Any]:
    async with aclosing(engine.run(request)) as updates:
        return [update async for update in updates]


def clips(updates: list[GenerationUpdate]) -> np.ndarray:
    assert isinstance(updates[-1], GenerationFinished)
    return updates[-1].clips


def test_generation_runs_to_its_result(
    engine: Engine, run: Run, request_: GenerationRequest
) -> None:
    updates = run(drain(engine, request_))

    assert clips(updates).shape == (1, *GRID, 3)
    assert sum(isinstance(update, GenerationStepped) for update in updates) == 24


def test_equal_requests_give_equal_clips(
    engine: Engine, run: Run, request_: GenerationRequest
) -> None:
    first, second = (clips(run(drain(engine, request_))) for _ in range(2))

    assert np.array_equal(first, second)


def test_cancel_between_steps_is_quick_and_the_next_generation_runs(
    engine: Engine, run: Run, request_: GenerationRequest
) -> None:
    async def cancel() -> float:
        async with aclosing(engine.run(replace(request_, options={"steps": 256}))) as updates:
            await anext(updates)
            await anext(updates)
            begin = time.perf_counter()
        return time.perf_counter() - begin

    assert run(cancel()) < 0.5  # the promise is 0.1 s; a test machine may be busy
    assert clips(run(drain(engine, request_))).any()


def test_killed_engine_goes_on_from_the_last_step_with_the_same_outcome(
    engine: Engine, run: Run, request_: GenerationRequest
) -> None:
    request_ = replace(request_, options={"steps": 256})  # not over before the signal arrives
    unbroken = run(drain(engine, request_))
    pid = engine.pid
    assert pid is not None
    seen: list[GenerationStepped] = []

    async def kill_after_five() -> None:
        async with aclosing(engine.run(request_)) as updates:
            async for update in updates:
                if isinstance(update, GenerationStepped):
                    seen.append(update)
                    if update.step == 4:
                        os.kill(pid, signal.SIGKILL)

    with pytest.raises(EngineDied, match="SIGKILL"):
        run(kill_after_five())
    rest = run(drain(engine, replace(request_, resume=seen[4].state)))

    assert engine.pid != pid
    assert np.array_equal(clips(rest), clips(unbroken))
    assert np.array_equal(rest[-2].tokens, unbroken[-2].tokens)


def test_wrong_request_is_told_and_the_engine_goes_on(
    engine: Engine, run: Run, request_: GenerationRequest
) -> None:
    with pytest.raises(UserError, match="no class “up”"):
        run(drain(engine, replace(request_, label="up")))

    assert clips(run(drain(engine, request_))).any()


def test_capabilities_come_from_the_process(
    engine: Engine, run: Run, request_: GenerationRequest
) -> None:
    folder = str(Path(request_.bundle).parent)

    (found,) = run(drain(engine, CapabilitiesRequest((folder,))))

    assert isinstance(found, Capabilities)
    assert [entry.card.name for entry in found.bundles if entry.card] == ["tiny"]
