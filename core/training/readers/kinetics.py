"""Kinetics: CSV lists of YouTube clips, and videos named after them.

train.csv                    label,youtube_id,time_start,time_end,split
…/0bYb0jcyBQw_000001_000011.mp4
"""

from __future__ import annotations

from pathlib import Path

from core.training.readers import LAYOUTS, Listed, Place
from core.training.readers.lists import find_files, has_columns, read_table
from core.training.readers.tree import SPLITS, split_of_list
from core.training.readers.video_files import SUFFIXES, VideoFiles

_COLUMNS = ("label", "youtube_id", "time_start", "time_end")


@LAYOUTS.register("kinetics")
class Kinetics(VideoFiles):
    """Every CSV file of such columns at the top of the folder, or the one that `labels` names.

    The split is a row's own or its list's. A video may also be named by its id alone.
    """

    def recognises(self, place: Place) -> bool:
        return bool(_lists(place)) and bool(place.tree.ending(*SUFFIXES))

    def listed(self, place: Place) -> list[Listed]:
        on_disk = find_files(place.tree, SUFFIXES)
        videos = []
        for path in _lists(place):
            for row in read_table(path, _COLUMNS):
                name = _name(row)
                found = on_disk.get(name) or on_disk.get(row["youtube_id"])
                split = SPLITS.get(row.get("split", "").lower()) or split_of_list(path)
                absent = place.tree.root / f"{name}.mp4"
                videos.append(Listed(found or absent, name, row["label"], split))
        return videos


def _lists(place: Place) -> list[Path]:
    if place.labels is not None:
        return [place.labels] if place.labels.suffix.lower() == ".csv" else []
    found = [place.tree.root / file for file in place.tree.at_top(".csv")]
    return [path for path in found if has_columns(path, _COLUMNS)]


def _name(row: dict[str, str]) -> str:
    start, end = (round(float(row[column] or 0)) for column in ("time_start", "time_end"))
    return f"{row['youtube_id']}_{start:06}_{end:06}"
