"""A training set of recordings: train/<scenario>/<seed>.mp4 and val/<scenario>/<seed>.mp4.

The two splits share no episode: their seeds come from ranges that never meet. A third range is
kept for the bundled samples, so that those are footage that no model was trained on.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av

from core.clip import Clip
from core.errors import UserError
from core.recording.doom import SCENARIOS, record_episode

FIRST_SEEDS = {"train": 0, "val": 1_000_000, "sample": 2_000_000}
SHORTEST_EPISODE = 48
QUALITY = "14"


@dataclass(frozen=True)
class RecordRequest:
    """What to record.

    Attributes:
        folder: gets `train/` and `val/`; videos that are there already are kept.
        train, val: episodes of each scenario.
        frames: at most so many frames an episode, 17.5 a second.
        scenarios: names of `SCENARIOS`.
    """

    folder: Path
    train: int = 12
    val: int = 3
    frames: int = 220
    scenarios: tuple[str, ...] = tuple(SCENARIOS)

    def __post_init__(self) -> None:
        for name in self.scenarios:
            if name not in SCENARIOS:
                known = ", ".join(SCENARIOS)
                raise UserError(f"There is no scenario called “{name}”. Known: {known}.")


@dataclass(frozen=True)
class RecordUpdate:
    """`fraction` in 0..1; `frames` recorded so far; `path` of the newest video."""

    fraction: float
    frames: int
    path: Path


def record(request: RecordRequest) -> Iterator[RecordUpdate]:
    """Records what is missing of the set, one update per video."""
    wanted = [
        (split, name, number)
        for split, count in (("train", request.train), ("val", request.val))
        for name in request.scenarios
        for number in range(count)
    ]
    frames = 0
    for done, (split, name, number) in enumerate(wanted, start=1):
        path = request.folder / split / name / f"{number:03}.mp4"
        if not path.exists():
            # Every number owns a range of seeds, so that a retry never meets another episode.
            clip = _long_enough(name, FIRST_SEEDS[split] + 100 * number, request.frames)
            write_video(clip, path)
            frames += len(clip)
        yield RecordUpdate(done / len(wanted), frames, path)


def _long_enough(name: str, seed: int, frames: int) -> Clip:
    """The first episode from `seed` on that does not end at once."""
    for attempt in range(seed, seed + 100):
        clip = record_episode(SCENARIOS[name], attempt, frames)
        if len(clip) >= min(SHORTEST_EPISODE, frames):
            return clip
    raise UserError(f"Every episode of “{name}” ended at once. Ask for fewer frames.")


def write_video(clip: Clip, path: Path) -> None:
    """H.264 with hardly any loss; atomic."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.stem}.partial{path.suffix}")
    with av.open(str(partial), "w") as container:
        stream = container.add_stream("libx264", rate=clip.rate, options={"crf": QUALITY})
        stream.width, stream.height = clip.size
        stream.pix_fmt = "yuv420p"
        for picture in clip.frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(stream.encode())
    os.replace(partial, path)
