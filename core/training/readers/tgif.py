"""TGIF: a folder of animated GIFs, and lists of their addresses.

    …/tumblr_nd746k9F4c1sa92iio1_500.gif
    tgif-v1.0.tsv          address, tab, caption; optional: then only what it names is used
    splits/train.txt       an address a line; optional

Captions are not classes.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from core.training.readers import LAYOUTS, Listed, Place
from core.training.readers.lists import find_files, read_lines
from core.training.readers.tree import split_and_class, split_of_list
from core.training.readers.video_files import SUFFIXES, VideoFiles

_GIF = (".gif",)
_VIDEOS = tuple(suffix for suffix in SUFFIXES if suffix not in _GIF)


@LAYOUTS.register("tgif")
class TGIF(VideoFiles):
    """GIFs by the last part of their address, with or without lists."""

    def recognises(self, place: Place) -> bool:
        listed = bool(_captions(place))
        return listed and bool(place.tree.ending(*_GIF)) and not place.tree.ending(*_VIDEOS)

    def listed(self, place: Place) -> list[Listed]:
        on_disk, splits = find_files(place.tree, _GIF), _splits(place)
        names = [_name(line) for path in _captions(place) for line in read_lines(path)]
        videos = []
        for name in dict.fromkeys(names or on_disk):
            path = on_disk.get(name, place.tree.root / f"{name}.gif")
            folder, _ = split_and_class(PurePosixPath(path.relative_to(place.tree.root)))
            videos.append(Listed(path, name, split=splits.get(name, folder)))
        return videos


def _captions(place: Place) -> list[Path]:
    if place.labels is not None:
        return [place.labels] if place.labels.suffix.lower() == ".tsv" else []
    return [place.tree.root / file for file in place.tree.at_top(".tsv")]


def _splits(place: Place) -> dict[str, str]:
    """Splits by name, from every text file that is named like one."""
    lists = [file for file in place.tree.ending(".txt") if split_of_list(file)]
    return {
        _name(line): split_of_list(file)
        for file in lists
        for line in read_lines(place.tree.root / file)
    }


def _name(line: str) -> str:
    """Of the file, from a line that begins with an address."""
    return PurePosixPath(line.split("\t")[0]).stem
