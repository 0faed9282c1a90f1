"""Something-Something: JSON lists of video ids, and videos named by them.

…-train.json         [{"id": "78687", "template": "Holding [something] next to [something]"}]
…-labels.json        {"Holding something next to something": "12"}; the classes
…/78687.webm
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.errors import UserError
from core.training.readers import LAYOUTS, Listed, Place
from core.training.readers.lists import find_files, read_json
from core.training.readers.tree import split_of_list
from core.training.readers.video_files import SUFFIXES, VideoFiles


@LAYOUTS.register("something")
class Something(VideoFiles):
    """Every JSON list at the top of the folder whose name says a split, or the one that `labels`
    names.

    A class is a row's template without its brackets, else its label. Where a file of labels is
    there, what it does not name is no class.
    """

    def recognises(self, place: Place) -> bool:
        return bool(_lists(place)) and bool(place.tree.ending(*SUFFIXES))

    def listed(self, place: Place) -> list[Listed]:
        on_disk = find_files(place.tree, SUFFIXES)
        known = _known_classes(place)
        videos = []
        for path in _lists(place):
            for row in _rows(path):
                number, label = str(row["id"]), _class_of(row)
                found = on_disk.get(number, place.tree.root / f"{number}.webm")
                label = label if known is None or label in known else ""
                videos.append(Listed(found, number, label, split_of_list(path)))
        return videos


def _lists(place: Place) -> list[Path]:
    if place.labels is not None:
        return [place.labels] if place.labels.suffix.lower() == ".json" else []
    return [place.tree.root / file for file in place.tree.at_top(".json") if split_of_list(file)]


def _is_labels(path: Path) -> bool:
    return path.stem.lower().endswith("labels")


def _known_classes(place: Place) -> set[str] | None:
    folder = place.labels.parent if place.labels else place.tree.root
    found = [path for path in sorted(folder.glob("*.json")) if _is_labels(path)]
    if not found:
        return None
    labels = read_json(found[0])
    if not isinstance(labels, dict | list):
        raise UserError(f"{found[0]} must name the classes: an object or a list of names.")
    return {str(name) for name in labels}


def _rows(path: Path) -> list[dict[str, Any]]:
    rows = read_json(path)
    if not isinstance(rows, list) or not all(isinstance(r, dict) and "id" in r for r in rows):
        raise UserError(f'{path} must be a list of videos, each with an "id".')
    return rows


def _class_of(row: dict[str, Any]) -> str:
    return str(row.get("template") or row.get("label") or "").replace("[", "").replace("]", "")
