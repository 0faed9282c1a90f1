"""Who has a project open: one window at a time, and a window that has died leaves its mark."""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from core.errors import UserError
from core.machine import birth, host, lives
from core.project.drafts import title

OPEN = "open.json"
SILENT_S = 600.0
"""So long a window of another machine may say nothing before it counts as gone; while a project is
open, its file is touched much more often."""


class InUse(UserError):
    """Another window has the project open.

    Attributes:
        folder: of the project.
    """

    def __init__(self, folder: Path, holder: Holder) -> None:
        where = "" if holder.machine == host() else f" on {holder.machine}"
        since = datetime.fromtimestamp(holder.since).strftime("%H:%M on %d.%m.%Y")
        super().__init__(
            f"The project “{title(folder)}” is open in another window{where} since {since}. "
            "Close it there, or open a copy."
        )
        self.folder = folder


@dataclass(frozen=True)
class Holder:
    """A process that has a project open.

    Attributes:
        process: its number; 0 = unknown, and gone.
        born: see `core.machine.birth`. since: when it was opened, in seconds since 1970.
        told: whether the user knows already that it was not closed properly.
    """

    process: int
    born: int
    machine: str
    since: float
    told: bool = False

    def goes_on(self, heard: float) -> bool:
        """Whether the window is still there.

        Args:
            heard: when it last touched its file, in seconds since 1970.
        """
        if self.machine != host():
            return time.time() - heard < SILENT_S
        return self.process > 0 and lives(self.process, self.born)


def take_hold(folder: Path) -> None:
    """Open a project for this process until `let_go`.

    Raises:
        InUse: another window has it open.
        OSError: the folder cannot be written; nobody can know then that it is open.
    """
    path, before = folder / OPEN, holder(folder)
    if before is not None:
        if before.goes_on(path.stat().st_mtime):
            raise InUse(folder, before)
        path.unlink()
    mine = Holder(os.getpid(), birth(os.getpid()), host(), time.time())
    try:
        with path.open("x", encoding="utf-8") as file:
            json.dump(asdict(mine), file)
    except FileExistsError as error:  # another window was quicker
        raise InUse(folder, holder(folder) or mine) from error


def holder(folder: Path) -> Holder | None:
    """Who has a project open, or has died while it was; None when it was closed properly."""
    try:
        return Holder(**json.loads((folder / OPEN).read_text("utf-8")))
    except (ValueError, TypeError):  # it died while it wrote this
        return Holder(0, 0, host(), (folder / OPEN).stat().st_mtime)
    except OSError:
        return None


def left_open(folder: Path) -> Holder | None:
    """Who had a project open and has died, or None."""
    found = holder(folder)
    if found is None or found.goes_on((folder / OPEN).stat().st_mtime):
        return None
    return found


def note_told(folder: Path) -> None:
    """The user knows that a project was not closed properly, and wants to see to it later.

    Raises:
        OSError: the folder cannot be written.
    """
    found = left_open(folder)
    if found is not None:
        (folder / OPEN).write_text(json.dumps(asdict(replace(found, told=True))), "utf-8")


def say_alive(folder: Path) -> None:
    """Tell windows of other machines that this one is still there.

    Raises:
        OSError: the folder cannot be written.
    """
    os.utime(folder / OPEN)


def let_go(folder: Path) -> None:
    """Close a project.

    Raises:
        OSError: the folder cannot be written.
    """
    (folder / OPEN).unlink(missing_ok=True)
