"""The folder of a training run: what is in it, and who may write to it.

recipe.toml                    what is being done; recipe-1.toml, … what was, before a change
metrics.jsonl                  one line per report: phase, step, losses, other figures
tensorboard/                   the same for TensorBoard, and the pictures
samples/                       what the model did, at intervals
<phase>/                       checkpoints: the last few and best.safetensors
old-footage-before.json        losses on old footage, by task; also -after.json
lock                           held by the process that trains
"""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from typing import IO

from core.errors import UserError
from core.training.disk import explained, remove_partials, write_whole

RECIPE, METRICS, SAMPLES, EVENTS = "recipe.toml", "metrics.jsonl", "samples", "tensorboard"
LOCK = "lock"


class RunFolder:
    """A run that this process may write to, until `close`.

    Args:
        recipe: is copied into the folder.
        resume: go on with a run that is there.

    Raises:
        UserError: another process trains it; there is a run and `resume` is not wished for; or
            the folder cannot be written.
    """

    def __init__(self, path: Path, recipe: Path, *, resume: bool) -> None:
        self.path = path
        with explained(path):
            path.mkdir(parents=True, exist_ok=True)
            self._lock = _locked(path)
        if begun(path) and not resume:
            self.close()
            raise UserError(
                f"There is a run in {path} already. Go on with it by --resume, or choose another "
                "folder with --run."
            )
        remove_partials(path)
        _keep_recipe(recipe, path)

    def close(self) -> None:
        """Lets another process train the run."""
        self._lock.close()


def begun(run: Path) -> bool:
    """Whether there are steps to lose: something was reported already."""
    return (run / METRICS).exists()


def forget_after(run: Path, phase: str, done: int) -> None:
    """Drops what `metrics.jsonl` says of steps that will be done again, and half lines."""
    path = run / METRICS
    if not path.exists():
        return
    lines = path.read_text("utf-8", errors="replace").splitlines()
    kept = [line + "\n" for line in lines if not _later(line, phase, done)]
    write_whole(path, lambda partial: partial.write_text("".join(kept), "utf-8"))


def _later(line: str, phase: str, done: int) -> bool:
    """Is it of later steps of the phase, or not written to its end?"""
    try:
        values = json.loads(line)
    except json.JSONDecodeError:
        return True
    return values["phase"] == phase and values["step"] > done


def _locked(path: Path) -> IO[str]:
    """The open lock file. The system lets go of it when the process ends, however it ends."""
    file = (path / LOCK).open("a+", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.seek(0)
        owner = file.read().strip() or "another process"
        file.close()
        raise UserError(
            f"The run in {path} is being trained by {owner}. Stop that first, or choose another "
            "folder with --run."
        ) from error
    file.truncate(0)
    file.write(f"process {os.getpid()} on {os.uname().nodename}")
    file.flush()
    return file


def _keep_recipe(recipe: Path, folder: Path) -> None:
    """Copies a recipe into the folder; one that says something else moves aside."""
    target = folder / RECIPE
    new = recipe.read_bytes()
    if target.exists():
        if target.read_bytes() == new:
            return
        number = 1 + len(list(folder.glob("recipe-*.toml")))
        target.rename(folder / f"recipe-{number}.toml")
    write_whole(target, lambda partial: partial.write_bytes(new))
