"""UCF-101: a folder per class, and the official lists that split it three ways.

    UCF-101/ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi
    ucfTrainTestlist/classInd.txt       "1 ApplyEyeMakeup"
    ucfTrainTestlist/trainlist01.txt    "ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.avi 1"
    ucfTrainTestlist/testlist01.txt     the same without the number

The lists may lie in the data set's folder, beside it, or where `labels` says.
"""

from __future__ import annotations

from pathlib import Path

from core.errors import UserError
from core.training.readers import LAYOUTS, Listed, Place
from core.training.readers.lists import find_files, read_lines
from core.training.readers.video_files import SUFFIXES, VideoFiles

FOLDS = (1, 2, 3)
_CLASSES = "classInd.txt"


@LAYOUTS.register("ucf101")
class UCF101(VideoFiles):
    """`fold` chooses one of the three official splits; the official test list is "test"."""

    def recognises(self, place: Place) -> bool:
        return _lists(place) is not None and bool(place.tree.ending(*SUFFIXES))

    def listed(self, place: Place) -> list[Listed]:
        lists = _lists(place)
        if lists is None:
            raise UserError(
                f"{place.tree.root} has no {_CLASSES} of UCF-101. Put the folder "
                "ucfTrainTestlist into it or beside it, or name it with the key labels."
            )
        if place.fold not in FOLDS:
            raise UserError(f"UCF-101 has the splits 1, 2 and 3; fold = {place.fold} is none.")
        classes = _classes(lists / _CLASSES)
        on_disk = find_files(place.tree, SUFFIXES)
        videos = []
        for split in ("train", "test"):
            for line in read_lines(lists / f"{split}list{place.fold:02}.txt"):
                name = line.split()[0]
                path = on_disk.get(Path(name).stem, place.tree.root / name)
                videos.append(Listed(path, name, _class_of(line, classes), split))
        return videos


def _lists(place: Place) -> Path | None:
    root = place.tree.root
    places = [root, root / "ucfTrainTestlist", root.parent / "ucfTrainTestlist"]
    if place.labels is not None:
        places = [place.labels if place.labels.is_dir() else place.labels.parent]
    return next((folder for folder in places if (folder / _CLASSES).is_file()), None)


def _classes(path: Path) -> dict[str, str]:
    """Names by their 1-based number."""
    rows = [line.split() for line in read_lines(path)]
    if any(len(row) != 2 for row in rows):
        raise UserError(f"{path}: each line must be a number and the name of a class.")
    return {row[0]: row[1] for row in rows}


def _class_of(line: str, classes: dict[str, str]) -> str:
    """By the number where the list has one, else by the folder."""
    name, *number = line.split()
    label = classes.get(number[0], "") if number else name.split("/")[0]
    if label not in classes.values():
        raise UserError(f"UCF-101's list names a class that {_CLASSES} does not: “{line}”.")
    return label
