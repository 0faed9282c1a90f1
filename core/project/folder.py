"""A project's folder, `name.maskreel`, and how it is read.

project.maskreel        clips, which one is open, the recipe
masks/<clip>.jsonl      what is painted on a clip: a line per edit
takes/<take>/           what was generated
pictures/<clip>.png     a thumbnail of a clip, also while its file is missing
media/                  clips that were packed along
autosave/<time>/        the project as it was, with a thumbnail
open.json               who has it open
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import UserError
from core.masks import MaskTrack
from core.project.contents import Contents
from core.project.disk import aside, reason
from core.project.drafts import SUFFIX, title
from core.project.mask_log import Logged, crowded, read_log

PROJECT, MASKS, TAKES, PICTURES, MEDIA = "project.maskreel", "masks", "takes", "pictures", "media"


@dataclass(frozen=True)
class Found:
    """A project as it was read.

    Attributes:
        troubles: sentences on what could not be read, and where it was kept.
        stale: ids of clips whose masks have to be written anew before a change is appended.
    """

    contents: Contents
    troubles: tuple[str, ...] = ()
    stale: frozenset[str] = frozenset()


def is_project(path: Path) -> bool:
    """Whether a path is the folder of a project, or the file in it."""
    return (path / PROJECT).is_file() or (path.name == PROJECT and path.is_file())


def folder_of(path: Path) -> Path:
    """The folder of a project, also when the file in it was chosen."""
    return path.parent if path.name == PROJECT and path.is_file() else path


def masks_file(folder: Path, clip: str) -> Path:
    return folder / MASKS / f"{clip}.jsonl"


def picture_file(folder: Path, clip: str) -> Path:
    return folder / PICTURES / f"{clip}.png"


def count_takes(folder: Path) -> int:
    """How many takes a project has."""
    takes = folder / TAKES
    return sum(entry.is_dir() for entry in takes.iterdir()) if takes.is_dir() else 0


def read_project(folder: Path, within: Path | None = None, *, keep_aside: bool = True) -> Found:
    """The project in a folder.

    Args:
        within: where its files lie when that is not `folder` itself, as those of a snapshot.
        keep_aside: whether a damaged file gets another name, so that a new one can be written.

    Raises:
        UserError: there is no project that can be used; a newer Maskreel has made it; or it may
            not be read.
    """
    place = within or folder
    contents = _read_contents(folder, place / PROJECT)
    masks: dict[str, MaskTrack] = {}
    troubles: list[str] = []
    stale: set[str] = set()
    for clip in contents.clips:
        path = masks_file(place, clip.id)
        if not path.exists():
            continue
        logged = _read_masks(path)
        if logged.track is not None:
            masks[clip.id] = logged.track
        if logged.cut or logged.damage or crowded(logged.lines, logged.track):
            stale.add(clip.id)
        if logged.damage:
            troubles.append(_damaged(clip.name, path, logged, keep_aside=keep_aside))
    return Found(replace(contents, masks=masks), tuple(troubles), frozenset(stale))


def _read_contents(folder: Path, path: Path) -> Contents:
    try:
        return Contents.from_json(json.loads(path.read_text("utf-8")), folder)
    except FileNotFoundError as error:
        raise UserError(
            f"“{folder}” holds no project of Maskreel: there is no {PROJECT} in it. "
            f"Choose a folder that ends with {SUFFIX}."
        ) from error
    except OSError as error:
        raise UserError(
            f"The project “{title(folder)}” cannot be read: {reason(error)}. "
            f"Check the permissions of {folder}."
        ) from error
    except ValueError as error:
        raise DamagedProject(folder, path, str(error)) from error


class DamagedProject(UserError):
    """Its file cannot be understood; a snapshot may take its place.

    Attributes:
        path: of the file that is damaged.
    """

    def __init__(self, folder: Path, path: Path, why: str) -> None:
        super().__init__(
            f"The project “{title(folder)}” is damaged: {PROJECT} cannot be used ({why})."
        )
        self.path = path


def _read_masks(path: Path) -> Logged:
    try:
        return read_log(path)
    except OSError as error:
        return Logged(None, 0, damage=reason(error))


def _damaged(clip: str, path: Path, logged: Logged, *, keep_aside: bool) -> str:
    """What is said of masks that are damaged."""
    left = "What was painted before that is there." if logged.track else "None of them is left."
    words = f"The masks of “{clip}” are damaged ({logged.damage}). {left}"
    if not keep_aside:
        return words
    try:
        return f"{words} The damaged file is kept as {MASKS}/{aside(path).name}."
    except OSError as error:
        return f"{words} The damaged file could not be kept aside: {reason(error)}."
