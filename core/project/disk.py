"""Files of a project: whole or not at all, and why not in words."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from pathlib import Path

_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "the file would be larger than is allowed",
    errno.EACCES: "it may not be written",
    errno.EPERM: "it may not be written",
    errno.EROFS: "the disk is read-only",
}


def reason(error: OSError) -> str:
    """Why a file cannot be written, as the end of a sentence."""
    return _REASONS.get(error.errno or 0) or (error.strerror or str(error)).lower()


def write_whole(path: Path, data: bytes) -> None:
    """Write a file under another name, wait until the disk has it, and give it its name.

    Raises:
        OSError: it cannot be written, or its folder is not there; an older file of that name is
            as it was.
    """
    part = tempfile.NamedTemporaryFile(  # noqa: SIM115 — its end is not that of a block
        dir=path.parent, prefix=f".{path.name}.", suffix=".part", delete=False
    )
    try:
        with part:
            part.write(data)
            part.flush()
            os.fsync(part.fileno())
        os.replace(part.name, path)
    except BaseException:
        Path(part.name).unlink(missing_ok=True)
        raise


def delete(folder: Path) -> None:
    """Delete a folder; whoever still writes into it finds it gone.

    Raises:
        OSError: it cannot be deleted.
    """
    gone = folder.with_name(f".{folder.name}.gone")
    folder.rename(gone)
    shutil.rmtree(gone)


def settle(path: Path) -> None:
    """Wait until the disk has a file."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def aside(path: Path) -> Path:
    """Give a damaged file a name under which it is kept, and return it.

    Raises:
        OSError: it cannot be renamed.
    """
    names = (f"{path.stem}.damaged{number}{path.suffix}" for number in ("", *range(2, 1000)))
    kept = next(path.with_name(name) for name in names if not path.with_name(name).exists())
    os.replace(path, kept)
    return kept
