"""Clips as folders of numbered pictures: [train | val | test]/[class]/clip/0001.png"""

from __future__ import annotations

from collections import Counter

from core.media.folders import SUFFIXES as PICTURES
from core.training.readers import LAYOUTS, Listed, Place
from core.training.readers.tree import split_and_class
from core.training.readers.video_files import SUFFIXES as VIDEOS
from core.training.readers.video_files import PictureFolders


@LAYOUTS.register("images")
class Images(PictureFolders):
    """Every folder that holds a picture is a clip; the folders around it say split and class."""

    def recognises(self, place: Place) -> bool:
        return bool(place.tree.ending(*PICTURES)) and not place.tree.ending(*VIDEOS)

    def listed(self, place: Place) -> list[Listed]:
        clips = Counter(file.parent for file in place.tree.ending(*PICTURES))
        videos = []
        for folder, count in sorted(clips.items()):
            split, label = split_and_class(folder)
            path = place.tree.root / folder
            name = path.name if folder.name == "" else str(folder)
            videos.append(Listed(path, name, label, split, frames=count))
        return videos
