"""A training set of ViZDoom episodes: so many hours, evenly over the scenarios.

An episode's seed is made of the set's seed, its split, its scenario and its number: the two splits
share no episode, and neither the number of workers nor an interruption changes what is recorded.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import UserError
from core.recording.episode import ACTIONS, SHORTEST, STATES, record_episode
from core.recording.files import (
    SPLITS,
    refuse_other_settings,
    write_arrays,
    write_description,
    write_video,
)
from core.recording.game import FRAMES_PER_SECOND, vizdoom_version
from core.recording.requests import RecordUpdate, VizdoomRequest
from core.recording.scenarios import SCENARIOS

LONGEST = 480
"""Frames of an episode: half a minute."""
VERSION = 1
"""Of what is recorded: the same version, vizdoom and seed give the same frames."""

_RECORDING = threading.Lock()
"""Held by a worker during an episode."""


@dataclass(eq=False)
class _Part:
    """The episodes of one scenario in one split: `wanted` frames, in the order of `number`."""

    split: str
    scenario: str
    wanted: int
    number: int = 0
    frames: int = 0

    @property
    def next_frames(self) -> int:
        """Length of the next episode at most; 0 when there are enough. What would be left over is
        never too short to be of use."""
        left = self.wanted - self.frames
        if not self.frames:
            left = max(left, SHORTEST)
        if left < SHORTEST:
            return 0
        return left if left < LONGEST + SHORTEST else LONGEST

    def add(self, frames: int) -> None:
        self.number += 1
        self.frames += frames

    def path(self, root: Path) -> Path:
        return root / self.split / self.scenario / f"{self.number:04}.mp4"


def record_vizdoom(request: VizdoomRequest) -> Iterator[RecordUpdate]:
    """Records what is missing of the set, one update per episode.

    Raises:
        UserError: the package vizdoom is not installed; the folder holds a set of other settings,
            or cannot be written to; a process that records was ended.
    """
    for size in request.sizes:
        refuse_other_settings(_settings(request, size), request.root(size))
    parts = _parts(request)
    for part in parts:
        _skip_recorded(request, part)
    _describe(request, parts)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(request.workers, context, _begin_worker) as pool:
        for path in _record_parts(pool, request, parts):
            yield _update(parts, path)
    _describe(request, parts)


def _record_parts(
    pool: ProcessPoolExecutor, request: VizdoomRequest, parts: list[_Part]
) -> Iterator[Path]:
    """The new videos; a part's episodes one after the other, as many parts at once as workers.

    Whoever stops waits for the episodes that are being recorded, and no other.
    """
    waiting = deque(part for part in parts if part.next_frames)
    running: dict[Future[int], _Part] = {}
    while waiting or running:
        while waiting and len(running) < request.workers:
            part = waiting.popleft()
            running[pool.submit(_record_one, request, part)] = part
        finished, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in finished:
            part = running.pop(future)
            path = part.path(request.root(request.sizes[0]))
            part.add(_result(future))
            _skip_recorded(request, part)
            if part.next_frames:
                waiting.appendleft(part)
            yield path


def _result(future: Future[int]) -> int:
    try:
        return future.result()
    except BrokenProcessPool as error:
        raise UserError(
            "A process that records ended unexpectedly; memory may have run out. The same command "
            "goes on where it was stopped; --workers 1 needs the least memory."
        ) from error


def _begin_worker() -> None:
    """Ctrl-C reaches a whole group of processes: the one that asked for the recording acts."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    """A parent that was killed says nothing to its workers; they would wait for ever."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    with _RECORDING:
        os._exit(1)


def _record_one(request: VizdoomRequest, part: _Part) -> int:
    """Writes an episode; the arrays last, so that what is there is complete with them."""
    seed = (request.seed, SPLITS.index(part.split), part.number)
    scenario = SCENARIOS[part.scenario]
    with _RECORDING:
        episode = record_episode(scenario, seed, part.next_frames, request.sizes)
        for size in request.sizes:
            path = part.path(request.root(size))
            write_video(episode.frames[size], Fraction(FRAMES_PER_SECOND), path)
            arrays = {"actions": episode.actions, "states": episode.states}
            write_arrays(arrays, path.with_suffix(".npz"))
    return len(episode)


def _skip_recorded(request: VizdoomRequest, part: _Part) -> None:
    """Counts the episodes of the part that are complete in every size."""
    while part.next_frames:
        paths = [part.path(request.root(size)) for size in request.sizes]
        if not all(path.is_file() and path.with_suffix(".npz").is_file() for path in paths):
            return
        with np.load(paths[0].with_suffix(".npz")) as arrays:
            part.add(len(arrays["actions"]))


def _parts(request: VizdoomRequest) -> list[_Part]:
    frames = request.hours * 3600 * FRAMES_PER_SECOND / len(request.scenarios)
    shares = {"train": 1 - request.val_share, "val": request.val_share}
    return [
        _Part(split, name, round(frames * share))
        for split, share in shares.items()
        if share > 0
        for name in request.scenarios
    ]


def _update(parts: list[_Part], path: Path) -> RecordUpdate:
    frames = sum(part.frames for part in parts)
    left = sum(part.wanted - part.frames for part in parts if part.next_frames)
    return RecordUpdate(frames / (frames + left), frames, path)


def _settings(request: VizdoomRequest, size: int) -> dict[str, Any]:
    """What a set that was begun must go on with."""
    return {
        "source": "vizdoom",
        "version": VERSION,
        "vizdoom": vizdoom_version(),
        "seed": request.seed,
        "size": size,
        "frames_per_second": FRAMES_PER_SECOND,
        "val_share": request.val_share,
        "scenarios": list(request.scenarios),
    }


def _describe(request: VizdoomRequest, parts: list[_Part]) -> None:
    for size in request.sizes:
        classes = {
            name: {
                "scenario": asdict(SCENARIOS[name]),
                "hours": {
                    part.split: round(part.frames / FRAMES_PER_SECOND / 3600, 4)
                    for part in parts
                    if part.scenario == name
                },
                "episodes": {part.split: part.number for part in parts if part.scenario == name},
            }
            for name in request.scenarios
        }
        description = {
            "settings": _settings(request, size),
            "hours": request.hours,
            "classes": classes,
            "arrays": {"actions": ACTIONS, "states": STATES},
        }
        write_description(description, request.root(size))
