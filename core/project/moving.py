"""A project's folder is opened, copied, given another place, and closed."""

from __future__ import annotations

import logging
import shutil
from dataclasses import dataclass
from pathlib import Path

from core.assets import asset
from core.errors import UserError
from core.project.contents import Contents
from core.project.disk import delete, reason
from core.project.drafts import SUFFIX, drafts_folder, is_draft, new_draft, title
from core.project.folder import count_takes, read_project
from core.project.lock import OPEN, let_go, take_hold
from core.project.rescue import read_or_rescue
from core.project.snapshots import Snapshot, take_snapshot

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Opened:
    """A project that this process holds.

    Attributes:
        troubles, stale: as of `core.project.folder.Found`.
        unwritable: why nothing can be written into its folder, or "".
    """

    contents: Contents
    troubles: tuple[str, ...] = ()
    stale: frozenset[str] = frozenset()
    unwritable: str = ""


def hold_and_read(folder: Path, snapshot: Snapshot | None = None) -> Opened:
    """Open a project.

    Args:
        snapshot: as it was then; as it is now it becomes a snapshot too.

    Raises:
        InUse: another window has it open.
        UserError: it cannot be read.
    """
    unwritable = ""
    try:
        take_hold(folder)
    except FileNotFoundError as error:
        raise UserError(f"“{folder}” is not there. It may have been moved or renamed.") from error
    except OSError as error:
        unwritable = reason(error)
    try:
        if snapshot is None:
            found = read_or_rescue(folder)
            return Opened(found.contents, found.troubles, found.stale, unwritable)
        return Opened(_as_it_was(folder, snapshot), unwritable=unwritable)
    except BaseException:
        _let_go(folder)
        raise


def _as_it_was(folder: Path, snapshot: Snapshot) -> Contents:
    found = read_project(folder, snapshot.folder, keep_aside=False)
    try:
        take_snapshot(folder)
    except OSError as error:
        raise UserError(
            f"The project “{title(folder)}” cannot be kept as it is now, before it is opened as it "
            f"was: {reason(error)}."
        ) from error
    return found.contents


def copy_of(folder: Path) -> Path:
    """Copy a project that another window has open; returns the copy's folder, beside it or, where
    nothing can be written, among the drafts.

    Raises:
        UserError: it cannot be copied.
    """
    names = (f"{title(folder)} copy{number}" for number in ("", *(f" {k}" for k in range(2, 1000))))
    places = (folder.with_name(f"{name}{SUFFIX}") for name in names)
    beside = next(place for place in places if not place.exists())
    try:
        _copy(folder, beside)
    except PermissionError:
        pass
    except OSError as error:
        raise _uncopied(folder, beside.parent, error) from error
    else:
        return beside
    draft = drafts_folder()
    try:
        draft = new_draft()
        _copy(folder, draft)
    except OSError as error:
        raise _uncopied(folder, draft, error) from error
    return draft


def move_or_copy(folder: Path | None, target: Path) -> None:
    """Give the project that this process holds another place, and hold it there; a draft is moved,
    another project copied.

    Args:
        folder: where it is; None when it was in memory alone.

    Raises:
        UserError: the place is taken or cannot be written; the project is where it was.
    """
    if target.exists():
        raise UserError(f"“{target.name}” is there already. Choose another name.")
    try:
        if folder is None:
            target.mkdir(parents=True)
        else:
            _copy(folder, target)
        take_hold(target)
    except OSError as error:
        shutil.rmtree(target, ignore_errors=True)
        raise UserError(
            f"The project cannot be saved in {target.parent}: {reason(error)}. "
            "Choose another place."
        ) from error
    if folder is not None:
        _delete(folder) if is_draft(folder) else _let_go(folder)


def close(folder: Path, contents: Contents, *, at_exit: bool) -> None:
    """Let go of a project; a draft that is worth nothing is deleted.

    Args:
        at_exit: whether the next start may open it again: then clips alone are worth something.
    """
    idle = not contents.painted and not count_takes(folder)
    if is_draft(folder) and idle and not (at_exit and _has_footage(contents)):
        _delete(folder)
    else:
        _let_go(folder)


def _has_footage(contents: Contents) -> bool:
    """Whether a clip is the user's own."""
    samples = asset("samples")
    paths = (clip.file.path for clip in contents.clips if clip.file is not None)
    return any(samples not in path.parents for path in paths)


def _copy(folder: Path, target: Path) -> None:
    """All but who has it open, and files that are being written; whole or not at all."""
    part = target.with_name(f".{target.name}.part")
    try:
        shutil.copytree(folder, part, ignore=shutil.ignore_patterns(OPEN, ".*", "*.part"))
        if target.exists():  # an empty draft
            target.rmdir()
        part.rename(target)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def _uncopied(folder: Path, place: Path, error: OSError) -> UserError:
    return UserError(f"“{title(folder)}” cannot be copied to {place}: {reason(error)}.")


def _delete(folder: Path) -> None:
    try:
        delete(folder)
    except OSError as error:
        log.warning("%s cannot be deleted: %s", folder, error)


def _let_go(folder: Path) -> None:
    try:
        let_go(folder)
    except OSError as error:
        log.warning("%s cannot be closed: %s", folder, error)
