"""Projects that were not closed, and those whose file is damaged: what is left of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from core.errors import UserError
from core.project.contents import Contents
from core.project.disk import aside, delete, reason
from core.project.drafts import drafts_folder, title
from core.project.folder import (
    PROJECT,
    DamagedProject,
    Found,
    count_takes,
    is_project,
    picture_file,
    read_project,
)
from core.project.lock import holder, left_open
from core.project.snapshots import snapshots


@dataclass(frozen=True)
class Summary:
    """A project in a list.

    Attributes:
        time: when it was last written, as here.
        clips: their names. painted: key frames of all masks. takes: how many.
        picture: a thumbnail, or None.
        problem: why it cannot be read, a sentence, or "".
        told: whether the user has seen already that it was not closed properly.
    """

    folder: Path
    time: datetime
    clips: tuple[str, ...] = ()
    painted: int = 0
    takes: int = 0
    picture: Path | None = None
    problem: str = ""
    told: bool = False

    @property
    def title(self) -> str:
        return title(self.folder)


def summary(folder: Path) -> Summary:
    """What a project is, without a change to it."""
    found = Summary(folder, _last_written(folder), takes=count_takes(folder))
    held = holder(folder)
    found = replace(found, told=held is not None and held.told)
    try:
        contents = read_project(folder, keep_aside=False).contents
    except UserError as error:
        return replace(found, problem=str(error), picture=_picture(folder, None))
    return replace(
        found,
        clips=tuple(clip.name for clip in contents.clips),
        painted=contents.painted,
        picture=_picture(folder, contents),
    )


def unclosed(more: Iterable[Path] = ()) -> tuple[Summary, ...]:
    """Drafts, and projects of `more`, whose window has died; the newest first."""
    drafts = drafts_folder()
    places = {*more, *(drafts.iterdir() if drafts.is_dir() else ())}
    seen = (place for place in places if not place.name.startswith("."))
    left = [place for place in seen if left_open(place) is not None]
    found = [summary(place) for place in left if is_project(place) or snapshots(place)]
    return tuple(sorted(found, key=lambda one: one.time, reverse=True))


def read_or_rescue(folder: Path) -> Found:
    """The project in a folder; when its file is damaged, its newest snapshot that is not.

    Raises:
        UserError: nothing can be read.
    """
    try:
        return read_project(folder)
    except DamagedProject as error:
        return _newest_whole(folder, error)


def _newest_whole(folder: Path, damaged: DamagedProject) -> Found:
    for snapshot in snapshots(folder):
        try:
            found = read_project(folder, snapshot.folder, keep_aside=False)
        except UserError:
            continue
        kept = _kept(damaged.path)
        words = f"{damaged} It is opened as it was at {snapshot.time:%H:%M on %d.%m.%Y}. {kept}"
        every = frozenset(found.contents.masks)
        return Found(found.contents, (words, *found.troubles), every)
    raise UserError(f"{damaged} There is no older copy in it that could be used.") from damaged


def _kept(path: Path) -> str:
    try:
        return f"The damaged file is kept as {aside(path).name}."
    except OSError as error:
        return f"The damaged file could not be kept aside: {reason(error)}."


def discard(folder: Path) -> None:
    """Delete a project with all that is in it.

    Raises:
        UserError: it cannot be deleted, or it is open.
    """
    if (held := holder(folder)) is not None and left_open(folder) is None:
        raise UserError(f"The project “{title(folder)}” is open by process {held.process}.")
    try:
        delete(folder)
    except OSError as error:
        raise UserError(f"{folder} cannot be deleted: {reason(error)}.") from error


def _last_written(folder: Path) -> datetime:
    files = (folder / PROJECT, *folder.glob("masks/*.jsonl"))
    times = [file.stat().st_mtime for file in files if file.exists()]
    return datetime.fromtimestamp(max(times, default=folder.stat().st_mtime)).astimezone()


def _picture(folder: Path, contents: Contents | None) -> Path | None:
    """What was seen last, or else the clip that was open."""
    taken = [snapshot.picture for snapshot in snapshots(folder)]
    if contents is not None:
        taken.append(picture_file(folder, contents.open))
    return next((path for path in taken if path.exists()), None)
