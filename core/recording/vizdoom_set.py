"""A training set of ViZDoom episodes: so many hours, evenly over the scenarios.

An episode's seed is made of the set's seed, its split, its scenario and its number: the two splits
share no episode, and neither the number of workers nor an interruption changes what is recorded.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from core.recording.episode import (
    ACTIONS,
    SHORTEST,
    STATES,
    record_episode,
)
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
        UserError: the package vizdoom is not installed; the folder holds a set of other settings.
    """
    for size in request.sizes:
        refuse_other_settings(_settings(request, size), request.root(size))
    parts = _parts(request)
    _describe(request, parts)
    for part in parts:
        _skip_recorded(request, part)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(request.workers, context) as pool:
        try:
            for part, path in _record_parts(pool, request, parts):
                _skip_recorded(request, part)
                yield _update(parts, path)
        finally:
            pool.shutdown(cancel_futures=True)
    _describe(request, parts)


def _record_parts(
    pool: ProcessPoolExecutor, request: VizdoomRequest, parts: list[_Part]
) -> Iterator[tuple[_Part, Path]]:
    """Each part and its new video; a part's episodes one after the other."""
    running: dict[Future[int], _Part] = {}
    waiting = list(parts)
    while waiting or running:
        for part in waiting:
            if part.next_frames:
                running[pool.submit(_record_one, request, part)] = part
        waiting = []
        finished, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in finished:
            part = running.pop(future)
            path = part.path(request.root(request.sizes[0]))
            part.add(future.result())
            yield part, path
            waiting.append(part)


def _record_one(request: VizdoomRequest, part: _Part) -> int:
    """Writes an episode; the arrays last, so that what is there is complete with them."""
    seed = (request.seed, SPLITS.index(part.split), part.number)
    scenario = SCENARIOS[part.scenario]
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
