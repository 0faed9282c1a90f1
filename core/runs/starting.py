"""Starting a run as a process of its own, which lives on when whoever started it ends."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import core
from core.errors import UserError
from core.machine import birth, host
from core.requests import FinetuneRequest
from core.runs import asking
from core.runs.asking import Wish
from core.runs.journal import LOG
from core.runs.life import Life, read_life, write_life

KEEPS: dict[Wish, str] = {"keep-best": "best", "keep-last": "last"}

MANNERS = ("--in-background",)
"""Of a process beside a window: it leaves the processor to whoever wants it."""


def arguments(request: FinetuneRequest) -> list[str]:
    """What the command line is told for a request: `maskreel` and then these."""
    options = {
        "--part": request.part,
        "--steps": str(request.steps) if request.steps else "",
        "--minutes": "" if request.steps else f"{request.minutes:g}",
        "--lora": str(request.lora) if request.lora else "",
        "--class": request.class_name,
        "--seed": str(request.seed),
        "--name": request.name,
        "--run-folder": str(request.run),
        "--models": str(request.models),
    }
    given = [word for name, value in options.items() if value for word in (name, value)]
    old = [word for path in request.old for word in ("--old", path)]
    return ["finetune", request.bundle, *request.clips, *given, *old, "--resume"]


def start(request: FinetuneRequest, keep: Wish | None = None) -> subprocess.Popen[bytes]:
    """Starts a run, or goes on with it, in a session of its own and with less of a claim to the
    processor than the window has. What it prints goes to the run's log.

    Args:
        keep: train nothing more: make a model of the best or of the last checkpoint.

    Raises:
        UserError: the process cannot be started.
    """
    more = [*MANNERS, *(["--keep", KEEPS[keep]] if keep in KEEPS else [])]
    try:
        asking.withdraw(request.run)
        with (request.run / LOG).open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "core", *arguments(request), *more],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment(),
                start_new_session=True,
            )
        said = read_life(request.run)
        if said is None or said.process != process.pid:  # else it speaks for itself already
            write_life(request.run, _before_it_speaks(process.pid))
    except OSError as error:
        raise UserError(
            f"The training could not be started: {error.strerror or error}. Its folder is "
            f"{request.run}."
        ) from error
    return process


def environment() -> dict[str, str]:
    """Variables with which another Python finds the same program."""
    place = str(Path(core.__file__).parents[1])
    others = os.environ.get("PYTHONPATH", "")
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (place, others)))}


def _before_it_speaks(process: int) -> Life:
    return Life(
        "preparing",
        "Starting",
        process=process,
        born=birth(process),
        machine=host(),
        time=time.time(),
    )
