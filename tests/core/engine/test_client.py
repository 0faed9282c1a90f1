"""The engine client against a real child that runs replayed jobs."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from core.engine import client
from core.engine.client import DeviceFailed, Engine, EngineDied, JobFailed
from core.errors import OutOfMemory, UserError
from tests.core.engine.conftest import Run
from tests.core.engine.replay import Compute, Count, Die, Raise, serve

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def engine(run: Run) -> Iterator[Engine]:
    """One engine for all tests: each finds it working, whatever the one before did to it."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("OMP_NUM_THREADS", "1")
        engine = Engine(serve)
        run(engine.start())
        yield engine
        run(engine.stop())


async def drain(engine: Engine, request: Any) -> list[Any]:
    async with aclosing(engine.run(request)) as updates:
        return [update async for update in updates]


async def listen(engine: Engine, request: Any, heard: asyncio.Event) -> None:
    async with aclosing(engine.run(request)) as updates:
        async for _ in updates:
            heard.set()


async def first(engine: Engine, request: Any) -> tuple[Any, float]:
    """The first update, and how many seconds it took to close the iterator after it."""
    async with aclosing(engine.run(request)) as updates:
        update = await anext(updates)
        begin = time.perf_counter()
    return update, time.perf_counter() - begin


def test_updates_arrive_in_order(engine: Engine, run: Run) -> None:
    assert run(drain(engine, Count(50))) == list(range(50))


def test_closing_the_iterator_cancels_within_100_ms(engine: Engine, run: Run) -> None:
    update, seconds = run(first(engine, Count(100_000, pause_s=0.01)))

    assert update == 0
    assert seconds < 0.1


def test_after_a_cancel_the_next_job_runs_in_the_same_process(engine: Engine, run: Run) -> None:
    pid = engine.pid
    run(first(engine, Count(1_000, pause_s=0.01)))

    assert run(drain(engine, Count(3))) == [0, 1, 2]
    assert engine.pid == pid


def test_cancel_in_the_middle_of_a_step_ends_it_at_its_next_layer(engine: Engine, run: Run) -> None:
    pid, seconds = run(first(engine, Compute(layers=6_000)))

    assert seconds < 0.1
    assert run(drain(engine, Compute(layers=3))) == [pid, True]


def test_cancelled_task_cancels_the_job(engine: Engine, run: Run) -> None:
    async def cancel_while_waiting() -> None:
        running = asyncio.Event()
        task = asyncio.ensure_future(listen(engine, Count(1_000, pause_s=0.01), running))
        await running.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(cancel_while_waiting())

    assert run(drain(engine, Count(2))) == [0, 1]


def test_jobs_wait_for_their_turn(engine: Engine, run: Run) -> None:
    async def both() -> list[Any]:
        return await asyncio.gather(drain(engine, Count(5, 0.01)), drain(engine, Count(3)))

    assert run(both()) == [[0, 1, 2, 3, 4], [0, 1, 2]]


def test_error_for_the_user_arrives_as_it_is(engine: Engine, run: Run) -> None:
    with pytest.raises(UserError, match=r"^paint something first$"):
        run(drain(engine, Raise("user", "paint something first")))


def test_too_little_memory_is_told_from_other_errors(engine: Engine, run: Run) -> None:
    with pytest.raises(OutOfMemory, match=r"^not enough of it$"):
        run(drain(engine, Raise("memory", "not enough of it")))


def test_other_error_brings_its_traceback_and_is_logged_once(
    engine: Engine, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(JobFailed, match="ValueError: it went wrong") as failed:
        run(drain(engine, Raise("value")))

    assert "in fail" in failed.value.detail
    assert len(caplog.records) == 1
    assert run(drain(engine, Count(1))) == [0]


@pytest.mark.parametrize(
    ("number", "cause"),
    [(signal.SIGKILL, "killed .SIGKILL.: usually"), (signal.SIGSEGV, "crashed .SIGSEGV.")],
)
def test_dead_engine_is_named_by_its_cause_and_starts_again(
    engine: Engine, run: Run, number: int, cause: str
) -> None:
    pid = engine.pid

    with pytest.raises(EngineDied, match=cause) as died:
        run(drain(engine, Die(number)))

    assert died.value.exit_code == -number
    assert run(drain(engine, Count(2))) == [0, 1]
    assert engine.pid != pid


def test_engine_that_died_between_jobs_is_replaced_without_a_word(engine: Engine, run: Run) -> None:
    async def kill_and_wait() -> None:
        child = engine._child
        assert child is not None
        os.kill(child.process.pid, signal.SIGKILL)
        await child.ended.wait()

    run(kill_and_wait())

    assert run(drain(engine, Count(2))) == [0, 1]


def test_accelerator_error_is_told_and_the_process_replaced(engine: Engine, run: Run) -> None:
    pid = engine.pid

    with pytest.raises(DeviceFailed, match="AcceleratorError"):
        run(drain(engine, Raise("accelerator")))

    assert run(drain(engine, Count(2))) == [0, 1]
    assert engine.pid != pid


def test_job_that_ignores_a_cancel_is_ended(
    engine: Engine, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "TERMINATE_AFTER_S", 0.2)

    async def give_up() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(drain(engine, Count(1, stuck_s=60)), 0.3)

    begin = time.perf_counter()
    run(give_up())

    assert time.perf_counter() - begin < 5
    assert run(drain(engine, Count(1))) == [0]


def test_stop_ends_the_process(run: Run) -> None:
    engine = Engine(serve)

    async def start_and_stop() -> int | None:
        await engine.start()
        child = engine._child
        await engine.stop()
        assert child is not None
        return child.exit_code

    assert run(start_and_stop()) == 0
    assert engine.pid is None


def test_client_imports_no_torch() -> None:
    probe = "import core.engine.client, sys; sys.exit('torch' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", probe], cwd=ROOT).returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="asks for a process by signal 0")
def test_engine_ends_when_its_parent_is_killed_while_it_computes() -> None:
    program = """
import asyncio
from contextlib import aclosing
from core.engine.client import Engine
from tests.core.engine.replay import Count, serve

async def main():
    engine = Engine(serve)
    async with aclosing(engine.run(Count(2, pause_s=600))) as updates:
        await anext(updates)
        print(engine.pid, flush=True)
        await anext(updates)

if __name__ == "__main__":
    asyncio.run(main())
"""
    parent = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())

    parent.kill()
    parent.wait()

    assert _ends(pid)


def _ends(pid: int, patience_s: float = 5.0) -> bool:
    """Does a process that is not our child end within that time?"""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        stat = Path(f"/proc/{pid}/stat")
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        if stat.exists() and stat.read_text().rsplit(")", 1)[1].split()[0] == "Z":
            return True  # ended; whoever adopted it has not asked for its exit code yet
        time.sleep(0.02)
    return False
