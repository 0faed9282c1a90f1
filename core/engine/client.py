"""The engine as the rest of the program sees it: a process that turns a request into updates.

    engine = Engine()
    async with aclosing(engine.run(request)) as updates:
        async for update in updates: ...

The process is a spawned child that alone imports torch. A thread reads its events from the pipe
and hands them to the asyncio loop. A child that dies is named by its cause, and the next run
starts a new one.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import multiprocessing
import signal
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection

from core.engine import spoken
from core.engine.messages import (
    Cancel,
    Cancelled,
    Command,
    Event,
    Failed,
    Finished,
    JobEvent,
    Outcome,
    Ready,
    Shutdown,
    Submit,
    Updated,
)
from core.errors import OutOfMemory, UserError
from core.priority import give_way
from core.requests import Request, Update

TERMINATE_AFTER_S = 5.0
"""How long a cancelled job may go on before the process is asked to end."""
KILL_AFTER_S = 8.0
"""How long before it is ended without being asked."""
EXPENDABILITY = 500
"""Linux ends the process with the highest such number first when memory runs out: the engine,
which can be started again, and not the window with the unsaved work."""

log = logging.getLogger(__name__)


class EngineDied(UserError):
    """The engine process ended while it was needed.

    Attributes:
        exit_code: negative numbers are signals.
    """

    def __init__(self, exit_code: int | None) -> None:
        self.exit_code = exit_code
        super().__init__(f"The engine {_cause(exit_code)}. It starts again with the next job.")


class JobFailed(Exception):
    """A job met an error that is not the user's.

    Attributes:
        message: one sentence.
        detail: the traceback in the engine, for a bug report.
    """

    def __init__(self, message: str, detail: str) -> None:
        self.message, self.detail = message, detail
        super().__init__(message)


class DeviceFailed(JobFailed):
    """The device stopped working in the middle of a job; the engine starts again with the next."""


def _cause(exit_code: int | None) -> str:
    """What an exit code says, as the rest of a sentence."""
    if exit_code is None:
        return "ended for an unknown reason"
    if exit_code >= 0:
        return f"ended with exit code {exit_code}"
    try:
        name = signal.Signals(-exit_code).name
    except ValueError:
        return f"was ended by signal {-exit_code}"
    match name:
        case "SIGKILL":
            return "was killed (SIGKILL): usually the system ran out of memory"
        case "SIGSEGV" | "SIGBUS" | "SIGILL" | "SIGABRT" | "SIGFPE":
            return f"crashed ({name})"
        case _:
            return f"was ended ({name})"


def serve(connection: Connection) -> None:
    """The child's entry function: the one place where this side names the engine's side."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's; it tells us to stop
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
        score.write(str(EXPENDABILITY))
    give_way()

    from core.engine.process import serve as answer

    answer(connection)


def _serve_aloud(
    entry: Callable[[Connection], None], connection: Connection, stderr: Connection
) -> None:
    spoken.speak_into(stderr)
    entry(connection)


@dataclass(frozen=True)
class _Ended:
    """The last event of a child: it is no more."""

    exit_code: int | None


class _Child:
    """One engine process and what it says.

    Attributes:
        heard: set when the child is ready or ended, so that waiting for it always ends.
        ended: set when there is no process any more; `exit_code` is known then.
    """

    def __init__(self, entry: Callable[[Connection], None]) -> None:
        self.heard, self.ended = asyncio.Event(), asyncio.Event()
        self._events: asyncio.Queue[JobEvent | _Ended] = asyncio.Queue()
        self.exit_code: int | None = None
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        said, stderr = context.Pipe(duplex=False)
        self.process = context.Process(
            target=_serve_aloud, args=(entry, theirs, stderr), name="maskreel-engine", daemon=True
        )
        self.process.start()
        theirs.close()  # so that the end of the child is the end of the pipes
        stderr.close()
        spoken.listen_to(said)
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._read, args=(loop,), name="engine-events", daemon=True).start()

    def send(self, command: Command) -> None:
        with contextlib.suppress(OSError):  # a dead child reports itself: see `_read`
            self._connection.send(command)

    def _read(self, loop: asyncio.AbstractEventLoop) -> None:
        with contextlib.suppress(RuntimeError):  # the loop was closed: nobody listens any more
            with contextlib.suppress(EOFError, OSError):
                while True:
                    loop.call_soon_threadsafe(self._hear, self._connection.recv())
            self.process.join()
            loop.call_soon_threadsafe(self._hear, _Ended(self.process.exitcode))

    def _hear(self, event: Event | _Ended) -> None:
        if isinstance(event, _Ended):
            self.exit_code = event.exit_code
            self.ended.set()
        self.heard.set()
        if not isinstance(event, Ready):
            self._events.put_nowait(event)

    async def event(self, job: int) -> JobEvent | _Ended:
        """The next event of a job; what is left of an earlier one is passed over."""
        while True:
            event = await self._events.get()
            if isinstance(event, _Ended) or event.job == job:
                return event

    async def over(self, job: int) -> None:
        """Returns when the job has ended, in whatever way."""
        while isinstance(await self.event(job), Updated):
            continue


class Engine:
    """Runs requests, one at a time; others wait their turn.

    Args:
        entry: what the child runs, a function of its end of the pipe.
    """

    def __init__(self, entry: Callable[[Connection], None] = serve) -> None:
        self._entry = entry
        self._child: _Child | None = None
        self._turn = asyncio.Lock()
        self._jobs = itertools.count(1)

    @property
    def pid(self) -> int | None:
        """The process that runs the jobs now, if any."""
        return self._child.process.pid if self._child else None

    async def start(self) -> None:
        """Start the process, so that the first job need not wait for it.

        Raises:
            EngineDied: it ended before it was ready.
        """
        async with self._turn:
            await self._ready_child()

    async def stop(self) -> None:
        """End the process; a job that still runs is cut short."""
        child, self._child = self._child, None
        if child is not None:
            child.send(Shutdown())
            await _bounded(child, child.ended.wait())

    async def run(self, request: Request) -> AsyncGenerator[Update, None]:
        """The updates of a request; closing the iterator cancels the job.

        Raises:
            UserError: what the job says to the user; `OutOfMemory` when there is too little of it,
            `EngineDied` when its process ended.
            JobFailed: any other error of the job; `DeviceFailed` when it is the device's.
        """
        async with self._turn:
            child, job = await self._ready_child(), next(self._jobs)
            child.send(Submit(job, request))
            running = True
            try:
                while running:
                    event = await child.event(job)
                    if isinstance(event, Updated):
                        yield event.update
                    else:
                        running = False
                        if isinstance(event, Failed) and event.ending:
                            await _bounded(child, child.ended.wait())
                        _raise_for(event)
            finally:
                if running:
                    child.send(Cancel(job))
                    await _bounded(child, child.over(job))

    async def _ready_child(self) -> _Child:
        if self._child is None or self._child.ended.is_set():
            self._child = _Child(self._entry)
        child = self._child
        await child.heard.wait()
        if child.ended.is_set():
            raise EngineDied(child.exit_code)
        return child


async def _bounded(child: _Child, over: Awaitable[object]) -> None:
    """Wait for a child to obey; one that does not is ended, which is also over."""
    loop = asyncio.get_running_loop()
    forces = (
        loop.call_later(TERMINATE_AFTER_S, child.process.terminate),
        loop.call_later(KILL_AFTER_S, child.process.kill),
    )
    try:
        await over
    finally:
        for force in forces:
            force.cancel()


def _raise_for(outcome: Outcome | _Ended) -> None:
    match outcome:
        case Finished():
            return
        case Cancelled():
            raise UserError("The job was stopped because the engine was asked to end.")
        case Failed(message=message, memory=True):
            raise OutOfMemory(message)
        case Failed(message=message, detail=None):
            raise UserError(message)
        case Failed(message=message, detail=str(detail), ending=ending):
            log.error("a job failed\n%s", detail)
            raise (DeviceFailed if ending else JobFailed)(message, detail)
        case _Ended(exit_code=exit_code):
            raise EngineDied(exit_code)
