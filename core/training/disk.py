"""Files of a training run: whole or not there at all, also when the machine stops or is full."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from core.errors import UserError

PARTIAL = ".partial"
_FULL = {errno.ENOSPC: "the disk is full", errno.EDQUOT: "the disk quota is used up"}
_FULL[errno.EFBIG] = "the file would be larger than is allowed"


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Raises UserError, which says what to do, when writing `path` fails."""
    try:
        yield
    except (OSError, SafetensorError) as error:
        why = _reason(error)
        raise UserError(
            f"{path} could not be written: {why}. What was saved before is whole; make room, then "
            "go on with --resume."
        ) from error


def _reason(error: OSError | SafetensorError) -> str:
    if isinstance(error, OSError):
        return _FULL.get(error.errno or 0) or error.strerror or str(error)
    # safetensors reports an error of the system as words: "… (os error 28)".
    named = (text for number, text in _FULL.items() if f"(os error {number})" in str(error))
    return next(named, str(error))


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Has a file written under another name, waits until the disk has it, and gives it its name.

    Raises:
        UserError: it cannot be written; an older file of that name is as it was.
    """
    partial = path.with_name(path.name + PARTIAL)
    with explained(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write(partial)
            _settle(partial)
            os.replace(partial, path)
            _settle(path.parent)
        finally:
            partial.unlink(missing_ok=True)


def _settle(path: Path) -> None:
    """Waits until the disk has a file, or the names in a folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_partials(folder: Path) -> None:
    """Removes what a process left that was killed while it wrote."""
    for partial in folder.rglob(f"*{PARTIAL}"):
        partial.unlink()
