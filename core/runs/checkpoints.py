"""The checkpoints of a run: which there are, and going back to one of them."""

from __future__ import annotations

import json
import os
import re
import shutil
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import UserError
from core.runs.metrics import METRICS, Line, parsed

SAMPLES, BEST, ASIDE = "samples", "best.safetensors", "set-aside"
_NAME = re.compile(r"step-(\d+)\.safetensors")
_SAMPLE = re.compile(r"(\w+)-(\d+)\.(png|mp4)")


@dataclass(frozen=True)
class Kept:
    """A checkpoint.

    Attributes:
        step: of the phase, after which it was saved.
        size: in bytes. best: whether it is the best so far.
    """

    phase: str
    step: int
    size: int
    best: bool = False


def find_checkpoints(run: Path, phases: Sequence[str]) -> tuple[Kept, ...]:
    """All checkpoints, phase by phase in the order of `phases`, the earliest first."""
    return tuple(kept for phase in phases for kept in _of_phase(run / phase))


def _of_phase(folder: Path) -> Iterator[Kept]:
    best = _step_of(folder / BEST)
    for path, step in _numbered(folder):
        try:
            yield Kept(folder.name, step, path.stat().st_size, step == best)
        except FileNotFoundError:
            continue  # the training has just removed it


def _numbered(folder: Path) -> list[tuple[Path, int]]:
    found = ((path, _NAME.fullmatch(path.name)) for path in folder.glob("step-*.safetensors"))
    return sorted((path, int(match[1])) for path, match in found if match)


def _step_of(path: Path) -> int:
    """After how many steps a checkpoint was saved, as its header says; -1 without one."""
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            return int(json.loads(file.read(length))["__metadata__"]["done"])
    except (OSError, ValueError, KeyError, struct.error):
        return -1


def go_back(run: Path, phases: Sequence[str], phase: str, step: int) -> Path:
    """Makes a checkpoint the newest one: the run goes on from there. What came after it is kept in
    a folder of its own inside the run's.

    Args:
        phases: names of all phases, in their order.

    Returns:
        The folder with what came after.

    Raises:
        UserError: there is no such checkpoint, or the folder cannot be written.
    """
    if (run / phase / f"step-{step:07}.safetensors") not in [p for p, _ in _numbered(run / phase)]:
        raise UserError(
            f"The run in {run} has no checkpoint of its {phase} at step {step:,} any more."
        )
    number = 1 + len(list(run.glob(f"{ASIDE}-*")))
    aside = run / f"{ASIDE}-{number}"
    later = phases[phases.index(phase) + 1 :]
    try:
        aside.mkdir()
        for name in (*later, phase):  # the last ones first: what is left is a run at any time
            _set_checkpoints_aside(run / name, aside / name, step if name == phase else -1)
        _set_reports_aside(run / METRICS, aside / METRICS, later, phase, step)
        _set_samples_aside(run / SAMPLES, aside / SAMPLES, later, phase, step)
        _renew_best(run, phase)
    except OSError as error:
        raise UserError(
            f"The run in {run} could not go back: {error.strerror or error}. Nothing is lost; what "
            f"was set aside so far is in {aside}."
        ) from error
    return aside


def _set_checkpoints_aside(folder: Path, aside: Path, step: int) -> None:
    later = [path for path, number in reversed(_numbered(folder)) if number > step]
    if _step_of(folder / BEST) > step:
        later.append(folder / BEST)
    for path in later:
        _move(path, aside)
    if step < 0 and folder.is_dir():
        shutil.rmtree(folder)  # empty, but for files that were being written


def _set_reports_aside(
    path: Path, aside: Path, later: Sequence[str], phase: str, step: int
) -> None:
    """Reports of later steps move into a file of their own."""
    if not path.exists():
        return
    here: list[bytes] = []
    there: list[bytes] = []
    for text in path.read_bytes().splitlines(keepends=True):
        line = parsed(text)
        after = line is None or line.phase in later or (line.phase == phase and line.step > step)
        (there if after else here).append(text)
    aside.write_bytes(b"".join(there))
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("wb") as file:
        file.write(b"".join(here))
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, path)


def _set_samples_aside(
    folder: Path, aside: Path, later: Sequence[str], phase: str, step: int
) -> None:
    for path in sorted(folder.glob("*")):
        match = _SAMPLE.fullmatch(path.name)
        if match and (match[1] in later or (match[1] == phase and int(match[2]) > step)):
            _move(path, aside)


def _renew_best(run: Path, phase: str) -> None:
    """The best of the checkpoints that are left, where the best so far is none of them."""
    folder = run / phase
    left = _numbered(folder)
    if (folder / BEST).exists() or not left:
        return
    losses = _losses(run, phase)
    path, _ = min(left, key=lambda kept: (losses.get(kept[1], float("inf")), -kept[1]))
    partial = folder / f"{BEST}.partial"
    partial.unlink(missing_ok=True)
    try:
        os.link(path, partial)
    except OSError:  # the file system knows no second names
        shutil.copyfile(path, partial)
    os.replace(partial, folder / BEST)


def _losses(run: Path, phase: str) -> dict[int, float]:
    """Held-out loss by step."""
    path = run / METRICS
    texts = path.read_bytes().splitlines() if path.exists() else []
    lines: Iterator[Line | None] = map(parsed, texts)
    return {
        line.step: line.figures["held_out_loss"]
        for line in lines
        if line is not None and line.phase == phase and "held_out_loss" in line.figures
    }


def _move(path: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    os.replace(path, folder / path.name)
