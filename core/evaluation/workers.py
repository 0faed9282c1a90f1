"""Chunks measured one after the other, here or in processes beside each other."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.sharedctypes import Synchronized

import torch

from core.errors import UserError
from core.evaluation.measuring import Measuring
from core.evaluation.request import EvaluateRequest
from core.evaluation.store import Store


def measured(request: EvaluateRequest, store: Store, chunks: Sequence[int]) -> Iterator[int]:
    """Measures the chunks of these numbers into the store; yields each when it is there.

    Raises:
        UserError: something that the request names cannot be used, or a process died.
    """
    if min(request.processes, len(chunks)) > 1:
        yield from _beside(request, store, chunks)
    elif chunks:
        measuring = Measuring(request)
        for number in chunks:
            store.write(number, measuring.chunk(request.chunks[number]))
            yield number


def _beside(request: EvaluateRequest, store: Store, chunks: Sequence[int]) -> Iterator[int]:
    threads = max(1, torch.get_num_threads() // request.processes)
    spawn = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(
        min(request.processes, len(chunks)),
        spawn,
        _Worker.begin,
        (request, store, threads, spawn.Value("i", 0)),
    )
    try:
        for future in as_completed([pool.submit(_Worker.measure, number) for number in chunks]):
            yield future.result()
    except BrokenProcessPool as error:
        raise UserError(
            "A process of the evaluation ended unexpectedly; there may be too little memory. What "
            "was measured is kept: run it again, with fewer processes."
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


class _Worker:
    """The state of a process that measures; networks are loaded with its first chunk."""

    request: EvaluateRequest
    store: Store
    measuring: Measuring | None = None

    @classmethod
    def begin(
        cls, request: EvaluateRequest, store: Store, threads: int, count: Synchronized[int]
    ) -> None:
        """`count`: of the processes that have begun; they take the GPUs in turn."""
        with count.get_lock():
            number, count.value = count.value, count.value + 1
        if torch.cuda.is_available():
            torch.cuda.set_device(number % torch.cuda.device_count())
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's
        threading.Thread(target=_end_with_the_parent, daemon=True).start()
        torch.set_num_threads(threads)
        cls.request, cls.store = request, store

    @classmethod
    def measure(cls, number: int) -> int:
        if cls.measuring is None:
            cls.measuring = Measuring(cls.request)
        cls.store.write(number, cls.measuring.chunk(cls.request.chunks[number]))
        return number


def _end_with_the_parent() -> None:
    """Nobody waits for what is measured when the parent was killed."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
