"""The sample clips that come with Maskreel, and what can be tried on them at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.assets import asset

_FIRST = "corridor"  # it has sound
_SUFFIXES = (".mp4", ".mkv", ".webm", ".gif")


@dataclass(frozen=True)
class Sample:
    """Something to try: a clip with everything chosen, so that only “Generate” is left.

    Attributes:
        title, words: what it is, and what happens.
        clip: a file of assets/samples; "" for a task that needs none.
        model: name of the bundle; task: a name from `core.tasks.TASKS`.
        painted: an ellipse that is painted: left, top, width, height as shares of the picture.
        canvas: the shape that the canvas is extended to, a name of `core.margins.ASPECTS`, or "".
        frame: where the playhead stands.
        label: the class, for a task that needs one.
        seed: of the first variation.
    """

    title: str
    words: str
    clip: str
    model: str
    task: str
    painted: tuple[float, float, float, float] | None = None
    canvas: str = ""
    frame: int = 0
    label: str = ""
    seed: int = 0


SAMPLES = (
    Sample(
        "Take something away",
        "A figure is painted over; the model fills in the rest.",
        "corridor.mp4",
        "maskreel-first",
        "paint",
        painted=(0.615, 0.36, 0.18, 0.46),
    ),
    Sample(
        "Widen the picture",
        "4:3 becomes 16:9; the model invents both sides.",
        "base.mp4",
        "maskreel-first",
        "paint",
        canvas="16:9",
        frame=24,
    ),
    Sample(
        "See the next second",
        "The frames up to here are kept; a model goes on, token by token.",
        "maze.mp4",
        "videogpt-small",
        "continue",
        frame=8,
    ),
    Sample(
        "From a word",
        "There is no clip: the model makes one of the class “corridor”.",
        "",
        "maskreel-first",
        "CG",
        label="corridor",
        seed=3,
    ),
)
"""A new thing to try is one row here."""


def sample_clip() -> Path | None:
    """The clip that is shown first, or None when none came along."""
    samples = [path for path in asset("samples").iterdir() if path.suffix.lower() in _SUFFIXES]
    return min(samples, key=lambda path: (path.stem != _FIRST, path.name), default=None)


def is_sample(path: Path) -> bool:
    """Whether a clip is one of those that came along."""
    return asset("samples") in path.resolve().parents
