"""What is asked to be recorded, and what is reported."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.errors import UserError
from core.recording.scenarios import SCENARIOS

SIZES = (64, 128)
"""Sides of ViZDoom pictures."""
SMALLEST = 16
"""Side of the smallest picture of shapes or digits."""


@dataclass(frozen=True)
class VizdoomRequest:
    """Episodes of ViZDoom.

    Attributes:
        folder: gets the set; with several sizes one set each, in folders named after the size.
        hours: of video in all, both splits together.
        val_share: share of the hours that goes to `val/`, from 0 to below 1.
        sizes: sides of the square pictures, of `SIZES`.
        scenarios: names of `SCENARIOS`.
        seed: 0 or above; what is recorded depends on it, not on the workers.
        workers: processes that record.

    Raises:
        UserError: one of these is out of range.
    """

    folder: Path
    hours: float
    val_share: float = 0.1
    sizes: tuple[int, ...] = (128,)
    scenarios: tuple[str, ...] = tuple(SCENARIOS)
    seed: int = 0
    workers: int = 1

    def __post_init__(self) -> None:
        for name in self.scenarios:
            if name not in SCENARIOS:
                known = ", ".join(SCENARIOS)
                raise UserError(f"There is no scenario called “{name}”. Known: {known}.")
        if not 0 < self.hours < float("inf"):
            raise UserError(f"--hours is above zero, not {self.hours:g}.")
        if self.workers < 1:
            raise UserError(f"--workers is 1 or more, not {self.workers}.")
        _check(self.val_share, self.seed)

    def root(self, size: int) -> Path:
        """Folder of the set of a size."""
        return self.folder if len(self.sizes) == 1 else self.folder / str(size)


@dataclass(frozen=True)
class SyntheticRequest:
    """Moving shapes or digits.

    Attributes:
        source: "shapes" or "digits".
        clips: in all, both splits together.
        frames: of a clip.
        size: side of the square pictures in pixels.
        coloured: digits in colours rather than white; shapes always are.
        digits: how many move in a clip of digits.
        val_share, seed: as in `VizdoomRequest`.

    Raises:
        UserError: one of these is out of range.
    """

    folder: Path
    source: str
    clips: int
    frames: int = 32
    size: int = 64
    coloured: bool = False
    digits: int = 2
    val_share: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        if self.clips < 1 or self.frames < 1 or self.digits < 1:
            raise UserError("--clips, --frames and --digits are 1 or more.")
        if self.size < SMALLEST:
            raise UserError(f"--size is {SMALLEST} or more, not {self.size}.")
        _check(self.val_share, self.seed)


@dataclass(frozen=True)
class RecordUpdate:
    """`fraction` in 0..1; `frames` in the set so far; `path` of the newest video."""

    fraction: float
    frames: int
    path: Path


def _check(val_share: float, seed: int) -> None:
    if not 0 <= val_share < 1:
        raise UserError(f"--val-share is from 0 to below 1, not {val_share:g}.")
    if seed < 0:
        raise UserError(f"--seed is 0 or above, not {seed}.")
