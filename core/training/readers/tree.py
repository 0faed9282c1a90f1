"""The files of a folder, looked at once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath

SPLITS = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validate": "val",
    "validation": "val",
    "test": "test",
    "testing": "test",
}
"""Names of folders, and endings of the names of lists, that say which split something is of."""


@dataclass(frozen=True)
class Tree:
    """A folder and all files in it, or a single file.

    Attributes:
        root: what the files are relative to.
        files: sorted; hidden ones and those in hidden folders are left out.
        single: whether it is a single file, which was chosen by hand.
    """

    root: Path
    files: tuple[PurePosixPath, ...]
    single: bool = False

    def ending(self, *suffixes: str) -> list[PurePosixPath]:
        """Files of these suffixes, which are in lower case."""
        return [file for file in self.files if file.suffix.lower() in suffixes]

    def at_top(self, *suffixes: str) -> list[PurePosixPath]:
        """Such files directly in the folder."""
        return [file for file in self.ending(*suffixes) if len(file.parts) == 1]


def tree_of(path: Path) -> Tree:
    """All files below a folder, links followed; the tree of a file holds that file."""
    if not path.is_dir():
        return Tree(path.parent, (PurePosixPath(path.name),), single=True)
    found = sorted(PurePosixPath(file.relative_to(path).as_posix()) for file in _walk(path))
    return Tree(path, tuple(found))


def split_and_class(file: PurePosixPath) -> tuple[str, str]:
    """What the folders around a file say: train/jumping/03.mp4 → "train", "jumping"; "" = none.

    The split may also be the second folder: 64/train/jumping/03.mp4, or jumping/train/03.mp4.
    """
    folders = list(file.parts[:-1])
    for place, folder in enumerate(folders[:2]):
        split = SPLITS.get(folder.lower())
        if split:
            return split, next(iter(folders[place + 1 :] or folders[:place]), "")
    return "", folders[0] if folders else ""


def split_of_list(file: PurePath) -> str:
    """What the name of a list says: "kinetics_val.csv" → "val"; "" = nothing."""
    words = file.stem.lower().replace("-", "_").split("_")
    return next((SPLITS[word] for word in reversed(words) if word in SPLITS), "")


def _walk(root: Path) -> Iterator[Path]:
    seen = set()  # links may lead in a circle
    for folder, inner, files in os.walk(root, followlinks=True):
        real = os.path.realpath(folder)
        inner[:] = [] if real in seen else [name for name in inner if not name.startswith(".")]
        if real not in seen:
            yield from (Path(folder, name) for name in files if not name.startswith("."))
        seen.add(real)
