"""The engine process: reads commands, runs one job at a time, sends what it reports.

A watcher thread reads the pipe while the main thread computes. So a cancel is seen between two
updates and between two layers of a network, and when the parent is gone the process ends at once,
even in the middle of a step.
"""

from __future__ import annotations

import os
import queue
import threading
import traceback
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

import torch
from torch.nn.modules.module import register_module_forward_pre_hook

from core.engine.messages import (
    Cancel,
    Cancelled,
    Failed,
    Finished,
    Outcome,
    Ready,
    Shutdown,
    Submit,
    Updated,
)
from core.errors import OutOfMemory, UserError
from core.jobs import candidates, capabilities, generate, import_checkpoint, tokenizer_pixels
from core.requests import (
    CandidatesRequest,
    CapabilitiesRequest,
    FinetuneRequest,
    GenerationRequest,
    ImportRequest,
    RoundTripRequest,
    StepsRequest,
    TrainRequest,
    Update,
)

Job = Callable[[Any], Generator[Update, None, None]]


def _train(request: TrainRequest) -> Generator[Update, None, None]:
    """What it imports takes as long as all the rest; nobody else shall wait for that."""
    from core.jobs import train

    yield from train.run(request)


def _finetune(request: FinetuneRequest) -> Generator[Update, None, None]:
    from core.jobs import finetune

    yield from finetune.run(request)


JOBS: Mapping[type, Job] = {
    GenerationRequest: generate.run,
    CapabilitiesRequest: capabilities.run,
    ImportRequest: import_checkpoint.run,
    StepsRequest: tokenizer_pixels.run_steps,
    CandidatesRequest: candidates.run,
    RoundTripRequest: tokenizer_pixels.run_round_trip,
    TrainRequest: _train,
    FinetuneRequest: _finetune,
}
"""Which job answers which request. A job of a new kind is one row here."""


class _Stopped(BaseException):
    """Ends a job in the middle of a step. No `except Exception` of a job takes it for an error."""


class Inbox:
    """The commands of the parent, read by a thread of its own."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._submitted: queue.SimpleQueue[Submit | None] = queue.SimpleQueue()
        self._cancelled: set[int] = set()
        self._closing = threading.Event()
        threading.Thread(target=self._read, name="inbox", daemon=True).start()

    def next(self) -> Submit | None:
        """Waits for the next job; None means that the engine shall end."""
        return self._submitted.get()

    def stops(self, job: int) -> bool:
        """Shall that job stop?"""
        return job in self._cancelled or self._closing.is_set()

    def _read(self) -> None:
        while True:
            try:
                command = self._connection.recv()
            except (EOFError, OSError):
                os._exit(0)  # the parent is gone: nobody waits for what is being computed
            match command:
                case Submit():
                    self._submitted.put(command)
                case Cancel(job):
                    self._cancelled.add(job)
                case Shutdown():
                    self._closing.set()
                    self._submitted.put(None)


def serve(connection: Connection, jobs: Mapping[type, Job] = JOBS) -> None:
    """Answer commands until Shutdown, or until the accelerator cannot be used any more."""
    inbox = Inbox(connection)
    connection.send(Ready(os.getpid()))
    while submit := inbox.next():
        outcome = _run(submit, jobs, inbox, connection)
        connection.send(outcome)
        if isinstance(outcome, Failed) and outcome.ending:
            return


def _run(submit: Submit, jobs: Mapping[type, Job], inbox: Inbox, connection: Connection) -> Outcome:
    """How the job ended; its updates are sent on the way."""
    try:
        with _stoppable(submit.job, inbox):
            return _drained(submit, jobs[type(submit.request)], inbox, connection)
    except _Stopped:
        return Cancelled(submit.job)
    except UserError as error:
        return Failed(submit.job, str(error), None, memory=isinstance(error, OutOfMemory))
    except Exception as error:
        # After an accelerator's error no later call on that device works in this process.
        ending = isinstance(error, torch.AcceleratorError)
        message = f"{type(error).__name__}: {error}"
        return Failed(submit.job, message, traceback.format_exc(), ending)


@contextmanager
def _stoppable(job: int, inbox: Inbox) -> Iterator[None]:
    """Before any module of a network computes, ask whether the job shall stop.

    A single step may take a second; what it has made so far is dropped with the generator.
    """

    def ask(*_: object) -> None:
        if inbox.stops(job):
            raise _Stopped

    hook = register_module_forward_pre_hook(ask)
    try:
        yield
    finally:
        hook.remove()


def _drained(submit: Submit, job: Job, inbox: Inbox, connection: Connection) -> Outcome:
    updates = job(submit.request)
    try:
        for update in updates:
            if inbox.stops(submit.job):
                return Cancelled(submit.job)
            connection.send(Updated(submit.job, update))
            if inbox.stops(submit.job):
                return Cancelled(submit.job)
    finally:
        updates.close()
    return Finished(submit.job)
